import type { Connection, Stream, StreamHandler } from '@libp2p/interface'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_INBOUND_SIGNALS, MAX_INBOUND_SIGNALS_OF_PEER } from '../../src/limits.ts'
import { boundSignals } from '../../src/network/bounded-signals.ts'

const test = suite('core/network/bounded-signals')

class FakeStream extends EventTarget {
  aborted = false
  end (): void { this.dispatchEvent(new Event('close')) }
  abort (): void {
    this.aborted = true
    this.end()
  }
}

async function world () {
  let handled: StreamHandler = () => {}
  let taken = 0
  const components = {
    answer: 42,
    registrar: {
      async handle (protocol: string, handler: StreamHandler) {
        assert.is(protocol, '/signals')
        handled = handler
      }
    }
  }
  const transport = boundSignals(({ registrar, answer }: typeof components) => ({ answer, start: async () => { await registrar.handle('/signals', () => { taken++ }) } }))(components)
  await transport.start()
  assert.is(transport.answer, 42)
  function open (peer: string): FakeStream {
    const stream = new FakeStream()
    void handled(stream as unknown as Stream, { remotePeer: { toString: () => peer } } as unknown as Connection)
    return stream
  }
  return { open, taken: () => taken }
}

test('one peer has a few under way, and more once they ended', async () => {
  const { open, taken } = await world()
  const streams = Array.from({ length: MAX_INBOUND_SIGNALS_OF_PEER }, () => open('a'))
  assert.ok(open('a').aborted)
  assert.not.ok(open('b').aborted, 'another peer does not wait for it')
  streams[0]?.end()
  assert.not.ok(open('a').aborted)
  assert.is(taken(), MAX_INBOUND_SIGNALS_OF_PEER + 2)
})

test('all together have no more than a page can spare', async () => {
  const { open } = await world()
  const streams = Array.from({ length: MAX_INBOUND_SIGNALS }, (_, n) => open(`peer ${n}`))
  assert.ok(streams.every(({ aborted }) => !aborted))
  assert.ok(open('one more').aborted)
  for (const stream of streams) stream.end()
  assert.not.ok(open('one more').aborted)
})

test.run()
