// Envelopes that come in numbers, through the index: what others see between two slices, what comes twice at once, and who
// checks them.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryLevel } from 'memory-level'
import * as Y from 'yjs'
import { createCrdtIndex } from '../src/create-crdt-index.ts'
import type { CrdtIndex } from '../src/crdt-index.ts'
import { encodeEnvelope } from '../src/envelope/envelope.ts'
import { createGenesis } from '../src/envelope/genesis.ts'
import { createVerifyPool, type VerifyPool } from '../src/envelope/verify-pool.ts'
import { bytesToBase64url, hexToBytes } from '../src/identity/encoding.ts'
import { itemIdOf } from '../src/identity/ids.ts'
import { createSigner } from '../src/identity/keys.ts'
import { periodOf } from '../src/identity/period.ts'
import { GUARDED_TOGETHER_BYTES, INGEST_PIECE_BYTES, VERIFY_BESIDE_MIN } from '../src/limits.ts'
import { EnvelopeKind, type ContentId } from '../src/model.ts'
import { seeded, shuffled } from './random.ts'

const test = suite('inbound')
const NOW_MS = Date.UTC(2026, 10, 22)
const period = periodOf(NOW_MS)
const seedOf = (n: number): Uint8Array => {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, n + 1)
  return seed
}
const founder = createSigner(seedOf(-1))
const genesis = createGenesis({ founder, slug: 'many', difficulty: 0, nonce: new Uint8Array(16) })

/** Of each author a post and votes on the posts after it, in one snapshot. */
function snapshots (authors: number, votesEach: number): Uint8Array[] {
  const signers = Array.from({ length: authors }, (_, n) => createSigner(seedOf(n)))
  const contentOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId
  return signers.map((signer, n) => {
    const doc = new Y.Doc()
    const device = doc.clientID = n + 1
    doc.transact(() => {
      doc.getMap('posts').set(bytesToBase64url(hexToBytes(contentOf(n))), [10, NOW_MS - 1000, `Post ${n}`])
      for (let vote = 1; vote <= votesEach; vote++) {
        const other = (n + vote) % authors
        doc.getMap('votes').set(itemIdOf(signers[other]!.author, contentOf(other)), [1, Math.floor(NOW_MS / 1000) - 1])
      }
    })
    return encodeEnvelope({ community: genesis.address, period, part: 0, device, seq: 1, timeMs: NOW_MS, kind: EnvelopeKind.snapshot, seen: new Map([[device, 1]]), stamp: new Uint8Array(0) }, Y.encodeStateAsUpdate(doc), signer).bytes
  })
}

async function open (options: { readonly openVerifyPool?: () => VerifyPool, readonly db?: MemoryLevel<Uint8Array, Uint8Array> } = {}): Promise<CrdtIndex> {
  const index = await createCrdtIndex({ db: new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' }), clock: () => NOW_MS, ...options })
  await index.join(genesis.address, genesis.bytes)
  return index
}

const envelopesIn = (index: CrdtIndex): number => index.status(genesis.address).shards.reduce((sum, { envelopes }) => sum + envelopes, 0)

test('between two slices every author is wholly there or not at all, in digest, views and events alike', async () => {
  const authors = 1000
  const all = snapshots(authors, 20)
  const index = await open()
  let told = 0
  index.on('change', ({ changes }) => {
    assert.is(changes.length, 21)
    told++
  })
  const seen = new Set<number>()
  const digests = new Map<number, string>()
  let done = false
  const look = (): void => {
    const { posts, digest } = index.status(genesis.address)
    assert.is(envelopesIn(index), posts)
    assert.is(told, posts)
    const { items } = index.feed({ sort: 'new', window: 'all', limit: 10_000 })
    assert.is(items.length, posts)
    if (digests.has(posts)) assert.is(digests.get(posts), digest)
    assert.is([...digests.values()].filter(known => known === digest).length, digests.has(posts) ? 1 : 0)
    digests.set(posts, digest)
    seen.add(posts)
    if (!done) setImmediate(look)
  }
  setImmediate(look)
  const verdicts = await index.ingest(genesis.address, all)
  done = true
  look()
  assert.ok(verdicts.every(({ verdict }) => verdict === 'accept'))
  assert.ok(seen.has(0) && seen.has(authors))
  assert.ok(seen.size > 2, 'others had their turn in the midst of it')
  const other = await open()
  for (const envelope of all.toReversed()) await other.ingest(genesis.address, [envelope])
  assert.is(other.status(genesis.address).digest, index.status(genesis.address).digest)
  const page = { sort: 'top', window: 'all', limit: 10_000 } as const
  assert.equal(other.feed(page), index.feed(page))
  await other.close()
  await index.close()
})

test('what comes several times at once is accepted once and stored once', async () => {
  const all = snapshots(200, 2)
  const random = seeded(7)
  const index = await open()
  const accepted = new Map<Uint8Array, number>()
  await Promise.all(Array.from({ length: 6 }, async (_, peer) => {
    const mine = shuffled(all, random).slice(0, peer % 2 === 0 ? 200 : VERIFY_BESIDE_MIN - 1)
    const verdicts = await index.ingest(genesis.address, mine)
    for (const [at, verdict] of verdicts.entries()) {
      if (verdict.verdict === 'accept') accepted.set(mine[at]!, (accepted.get(mine[at]!) ?? 0) + 1)
      else assert.equal(verdict, { verdict: 'ignore', reason: 'held' })
    }
  }))
  assert.is(accepted.size, all.length)
  assert.ok([...accepted.values()].every(times => times === 1))
  assert.is(envelopesIn(index), all.length)
  await index.close()
})

test('a large batch is checked by threads, and a single vote by none', async () => {
  const pool = createVerifyPool({ threads: 1 })
  let opened = 0
  const index = await open({ openVerifyPool: () => { opened++; return pool } })
  const all = snapshots(3 * VERIFY_BESIDE_MIN + 1, 1)
  await index.ingest(genesis.address, all.slice(0, 1))
  assert.is(opened, 0)
  await index.ingest(genesis.address, all.slice(1, 1 + VERIFY_BESIDE_MIN)) // asks for the pool and does not wait for it
  assert.is(opened, 1)
  assert.ok(await pool.ready())
  const before = pool.counts.checked
  const verdicts = await index.ingest(genesis.address, all.slice(1 + VERIFY_BESIDE_MIN))
  assert.ok(verdicts.every(({ verdict }) => verdict === 'accept'))
  assert.is(pool.counts.checked - before, 2 * VERIFY_BESIDE_MIN)
  await index.close()
  assert.is(pool.counts.threads, 0)
})

test('a large frame is taken in in pieces, each verdict in its place', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  const written: number[] = []
  const index = await open({ db })
  db.on('write', (operations: readonly unknown[]) => { written.push(operations.length) })
  const all = snapshots(4 * VERIFY_BESIDE_MIN, 100)
  const wrong = [3, VERIFY_BESIDE_MIN + 1, all.length - 2]
  for (const at of wrong) all[at] = all[at]!.with(10, all[at]![10]! ^ 1)
  all[all.length - 1] = all[0]!
  assert.ok(all.reduce((sum, { length }) => sum + length, 0) > 3 * INGEST_PIECE_BYTES)
  const verdicts = await index.ingest(genesis.address, all)
  for (const [at, { verdict }] of verdicts.entries()) assert.is(verdict, wrong.includes(at) ? 'reject' : at === all.length - 1 ? 'ignore' : 'accept', String(at))
  assert.is(verdicts.length, all.length)
  assert.is(envelopesIn(index), all.length - wrong.length - 1)
  const most = Math.max(...written)
  assert.ok(most > 1 && (most - 1) * all[0]!.length <= GUARDED_TOGETHER_BYTES, JSON.stringify(written))
  await index.close()
})

test('a community that is left while its envelopes are checked takes none of them', async () => {
  const all = snapshots(2 * VERIFY_BESIDE_MIN, 1)
  const index = await open()
  const ingesting = index.ingest(genesis.address, all)
  const leaving = index.leave(genesis.address)
  assert.equal(new Set((await ingesting).map(verdict => verdict.verdict === 'ignore' ? verdict.reason : verdict.verdict)), new Set(['not joined']))
  await leaving
  await index.join(genesis.address, genesis.bytes)
  assert.is(envelopesIn(index), 0)
  await index.close()
})

test('closing waits for what is being taken in, and nothing is written after it', async () => {
  const all = snapshots(3 * VERIFY_BESIDE_MIN, 1)
  const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  const index = await createCrdtIndex({ db, clock: () => NOW_MS })
  await index.join(genesis.address, genesis.bytes)
  const ingesting = [index.ingest(genesis.address, all), index.ingest(genesis.address, all.slice(0, 1))]
  await index.close()
  const rows = (await db.keys().all()).length
  const verdicts = (await Promise.all(ingesting)).flat().filter(({ verdict }) => verdict === 'accept')
  assert.is(verdicts.length, all.length)
  assert.is((await db.keys().all()).length, rows)
  const again = await createCrdtIndex({ db, clock: () => NOW_MS })
  assert.is(envelopesIn(again), all.length)
  await again.close()
})

test.run()
