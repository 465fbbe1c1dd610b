// The vectors, read by the package and by a reader that was written from SPEC.md.
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { documentVectors } from '../../../../tools/vectors/documents.ts'
import { plain, syncVectors } from '../../../../tools/vectors/sync.ts'
import { contradictionOf } from '../../src/documents/contradiction.ts'
import { materialize } from '../../src/documents/materialize.ts'
import { reduce } from '../../src/documents/reduce.ts'
import { decodeEnvelope } from '../../src/envelope/envelope.ts'
import { verifyEnvelope } from '../../src/envelope/verify.ts'
import { CrdtIndexError } from '../../src/errors.ts'
import { bytesToHex } from '../../src/identity/encoding.ts'
import { MONTH_ROOTS, type VerifiedEnvelope } from '../../src/model.ts'
import { unpackFrame } from '../../src/sync/deflated.ts'
import { itemOf } from '../../src/sync/item.ts'
import { createItemSet } from '../../src/sync/item-set.ts'
import * as spec from './reader.ts'

interface SetVector {
  readonly name: string
  readonly envelopes: ReadonlyArray<readonly [signed: string, update: string]>
  readonly reduced: readonly string[]
  readonly digest: string
  readonly waiting: readonly string[]
  readonly excess: readonly string[]
  readonly entries: ReadonlyArray<readonly [root: string, keys: ReadonlyArray<readonly [key: string, value: readonly unknown[]]>]>
  readonly contradictions: ReadonlyArray<readonly [number, number, kind: string, device: number, clock: number | null]>
}
interface EnvelopeVectors {
  readonly valid: ReadonlyArray<{ readonly name: string, readonly hash: string, readonly header: Record<string, unknown>, readonly envelope: string }>
  readonly invalid: ReadonlyArray<{ readonly name: string, readonly envelope: string }>
}

const test = suite('SPEC.md')
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../../test/vectors/${name}.json`, import.meta.url), 'utf8'))
const documents = read('documents') as { sets: SetVector[] }
const envelopes = read('envelopes') as EnvelopeVectors

/** Of the invalid envelopes, those that only the guard refuses: the reader does not judge updates. */
const ONLY_THE_GUARD = new Set([
  'structs of another device', 'structs of two devices in a delta', 'a snapshot with a client that is not in seen', 'a snapshot that is not complete',
  'an entry later than the envelope', 'a post of another month', 'a root map of another shard', '3e7 structs in 8 bytes', 'a V2 update'
])

const bytesOf = ([signed, update]: readonly [string, string]): Buffer => Buffer.concat([Buffer.from(signed, 'base64'), Buffer.from(update, 'base64')])
const fieldsOf = (value: unknown): unknown => value instanceof Uint8Array ? { hex: Buffer.from(value).toString('hex') } : Array.isArray(value) ? value.map(fieldsOf) : value
const sorted = <T>(map: Iterable<readonly [string, T]>): Array<readonly [string, T]> => [...map].sort(([a], [b]) => a < b ? -1 : 1)

test('test/vectors/documents.json is what its generator writes', () => {
  assert.equal(JSON.parse(JSON.stringify(documentVectors())), documents)
})

for (const { name, envelopes, reduced, digest, waiting, excess, entries, contradictions } of documents.sets) {
  test(`the package: ${name}`, () => {
    const verified = envelopes.map(each => {
      const envelope = verifyEnvelope(decodeEnvelope(bytesOf(each)))
      if ('verdict' in envelope) throw new Error(envelope.reason)
      return envelope
    })
    for (const order of [verified, verified.toReversed()]) {
      const kept = reduce(order.map(envelope => ({ ...envelope.header, hash: envelope.hash, envelope }))).map(({ envelope }) => envelope)
      assert.equal(kept.map(({ hash }) => hash), reduced)
      for (const needsDoc of [false, true]) {
        const state = materialize(kept, { period: 202611, needsDoc })
        assert.equal([state.waiting, state.excess], [waiting, excess])
        assert.equal(sorted(state.entries).map(([root, keys]) => [root, sorted(keys).map(([key, value]) => [key, fieldsOf(value)])]), entries)
      }
    }
    const found = verified.flatMap((a: VerifiedEnvelope, i) => verified.flatMap((b: VerifiedEnvelope, j) => {
      const contradiction = j > i ? contradictionOf(a, b) : null
      return contradiction === null ? [] : [[i, j, contradiction.kind, contradiction.device, contradiction.clock]]
    }))
    assert.equal(found, contradictions)
  })

  test(`the reader of SPEC.md: ${name}`, () => {
    const known = envelopes.map(each => spec.readEnvelope(bytesOf(each)))
    assert.ok(known.every(envelope => envelope !== null))
    const kept = spec.reduce(known.filter(envelope => envelope !== null))
    assert.equal(kept.map(({ hash }) => hash), reduced)
    assert.is(spec.digest(kept), digest)
    const state = spec.stateOf(kept, excess, MONTH_ROOTS)
    assert.equal(state.waiting, waiting)
    // Of the values in the document, those that fit their root are entries.
    for (const [root, keys] of entries) for (const [key, value] of keys) assert.equal(fieldsOf(state.values.get(root)?.get(key)), value, `${root} ${key}`)
    const values = [...state.values.values()].reduce((sum, { size }) => sum + size, 0)
    const misfits = name.startsWith('a value of another root map') ? 1 : 0
    assert.is(values, entries.reduce((sum, [, keys]) => sum + keys.length, 0) + misfits)
  })
}

for (const { name, hash, header, envelope } of envelopes.valid) {
  test(`the reader of SPEC.md takes: ${name}`, () => {
    const read = spec.readEnvelope(Buffer.from(envelope, 'base64'))
    assert.is(read?.hash, hash)
    assert.equal({ ...read?.header, seen: [...read?.header.seen ?? []] }, header)
  })
}

for (const { name, envelope } of envelopes.invalid) {
  test(`the reader of SPEC.md ${ONLY_THE_GUARD.has(name) ? 'leaves to the guard' : 'refuses'}: ${name}`, () => {
    assert.is(spec.readEnvelope(Buffer.from(envelope, 'base64')) === null, !ONLY_THE_GUARD.has(name))
  })
}

test('the reader of SPEC.md and genesis blocks', () => {
  const genesis = read('genesis') as { valid: Array<{ name: string, address: string, bytes: string }>, invalid: Array<{ name: string, bytes: string }> }
  for (const { name, address, bytes } of genesis.valid) assert.is(spec.addressOf(Buffer.from(bytes, 'hex')), address, name)
  for (const { name, bytes } of genesis.invalid) assert.is(spec.addressOf(Buffer.from(bytes, 'hex')), null, name)
})

test('the reader of SPEC.md refuses keys and commitments that verifiers disagree on', () => {
  const { signatures } = read('signatures') as { signatures: Array<{ name: string, valid: boolean, publicKey: string, bytes: string, signature: string }> }
  for (const { name, valid, publicKey, bytes, signature } of signatures) {
    assert.is(spec.isSigned(Buffer.from(signature, 'hex'), Buffer.from(bytes, 'hex'), Buffer.from(publicKey, 'hex')), valid, name)
  }
})

interface SyncVectors {
  readonly frames: ReadonlyArray<{ readonly name: string, readonly frame: Record<string, unknown>, readonly bytes: string }>
  readonly invalid: ReadonlyArray<{ readonly name: string, readonly bytes: string }>
  readonly items: ReadonlyArray<{ readonly author: string, readonly kind: 0 | 1, readonly hash: string, readonly item: string }>
  readonly fingerprints: ReadonlyArray<{ readonly name: string, readonly from: number, readonly to: number, readonly salt: string | null, readonly fingerprint: string }>
}
const sync = read('sync') as SyncVectors
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

test('test/vectors/sync.json is what its generator writes', () => {
  assert.equal(JSON.parse(JSON.stringify(syncVectors())), sync)
})

for (const { name, frame, bytes } of sync.frames) {
  test(`a frame, read by the package and by the reader of SPEC.md: ${name}`, async () => {
    assert.equal(plain(await unpackFrame(hex(bytes))), frame)
    assert.equal(JSON.parse(JSON.stringify(spec.readFrame(hex(bytes)))), frame)
  })
}

for (const { name, bytes } of sync.invalid) {
  test(`no frame, by the package and by the reader of SPEC.md: ${name}`, async () => {
    assert.is(spec.readFrame(hex(bytes)), null)
    assert.is(await unpackFrame(hex(bytes)).catch((error: unknown) => error instanceof CrdtIndexError ? error.code : error), 'BAD_FRAME')
  })
}

test('items of a reconciliation and their fingerprints', () => {
  const items = sync.items.map(({ item }) => item).sort()
  const set = createItemSet(items.map(hex))
  for (const each of sync.items) {
    assert.is(spec.itemOf(each), each.item)
    assert.is(bytesToHex(itemOf(hex(each.author), each.kind, hex(each.hash))), each.item)
  }
  for (const { name, from, to, salt, fingerprint } of sync.fingerprints) {
    assert.is(spec.fingerprintOf(items.slice(from, to), salt), fingerprint, name)
    assert.is(bytesToHex((salt === null ? set : set.salted(hex(salt))).fingerprint(from, to)), fingerprint, name)
  }
})

test.run()
