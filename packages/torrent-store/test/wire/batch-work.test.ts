// What is looked at after every answer must not grow with what is wanted: thousands of bodies from several peers took minutes.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEFAULT_LIMITS, refOf, type InfoHash } from '../../src/index.ts'
import { BatchPeer } from '../../src/wire/batch-peer.ts'
import { BatchWork, type Source } from '../../src/wire/batch-work.ts'

const test = suite('torrent-store/batch-work')
const REFS = Array.from({ length: 5000 }, (_, i) => refOf(Buffer.from(`body ${i}`)))
const AFTER_ANSWERS = 100

/** Counts what is looked at one by one. */
class CountedSet extends Set<InfoHash> {
  looks = 0

  override has (infoHash: InfoHash): boolean {
    this.looks++
    return super.has(infoHash)
  }

  override * [Symbol.iterator] (): SetIterator<InfoHash> {
    for (const infoHash of super.values()) {
      this.looks++
      yield infoHash
    }
  }
}

interface Counted extends Source { readonly todo: CountedSet }

/** `count` peers that may have all of it, and can be asked. */
function world (count: number): { work: BatchWork, sources: Counted[] } {
  const work = new BatchWork({ limits: DEFAULT_LIMITS, hedgeDelayMs: 150, elsewhereMs: () => null, askedChanged: () => {} })
  const sources = Array.from({ length: count }, (_, i): Counted => {
    const peer = new BatchPeer({
      candidate: { id: `${i}`, open: async () => await Promise.reject(new Error('nobody connects here')) },
      peerId: new Uint8Array(20), limits: DEFAULT_LIMITS, fetchOne: async () => 'ABSENT', ready: () => {}, answer: () => {}, fault: () => {}, over: () => {}
    })
    peer.state = 'batch'
    return { peer, todo: new CountedSet(REFS.map(({ infoHash }) => infoHash)), door: null, shutDoors: 0 }
  })
  for (const [i, source] of sources.entries()) work.sources.set(`${i}`, source)
  for (const ref of REFS) work.add({ ref, mayHave: new Set(sources), askedOf: new Set(), sought: true })
  return { work, sources }
}

function give (work: BatchWork, source: Source): number {
  const { first, inOrder } = work.take(source, 0, false, 0)
  source.peer.want(first, 255)
  source.peer.want(inOrder, 0)
  return first.length + inOrder.length
}

const looksOf = (sources: readonly Counted[]): number => sources.reduce((sum, { todo }) => sum + todo.looks, 0)

test('while as many are under way as may be, nothing is looked through', () => {
  const { work, sources } = world(3)
  let given = 0
  for (const source of sources) given += give(work, source)
  assert.is(given, DEFAULT_LIMITS.maxBatchPending)
  const before = looksOf(sources)
  for (let i = 0; i < AFTER_ANSWERS; i++) for (const source of sources) assert.is(give(work, source), 0)
  const looks = looksOf(sources) - before
  assert.ok(looks <= 3 * AFTER_ANSWERS, `${looks} infohashes were looked at to ask for none`)
})

test('of thousands that are preferred only those are looked at that are asked for, or were', () => {
  const { work, sources } = world(1)
  const [source] = sources as [Counted]
  for (const { infoHash } of REFS) work.prefer(infoHash)
  give(work, source)
  const [answered] = source.peer.underWay
  const before = source.todo.looks
  for (let i = 0; i < AFTER_ANSWERS; i++) give(work, source)
  const looks = (source.todo.looks - before) / AFTER_ANSWERS
  assert.ok(answered !== undefined && looks <= 2 * DEFAULT_LIMITS.maxBatchPending, `${looks} infohashes were looked at for one answer`)
})

test.run()
