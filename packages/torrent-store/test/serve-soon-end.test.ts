// Connections that end before the wire is loaded: no test of this file may load it first.
import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore } from '../src/index.ts'
import { loadedExchange } from '../src/load-exchange.ts'

const test = suite('the end of serving before the wire is loaded')

test('who hangs up, who fails and who is closed are over, and the store closes', async () => {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  const [hungUp, failed, closed, left] = Array.from({ length: 4 }, () => new PassThrough()) as [PassThrough, PassThrough, PassThrough, PassThrough]
  const servings = [hungUp, failed, closed, left].map(duplex => store.serve(duplex))
  assert.is(loadedExchange(), null)
  hungUp.destroy()
  failed.destroy(new Error('reset by peer'))
  servings[2]?.close()
  assert.is(closed.destroyed, true)
  await servings[2]?.closed
  await store.close()
  await Promise.all(servings.map(async ({ closed: over }) => { await over }))
  assert.is(left.destroyed, true)
})

test.run()
