// What a live thread looks at beside the entries of its month.
import { createCrdtIndex, createSigner, type ContentId, type CrdtIndex, type Holding, type IndexEvents, type ItemView } from '@seedbed/crdt-index'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Reading } from '../../../src/moderation/reading.ts'
import type { NodeParts } from '../../../src/parts.ts'
import type { LiveEvent, LiveEvents } from '../../../src/queries/live/live-events.ts'
import { createThreadSource } from '../../../src/queries/live/thread-source.ts'
import { virtualScheduler } from './virtual-scheduler.ts'

const test = suite('core/queries/live/thread-source')
const signer = createSigner(new Uint8Array(32).fill(1))
const id = 'ab'.repeat(20) as ContentId

test('a month that is wholly here by what a peer tells, or no longer, is shown so; other news of peers are no reason to read', async () => {
  await using real = await createCrdtIndex({ db: new MemoryLevel() })
  const { address: community } = await real.create({ founder: signer, slug: 'garden' })
  await real.writer(signer).post({ community, contentId: id, length: 10, title: 'Figs', createdMs: Date.now() })
  let holding: Holding = 'partial'
  const index = Object.assign(Object.create(real) as CrdtIndex, real, { holding: () => holding })
  let tell = (_event: LiveEvent): void => {}
  const events: Pick<LiveEvents, 'on'> = {
    on (listener) {
      tell = listener
      return () => {}
    }
  }
  const parts = {
    index, signer, serves: false, torrents: { magnet: () => '' }, magnetPeers: () => [], pins: { reasonFor: async () => null, isPinned: async () => false },
    firsts: { decideHere: async ([listing]: readonly ItemView[]) => listing },
    library: { localMany: async (items: readonly ItemView[]) => items.map(() => null), readMany: async (items: readonly ItemView[]) => items.map(() => null) }
  } as unknown as NodeParts
  const reading = { on: () => () => {}, optionsOf: () => ({}), describe: () => ({ treatment: 'show', labels: [], muted: false }) } as unknown as Reading
  const source = createThreadSource({ id, timeoutMs: 10, wanted: {}, parts, reading, events: events as LiveEvents, scheduler: virtualScheduler() })
  let changes = 0
  const end = source.start(() => { changes++ })
  const sync = (of: IndexEvents['sync']['community'] = community): void => { tell({ kind: 'sync', community: of }) }

  assert.is((await source.read()).holding, 'partial')
  changes = 0
  sync()
  assert.is(changes, 0)
  holding = 'whole'
  sync('c'.repeat(64) as typeof community)
  assert.is(changes, 0, 'of another community')
  sync()
  assert.is(changes, 1)
  assert.is((await source.read()).holding, 'whole')
  const reads = source.read()
  sync()
  assert.is(changes, 2, 'what is told while it is read is looked at after it')
  await reads
  sync()
  assert.is(changes, 2)
  end()
})

test.run()
