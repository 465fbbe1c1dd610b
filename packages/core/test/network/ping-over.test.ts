import type { Connection } from '@libp2p/interface'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { pingOver } from '../../src/network/ping-over.ts'

const test = suite('core/network/ping-over')

test('a stream that was reset before it was written to fails once, and not again when the time is up', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown): void => { unhandled.push(reason) }
  process.on('unhandledRejection', note)
  const stream = Object.assign(new EventTarget(), { send () { throw new Error('reset') }, abort () { stream.dispatchEvent(new Event('close')) } })
  const connection = { newStream: async () => stream } as unknown as Connection
  const ending = new AbortController()
  const message = await pingOver(connection, ending.signal).then(() => '', (error: unknown) => error instanceof Error ? error.message : '')
  assert.is(message, 'reset')
  ending.abort()
  await new Promise(resolve => setTimeout(resolve, 20))
  process.off('unhandledRejection', note)
  assert.equal(unhandled, [])
})

test.run()
