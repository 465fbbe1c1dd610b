// A pin that goes while it is being announced. The order of reads is what counts, so that the test holds each in its hand.
import { createMemoryBlobs, createSwarm, createTorrentStore, type InfoHash } from '@seedbed/torrent-store'
import type { AuthorEntry, ContentId } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHotSeeds } from '../../src/swarm/hot-seeds.ts'
import type { NodeParts } from '../../src/parts.ts'

const test = suite('hot seeds')

test('what is unpinned while it is being announced is not announced any more', async () => {
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const { infoHash } = await store.put(Buffer.from('a body'))
  const id = infoHash as string as ContentId
  let pinned = true
  let reading: () => void = () => {}
  const held = new Promise<void>(resolve => { reading = resolve })
  let release: () => void = () => {}
  const gate = new Promise<void>(resolve => { release = resolve })
  await using swarm = createSwarm({
    port: 1,
    store: {
      async has (asked: InfoHash) {
        reading()
        await gate
        return await store.has(asked)
      }
    }
  })
  let changed: (change: object) => void = () => {}
  const seeds = createHotSeeds({
    index: {
      on: (_event: 'change', listener: (change: object) => void) => { changed = listener; return () => {} },
      entries: async function * (): AsyncGenerator<AuthorEntry> {},
      findRevision: () => [],
      item: () => undefined
    } as unknown as NodeParts['index'],
    signer: { author: 'a' } as unknown as NodeParts['signer'],
    pins: { isPinned: async () => pinned } as unknown as NodeParts['pins'],
    recent: { of: () => [] } as unknown as NodeParts['recent']
  }, swarm, { warn (message: string, cause: unknown) { throw new Error(message, { cause }) } } as never)
  const change = (): void => { changed({ community: 'c', period: '2026-11', author: 'a', changes: [{ root: 'posts', key: Buffer.from(id, 'hex').toString('base64url') }] }) }
  change()
  await held
  pinned = false
  change()
  await new Promise(resolve => { setImmediate(resolve) })
  release()
  await new Promise(resolve => { setTimeout(resolve, 50) })
  assert.equal(swarm.hot(), [])
  pinned = true
  change()
  while (swarm.hot().length === 0) await new Promise(resolve => { setTimeout(resolve, 5) })
  seeds.close()
})

test.run()
