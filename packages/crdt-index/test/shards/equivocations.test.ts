// Proofs that an author signed two pasts: found however the envelopes come, kept over restarts, bounded, and checked by
// anybody from their bytes alone.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { contentIdOfBytes, createCrdtIndex, createGenesis, createSigner, decodeEnvelope, encodeEnvelope, EnvelopeKind, verifyEquivocation, type CommunityAddress, type CrdtIndex, type CrdtIndexOptions, type EnvelopeFields, type Equivocation, type Signer } from '../../src/index.ts'
import { MAX_PROOF_BYTES, MAX_PROOFS_PER_AUTHOR, SIGNATURE_BYTES } from '../../src/limits.ts'
import { flipped, item, itemKey, PERIOD, SECONDS, set, TIME_MS, uint, update, vote, type Block } from '../documents/updates.ts'

const test = suite('equivocations')
const NOW_MS = TIME_MS + 60_000
const signerOf = (byte: number): Signer => createSigner(new Uint8Array(32).fill(byte))
const ana = signerOf(1)
const { address, bytes: genesis } = createGenesis({ founder: ana, slug: 'gardens', difficulty: 0, nonce: new Uint8Array(16) })

type Db = MemoryLevel<Uint8Array, Uint8Array>
const newDb = (): Db => new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })

async function openIndex (db: Db = newDb(), more: Partial<CrdtIndexOptions> = {}): Promise<CrdtIndex> {
  const index = await createCrdtIndex({ db, clock: () => NOW_MS, ...more })
  if (index.community(address) === undefined) await index.join(address, genesis)
  return index
}

function signed (signer: Signer, fields: Partial<EnvelopeFields>, blocks: readonly Block[], community: CommunityAddress = address): Uint8Array {
  return encodeEnvelope({ community, period: PERIOD, part: 0, device: 1, seq: 1, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map(), stamp: new Uint8Array(), ...fields }, update(blocks), signer).bytes
}
const delta = (seq: number, clock: number, structs: Block['structs'], { signer = ana, device = 1, ...fields }: Partial<EnvelopeFields> & { signer?: Signer } = {}): Uint8Array => signed(signer, { seq, device, ...fields }, [{ client: device, clock, structs }])
const snapshot = (seq: number, structs: Block['structs']): Uint8Array => signed(ana, { seq, kind: EnvelopeKind.snapshot, seen: new Map([[1, seq]]) }, [{ client: 1, structs }])
const against = (n: number): ReturnType<typeof set> => set([-1, SECONDS], { key: itemKey(n) })

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const plain = (found: readonly Equivocation[]): unknown[] => found.map(({ envelopes, ...rest }) => ({ ...rest, envelopes: envelopes.map(hex) }))

/** Each pair of envelopes, however it comes, is found and says the same. */
const PAIRS: Record<string, [kind: string, clock: number | null, one: Uint8Array, other: Uint8Array]> = {
  'two deltas under one number': ['sequence', null, delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])],
  'a delta and a snapshot under one number': ['sequence', null, delta(1, 0, [vote(0)]), snapshot(1, [vote(0)])],
  'two deltas on one clock': ['clock', 1, delta(1, 0, [vote(0), vote(1)]), delta(2, 1, [vote(2)])],
  'a snapshot that tells a delta otherwise': ['clock', 0, delta(1, 0, [vote(0)]), snapshot(3, [against(0), vote(1)])],
  'two snapshots of two pasts': ['clock', 1, snapshot(2, [vote(0), vote(1)]), snapshot(5, [vote(0), vote(2), vote(3)])]
}
const pairs = Object.entries(PAIRS)

for (const [name, [kind, clock, one, other]] of pairs) {
  test(`found and shown: ${name}`, async () => {
    for (const batches of [[[one], [other]], [[other], [one]], [[one, other]], [[other, one, one]]]) {
      await using index = await openIndex()
      const told: Equivocation[] = []
      index.on('equivocation', equivocation => { told.push(equivocation) })
      for (const batch of batches) for (const { verdict } of await index.ingest(address, batch)) assert.is.not(verdict, 'reject')
      const found = await index.equivocations(address)
      assert.is(found.length, 1)
      assert.equal(plain(told), plain(found))
      const [proof] = found as [Equivocation]
      assert.equal({ ...proof, envelopes: proof.envelopes.map(hex).sort() }, {
        community: address, period: PERIOD, author: ana.author, part: 0, device: 1, kind, clock, seq: decodeEnvelope(proof.envelopes[0]).header.seq,
        envelopes: [one, other].map(hex).sort(), firstSeenMs: NOW_MS, isOwn: false
      })
      const [a, b] = proof.envelopes
      assert.equal(verifyEquivocation(proof), verifyEquivocation({ envelopes: [b, a] }))
      assert.is(verifyEquivocation(proof)?.kind, kind)
    }
  })
}

test('what is covered already still counts as proof, and a proof outlives its envelopes and a restart', async () => {
  const db = newDb()
  const [kept, late] = [delta(3, 2, [vote(2)]), delta(3, 2, [against(2)])]
  const index = await openIndex(db)
  await index.ingest(address, [delta(1, 0, [vote(0)]), delta(2, 1, [vote(1)]), kept])
  await index.ingest(address, [late])
  const before = await index.equivocations()
  assert.is(before.length, 1)
  await index.ingest(address, [snapshot(9, [vote(0), vote(1), vote(2)])])
  assert.is(index.status(address).shards[0]?.envelopes, 1, 'both are covered')
  await index.close()
  await using again = await openIndex(db)
  assert.equal(plain(await again.equivocations(address)), plain(before))
  const told: Equivocation[] = []
  again.on('equivocation', equivocation => { told.push(equivocation) })
  await again.ingest(address, [kept, late])
  assert.equal(told, [], 'once is enough')
  // A snapshot under a number that one that counts has: ignored as covered, and yet a proof of another device.
  assert.equal((await again.ingest(address, [delta(9, 7, [vote(8)], { part: 1 }), snapshot(8, [vote(0), vote(1), vote(2)])])).map(({ verdict }) => verdict), ['accept', 'ignore'])
})

test('what does not count is not compared with much more than it brings, but for its number', async () => {
  await using index = await openIndex()
  const titles = Array.from({ length: 50 }, (_, n) => set([1, TIME_MS, 'a'.repeat(300)], { root: 'posts', key: itemKey(100 + n) }))
  await index.ingest(address, [snapshot(5, [vote(0), ...titles])])
  await index.ingest(address, [delta(1, 0, [against(0)])])
  assert.equal(await index.equivocations(), [], 'a clock of a large snapshot, told by a small delta that it covers')
  await index.ingest(address, [delta(5, 90, [against(0)])])
  assert.equal((await index.equivocations()).map(({ kind }) => kind), ['sequence'])
})

test('honest devices, and what comes twice, late or again, prove nothing', async () => {
  const db = newDb()
  const writing = await openIndex(db)
  const ben = signerOf(2)
  const writer = writing.writer(ben)
  const { period } = { period: PERIOD }
  for (let i = 0; i < 40; i++) await writer.vote({ community: address, period, item: itemKey(i % 7) as never, value: (i % 3 - 1) as -1 | 0 | 1 })
  const early = await all(writing)
  await writer.post({ community: address, contentId: contentIdOfBytes(new Uint8Array(20).fill(9)), length: 5, title: 'First frost', createdMs: NOW_MS })
  await writing.close()
  await using again = await openIndex(db)
  const late = await all(again)
  await using reader = await openIndex()
  for (const batch of [late.slice(0, 1), early, late.toReversed(), early, late]) await reader.ingest(address, batch)
  assert.equal(await reader.equivocations(), [])
  assert.equal(await again.equivocations(), [])
})

async function all (index: CrdtIndex): Promise<Uint8Array[]> {
  const envelopes: Uint8Array[] = []
  for await (const envelope of index.envelopes(address)) envelopes.push(envelope)
  return envelopes
}

test('a restored backup proves itself against its owner by accident: it says so, takes another device, and loses nothing', async () => {
  const db = newDb()
  const ben = signerOf(2)
  const vote = async (index: CrdtIndex, n: number): Promise<void> => { await index.writer(ben).vote({ community: address, period: PERIOD, item: itemKey(n) as never, value: 1 }) }
  let next = 100
  const options: Partial<CrdtIndexOptions> = { signers: [ben], randomUint32: () => next++ }
  const original = await openIndex(db, options)
  await vote(original, 0)
  const backup = newDb()
  for await (const [key, value] of db.iterator()) await backup.put(key, value)
  await vote(original, 1)
  const restored = await openIndex(backup, options)
  await vote(restored, 2)
  await restored.ingest(address, await all(original))
  const [proof, ...more] = await restored.equivocations()
  assert.equal([proof?.author, proof?.isOwn, proof?.device, more.length], [ben.author, true, 100, 0])
  await vote(restored, 3) // once the rescue is through, which takes its turn before
  const devices = new Set((await all(restored)).map(bytes => decodeEnvelope(bytes).header.device))
  assert.equal(devices, new Set([100, 101]))
  await using reader = await openIndex()
  await reader.ingest(address, [...await all(restored), ...await all(original)])
  assert.equal((await reader.equivocations()).map(({ isOwn, device }) => [isOwn, device]), [[false, 100]], 'to others it looks like any other')
  const seen: string[] = []
  for await (const { key } of reader.entries(ben.author)) seen.push(key)
  assert.equal(seen.sort(), [0, 1, 2, 3].map(itemKey).sort())
  await original.close()
  await restored.close()
})

test('of one author a few proofs are kept, of others still', async () => {
  await using index = await openIndex()
  const mallory = signerOf(7)
  for (let device = 1; device <= MAX_PROOFS_PER_AUTHOR + 3; device++) {
    await index.ingest(address, [delta(1, 0, [vote(0)], { signer: mallory, device }), delta(1, 0, [against(0)], { signer: mallory, device })])
  }
  assert.is((await index.equivocations()).length, MAX_PROOFS_PER_AUTHOR)
  await index.ingest(address, [delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])])
  assert.is((await index.equivocations()).filter(({ author }) => author === ana.author).length, 1)
})

test('in all they take a bounded room, and the largest give way: small ones stay', async () => {
  const db = newDb()
  const index = await openIndex(db)
  await index.ingest(address, [delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])])
  const large = (title: string): Block['structs'] => Array.from({ length: 700 }, (_, n) => set([1, TIME_MS, title.repeat(300)], { root: 'posts', key: itemKey(n) }))
  const [one, other] = [large('a'), large('b')]
  let bytes = 0
  for (let author = 10; bytes <= MAX_PROOF_BYTES + 2e6; author++) {
    for (let device = 1; device <= MAX_PROOFS_PER_AUTHOR; device++) {
      const pair = [one, other].map(structs => delta(1, 0, structs, { signer: signerOf(author), device }))
      bytes += pair.reduce((sum, { length }) => sum + length, 0)
      await index.ingest(address, pair)
    }
  }
  await index.close()
  await using again = await openIndex(db)
  const found = await again.equivocations()
  const size = found.reduce((sum, { envelopes }) => sum + envelopes[0].length + envelopes[1].length, 0)
  assert.ok(size <= MAX_PROOF_BYTES && size > MAX_PROOF_BYTES - 1e6, String(size))
  assert.ok(found.some(({ author }) => author === ana.author))
})

test('leaving a community takes its proofs', async () => {
  const db = newDb()
  const index = await openIndex(db)
  await index.ingest(address, [delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])])
  assert.is((await index.equivocations()).length, 1)
  await index.leave(address)
  assert.equal(await index.equivocations(), [])
  await index.join(address, genesis)
  await index.ingest(address, [delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])])
  assert.is((await index.equivocations(address)).length, 1, 'found again')
  await index.close()
  const error = await (await openIndex()).equivocations('00'.repeat(32) as CommunityAddress).then(() => null, (error: unknown) => error)
  assert.is((error as { code?: string } | null)?.code, 'NOT_JOINED')
})

test('a proof is checked from its bytes alone', () => {
  const [one, other] = [delta(1, 0, [vote(0)]), delta(1, 0, [against(0)])]
  assert.ok(verifyEquivocation({ envelopes: [one, other] }))
  const nothing: Record<string, [Uint8Array, Uint8Array]> = {
    'one envelope twice': [one, one],
    'two that go on': [one, delta(2, 1, [vote(1)])],
    'of two authors': [one, delta(1, 0, [against(0)], { signer: signerOf(2) })],
    'of two parts': [one, delta(1, 0, [against(0)], { part: 1 })],
    'of two devices': [one, delta(1, 0, [vote(0)], { device: 2 })],
    'a snapshot that repeats a delta': [one, snapshot(2, [vote(0), vote(1)])],
    'a snapshot in which it was deleted': [one, snapshot(2, [item(1, uint(1)), vote(1)])],
    'not what was signed': [one, flipped(other, other.length - 1)],
    'a header of another hand': [one, Uint8Array.from([...other.subarray(0, SIGNATURE_BYTES).map(byte => byte ^ 1), ...other.subarray(SIGNATURE_BYTES)])],
    'what the guard refuses': [one, signed(ana, {}, [{ client: 2, structs: [vote(0)] }])],
    'noise': [one, Uint8Array.of(1, 2, 3)]
  }
  for (const [name, envelopes] of Object.entries(nothing)) {
    const [a, b] = envelopes
    assert.equal([verifyEquivocation({ envelopes }), verifyEquivocation({ envelopes: [b, a] })], [null, null], name)
  }
})

test.run()
