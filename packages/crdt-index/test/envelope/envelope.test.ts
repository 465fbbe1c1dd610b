import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { announcementOf, checkAnnouncement, decodeAnnouncement, decodeEnvelope, encodeEnvelope, placeOfEnvelope, type EnvelopeFields } from '../../src/envelope/envelope.ts'
import { verifyEnvelope } from '../../src/envelope/verify.ts'
import { concatBytes, hexToBytes } from '../../src/identity/encoding.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { MAX_DEVICE, MAX_ENVELOPE_BYTES, MAX_PARTS, MAX_SEQ, MAX_UPDATE_BYTES } from '../../src/limits.ts'
import { EnvelopeKind, type CommunityAddress, type EnvelopeHeader, type VerifiedEnvelope } from '../../src/model.ts'
import { flipped, PERIOD, TIME_MS, update, vote } from '../documents/updates.ts'

const test = suite('envelopes')
const signer = createSigner(new Uint8Array(32).fill(1))
const delta: EnvelopeFields = { community: 'c0'.repeat(32) as CommunityAddress, period: PERIOD, part: 3, device: 77, seq: 9, timeMs: TIME_MS, kind: EnvelopeKind.delta, seen: new Map(), stamp: Uint8Array.of(1, 2) }
const snapshot: EnvelopeFields = { ...delta, kind: EnvelopeKind.snapshot, seen: new Map([[300, 5], [77, 9], [2, 1]]) }
const votes = update([{ client: 77, structs: [vote(0), vote(1)] }])
const isBad = (error: { code?: string }): boolean => error.code === 'BAD_ENVELOPE'
const isBadEither = (error: { code?: string }): boolean => error.code === 'BAD_ENVELOPE' || error.code === 'BAD_SIGNATURE'

function verified (bytes: Uint8Array): VerifiedEnvelope {
  const outcome = verifyEnvelope(decodeEnvelope(bytes))
  assert.ok(!('verdict' in outcome), 'verdict' in outcome ? outcome.reason : '')
  return outcome
}

function refused (bytes: Uint8Array): boolean {
  try {
    return 'verdict' in verifyEnvelope(decodeEnvelope(bytes))
  } catch (error) {
    assert.ok(isBad(error as { code?: string }), String(error))
    return true
  }
}

test('reads back what was written, and verifies', () => {
  for (const fields of [delta, snapshot]) {
    const written = encodeEnvelope(fields, votes, signer)
    const read = verified(written.bytes)
    assert.equal(read.header, { ...fields, author: signer.author, updateLength: votes.length, updateHash: new Uint8Array(createHash('sha256').update(votes).digest()) })
    assert.equal(read.update, votes)
    const headerLength = Buffer.from(written.bytes).readUInt16BE(64)
    const hashed = createHash('sha256').update(written.bytes.subarray(0, 64)).update(written.bytes.subarray(66, 66 + headerLength))
    assert.is(read.hash, hashed.digest('hex'))
    assert.is(read.inspected.entries?.get('votes')?.size, 2)
  }
})

/** The place that is read alone is the one that the whole header tells. */
function samePlace (bytes: Uint8Array): void {
  const { header: { period, author, part, kind }, hash } = decodeEnvelope(bytes)
  assert.equal(placeOfEnvelope(bytes), { period, author: hexToBytes(author), part, kind, hash: hexToBytes(hash) })
}

test('where a readable envelope lies is told alike without reading the rest, and a cut header lies nowhere', () => {
  const { bytes, update: { length } } = encodeEnvelope(snapshot, votes, signer)
  let read = 0
  for (let at = 0; at < bytes.length - length; at++) {
    assert.throws(() => placeOfEnvelope(bytes.subarray(0, at)), isBad)
    for (let bit = 0; bit < 8; bit++) {
      const changed = flipped(bytes, at, bit)
      try {
        decodeEnvelope(changed)
      } catch {
        continue
      }
      samePlace(changed)
      read++
    }
  }
  assert.ok(read > 500, String(read))
})

test('any fields within their bounds come back', () => {
  const uint = (min: number, max: number): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }))
  const device = uint(1, MAX_DEVICE)
  const seq = uint(1, MAX_SEQ)
  const fields = fc.record({
    community: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex') as CommunityAddress),
    period: fc.constantFrom(0, 197001, 202612, 999912),
    part: uint(0, MAX_PARTS - 1),
    device,
    seq,
    timeMs: fc.oneof(uint(1, Number.MAX_SAFE_INTEGER), fc.constant(2 ** 32)),
    stamp: fc.uint8Array({ maxLength: 16 }),
    others: fc.option(fc.array(fc.tuple(device, seq), { maxLength: 15 }))
  })
  fc.assert(fc.property(fields, ({ others, ...rest }) => {
    const kind = others === null ? EnvelopeKind.delta : EnvelopeKind.snapshot
    const seen = new Map(others === null ? [] : [...others, [rest.device, rest.seq] as const])
    const { header, bytes } = encodeEnvelope({ ...rest, kind, seen }, new Uint8Array(), signer)
    assert.equal(decodeEnvelope(bytes).header, header)
    samePlace(bytes)
    for (const [name, value] of Object.entries(rest)) assert.equal(header[name as keyof EnvelopeHeader], value, name)
    assert.equal([...header.seen], [...seen].sort(([a], [b]) => a - b))
  }), { numRuns: 300 })
})

test('every changed bit and every cut is refused', () => {
  for (const fields of [delta, snapshot]) {
    const { bytes } = encodeEnvelope(fields, votes, signer)
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        assert.ok(refused(flipped(bytes, i, bit)), `bit ${bit} of byte ${i}`)
      }
      assert.ok(refused(bytes.subarray(0, i)), `cut at ${i}`)
    }
    assert.ok(refused(concatBytes(bytes, new Uint8Array(1))))
  }
})

test('an announcement tells the header and its signer, without the update', () => {
  const envelope = encodeEnvelope(delta, votes, signer)
  const bytes = announcementOf(envelope)
  const announced = decodeAnnouncement(bytes)
  assert.is(announced.hash, envelope.hash)
  assert.equal(announced.header, envelope.header)
  assert.equal(checkAnnouncement(bytes), announced)
  assert.throws(() => decodeAnnouncement(envelope.bytes), isBad)
  for (let i = 0; i < bytes.length; i++) {
    assert.throws(() => decodeAnnouncement(flipped(bytes, i)), isBadEither, `byte ${i}`)
    assert.throws(() => checkAnnouncement(flipped(bytes, i)), isBadEither, `byte ${i}`) // at once: Node verifies in this thread
    assert.throws(() => decodeAnnouncement(bytes.subarray(0, i)), isBad)
  }
})

test('fields out of their bounds cannot be written', () => {
  const wrong: Array<Partial<EnvelopeFields>> = [
    { period: 202613 }, { period: 1 }, { part: MAX_PARTS }, { part: -1 }, { device: 0 }, { device: MAX_DEVICE + 1 }, { seq: 0 }, { seq: MAX_SEQ + 1 }, { seq: 1.5 },
    { timeMs: 0 }, { timeMs: Number.MAX_SAFE_INTEGER + 1 }, { timeMs: -1 }, { kind: 2 as never }, { stamp: new Uint8Array(17) },
    { seen: new Map([[77, 9]]) }, // a delta has seen nothing
    { kind: EnvelopeKind.snapshot }, // a snapshot has seen itself
    { kind: EnvelopeKind.snapshot, seen: new Map([[77, 8]]) },
    { kind: EnvelopeKind.snapshot, seen: new Map([[77, 9], [0, 1]]) },
    { kind: EnvelopeKind.snapshot, seen: new Map([[77, 9], [78, 0]]) },
    { kind: EnvelopeKind.snapshot, seen: new Map(Array.from({ length: 17 }, (_, i) => [77 + i, 9])) }
  ]
  for (const change of wrong) assert.throws(() => encodeEnvelope({ ...delta, ...change }, votes, signer), isBad, JSON.stringify(change))
  assert.throws(() => encodeEnvelope(delta, new Uint8Array(MAX_UPDATE_BYTES + 1), signer), isBad)
})

/** An envelope whose header is whatever bytes the author signs. */
function signed (header: Uint8Array, updated: Uint8Array = votes): Uint8Array {
  return concatBytes(signer.sign(header), Uint8Array.of(header.length >> 8, header.length & 255), header, updated)
}

test('a header that is not canonical is refused though its author signed it', () => {
  const hash = new Uint8Array(createHash('sha256').update(votes).digest())
  const header = (more: Partial<Record<number, unknown>> = {}): Uint8Array => {
    const fields: unknown[] = ['seedbed/envelope/1', hexToBytes(snapshot.community), PERIOD, signer.publicKey, 3, 77, 9, TIME_MS, 1, [[2, 1], [77, 9]], Uint8Array.of(1), votes.length, hash]
    for (const [at, value] of Object.entries(more)) fields[Number(at)] = value
    return encode(fields)
  }
  assert.ok(verified(signed(header())))
  const changes: Array<Partial<Record<number, unknown>>> = [
    { 0: 'seedbed/envelope/2' }, { 0: 'seedbed/genesis/1' }, { 1: new Uint8Array(31) }, { 3: 'author' }, { 4: 3.5 }, { 5: '77' }, { 8: true }, { 9: [[77, 9], [2, 1]] },
    { 9: [[77, 9], [77, 9]] }, { 9: [[2, 1, 1], [77, 9]] }, { 9: {} }, { 9: null }, { 10: null }, { 11: votes.length + 1 }, { 12: hash.subarray(1) }, { 13: 0 }
  ]
  for (const change of changes) assert.ok(refused(signed(header(change))), JSON.stringify(change))
  const canonical = header()
  const part = canonical.indexOf(3, 19 + 34 + 5 + 34) // the array head, the tag, community, period and author lie before
  assert.is(canonical[part + 1], 0x18, 'the device follows the part')
  assert.ok(refused(signed(concatBytes(canonical.subarray(0, part), Uint8Array.of(0x18, 3), canonical.subarray(part + 1)))), 'a long integer')
  assert.ok(refused(signed(concatBytes(canonical, Uint8Array.of(0)))), 'bytes after the header')
  assert.ok(refused(signed(new Uint8Array(1024).fill(0x81))), 'arrays in arrays')
  assert.ok(refused(signed(new Uint8Array(1025))), 'a header over its bound')
  assert.ok(refused(signed(new Uint8Array())), 'no header')
  assert.ok(refused(new Uint8Array(MAX_ENVELOPE_BYTES + 1)))
})

test('what its author signed is still refused where the guard refuses the update', () => {
  const other = update([{ client: 78, structs: [vote(0)] }])
  assert.equal(verifyEnvelope(encodeEnvelope(delta, other, signer)), { verdict: 'reject', reason: 'BAD_UPDATE: struct of another device' })
})

test('a header under another key is refused', () => {
  const { bytes } = encodeEnvelope(delta, votes, signer)
  const theirs = createSigner(new Uint8Array(32).fill(2))
  const header = bytes.subarray(66, bytes.length - votes.length)
  assert.equal(verifyEnvelope(decodeEnvelope(concatBytes(theirs.sign(header), bytes.subarray(64)))), { verdict: 'reject', reason: 'BAD_SIGNATURE' })
})

test.run()
