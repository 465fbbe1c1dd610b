// test-timeout-ms: 60000
// What an author signed that counts all together or not at all may be more than one answer brings.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { encodeEnvelope } from '../../src/envelope/envelope.ts'
import { createGenesis } from '../../src/envelope/genesis.ts'
import { bytesToHex, compareBytes, concatBytes } from '../../src/identity/encoding.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { sha256 } from '../../src/identity/sha256.ts'
import { ENVELOPES_BYTES, INGEST_PIECE_BYTES, MAX_DOCUMENT_BYTES, VERIFY_BESIDE_MIN } from '../../src/limits.ts'
import { EnvelopeKind } from '../../src/model.ts'
import { createMemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { itemKey, PERIOD, set, TIME_MS, update } from '../documents/updates.ts'

const test = suite('what counts all together')
const author = createSigner(new Uint8Array(32).fill(1))
const { address, bytes: genesis } = createGenesis({ founder: author, slug: 'gardens', difficulty: 0, nonce: new Uint8Array(16) })
const TITLE = 'x'.repeat(300)
const postOf = (n: number): ReturnType<typeof set> => set([10, TIME_MS, TITLE], { root: 'posts', key: itemKey(n) })
const POST_BYTES = update([{ client: 1, structs: [postOf(0), postOf(1)] }]).length - update([{ client: 1, structs: [postOf(0)] }]).length

/** A snapshot of a device that knows of no other, with about so many bytes of posts. */
function snapshotOf (device: number, seq: number, bytes: number, part = 0): Uint8Array {
  const posts = Array.from({ length: Math.floor(bytes / POST_BYTES) }, (_, n) => postOf(1000 * device + n))
  const fields = { community: address, period: PERIOD, part, device, seq, timeMs: TIME_MS, kind: EnvelopeKind.snapshot, seen: new Map([[device, seq]]), stamp: new Uint8Array() }
  return encodeEnvelope(fields, update([{ client: device, structs: posts }]), author).bytes
}

/** Deltas that fill a document between them, each device's one after the other. */
function deltasOf (devices: number, each: number): Uint8Array[] {
  const posts = Math.floor((MAX_DOCUMENT_BYTES - 20_000) / devices / each / POST_BYTES)
  return Array.from({ length: devices * each }, (_, n) => {
    const [device, before] = [1 + Math.floor(n / each), n % each]
    const structs = Array.from({ length: posts }, (_, post) => postOf(10_000 * device + before * posts + post))
    const fields = { community: address, period: PERIOD, part: 0, device, seq: 1 + before, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map<number, number>(), stamp: new Uint8Array() }
    return encodeEnvelope(fields, update([{ client: device, clock: before * posts, structs }]), author).bytes
  })
}

/** So many that fill a document: of few devices with high names and ranks, or of as many as count, with low ones. */
const few = (part = 0): Uint8Array[] => Array.from({ length: 8 }, (_, n) => snapshotOf(101 + n, 1000, 262_000, part))
const many = (part = 0): Uint8Array[] => Array.from({ length: 16 }, (_, n) => snapshotOf(1 + n, 1, 130_000, part))

async function hashesOf (index: CrdtIndex): Promise<string> {
  const held = await Array.fromAsync(index.envelopes(address))
  return bytesToHex(sha256(concatBytes(...held.map(bytes => bytes.subarray(0, 64)).sort(compareBytes))))
}

for (const parts of [[0], [0, 7]]) {
  test(`two peers agree about an author whose two pasts fill a document each, in ${parts.length} of them`, async () => {
    await using owned = new AsyncDisposableStack()
    const network = createMemoryNetwork()
    const near = network.peer('a')
    const far = network.peer('b')
    const open = async (transport: MemoryTransport, envelopes: readonly Uint8Array[]): Promise<CrdtIndex> => {
      owned.defer(() => { transport.close() })
      const index = owned.use(await createCrdtIndex({ db: new MemoryLevel(), transport, clock: () => TIME_MS, syncIntervalMs: 3_600_000 }))
      await index.join(address, genesis)
      for (const { verdict } of await index.ingest(address, envelopes)) assert.is(verdict, 'accept')
      return index
    }
    const [one, other] = [parts.flatMap(few), parts.flatMap(many)]
    const bytes = (envelopes: readonly Uint8Array[]): number => envelopes.reduce((sum, { length }) => sum + length, 0)
    for (const set of [one, other]) assert.ok(bytes(set) > 2 * ENVELOPES_BYTES && bytes(set) < parts.length * (MAX_DOCUMENT_BYTES + 16 * 400) && bytes(set) > parts.length * (MAX_DOCUMENT_BYTES - 131_072), `${bytes(set)}`)
    const a = await open(near, one)
    const b = await open(far, other)
    const wanted = await hashesOf(b)
    assert.is.not(await hashesOf(a), wanted)
    for (const envelope of other.slice(0, 16)) assert.equal(await a.ingest(address, [envelope]), [{ verdict: 'ignore', reason: 'covered' }], 'none counts by itself')
    near.connect('b')
    for (let round = 0; round < 100 && a.status(address).digest !== b.status(address).digest; round++) { // one document in each
      await Promise.all([a.sync(address), b.sync(address)])
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    assert.is(await hashesOf(a), wanted)
    assert.is(await hashesOf(b), wanted)
  })
}

test('what comes in one call counts together, however many pieces it is taken in', async () => {
  await using index = await createCrdtIndex({ db: new MemoryLevel(), clock: () => TIME_MS })
  await index.join(address, genesis)
  const deltas = deltasOf(16, 10)
  assert.ok(deltas.length >= 2 * VERIFY_BESIDE_MIN && deltas.reduce((sum, { length }) => sum + length, 0) > 2 * INGEST_PIECE_BYTES, 'several pieces')
  await index.ingest(address, few())
  const half = deltas.length / 2
  for (const some of [deltas.slice(0, half), deltas.slice(half)]) {
    assert.equal(await index.ingest(address, some), some.map(() => ({ verdict: 'ignore', reason: 'covered' })), 'no half counts by itself')
  }
  assert.ok((await index.ingest(address, deltas)).every(({ verdict }) => verdict === 'accept'))
  assert.equal(index.status(address).shards.map(({ envelopes }) => envelopes), [deltas.length])
})

test.run()
