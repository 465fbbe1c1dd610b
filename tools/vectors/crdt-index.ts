// Writes test/vectors/{signatures,genesis,envelopes,documents,sync}.json: what every implementation accepts or refuses.
// Keys are seeds made of one repeated byte, times are fixed and ed25519 is deterministic (RFC 8032), so the output
// never changes by itself.
//
//   node --conditions=source tools/vectors/crdt-index.ts
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import * as Y from 'yjs'
import { encodeComment, encodeDeletion, encodeEdit, encodeLabel, encodePost, encodeProfile, encodeRole, encodeVote, type RawEntry } from '../../packages/crdt-index/src/documents/schema.ts'
import { encodeEnvelope, type EnvelopeFields } from '../../packages/crdt-index/src/envelope/envelope.ts'
import { createGenesis, type Genesis } from '../../packages/crdt-index/src/envelope/genesis.ts'
import { findStamp, stampBits } from '../../packages/crdt-index/src/envelope/stamp.ts'
import { verifyEnvelope } from '../../packages/crdt-index/src/envelope/verify.ts'
import { bytesToHex, concatBytes } from '../../packages/crdt-index/src/identity/encoding.ts'
import { itemIdOf, parseContentId, topicOf } from '../../packages/crdt-index/src/identity/ids.ts'
import { createSigner } from '../../packages/crdt-index/src/identity/keys.ts'
import { sha256 } from '../../packages/crdt-index/src/identity/sha256.ts'
import { EnvelopeKind, type UnverifiedEnvelope } from '../../packages/crdt-index/src/model.ts'
import { documentVectors } from './documents.ts'
import { forgeUnderSmallOrder, signatureVectors } from './signatures.ts'
import { syncVectors } from './sync.ts'

/** DAG-CBOR (RFC 8949 §4.2.1) of what headers are made of, written apart from the codec that the package uses. */
function encode (value: unknown): Uint8Array {
  if (value === null) return Uint8Array.of(0xf6)
  if (typeof value === 'number') return cborHead(0, value)
  if (typeof value === 'string') return concatBytes(cborHead(3, Buffer.byteLength(value)), Buffer.from(value))
  if (value instanceof Uint8Array) return concatBytes(cborHead(2, value.length), value)
  if (Array.isArray(value)) return concatBytes(cborHead(4, value.length), ...value.map(encode))
  throw new Error(`no encoding for ${typeof value}`)
}

function cborHead (major: number, value: number): Uint8Array {
  if (value < 24) return Uint8Array.of(major << 5 | value)
  const size = [1, 2, 4, 8].find(size => value < 2 ** (8 * size)) ?? 8
  const bytes = new Uint8Array(1 + size)
  bytes[0] = major << 5 | 24 + Math.log2(size)
  for (let i = size, rest = value; i > 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  return bytes
}

const ana = createSigner(new Uint8Array(32).fill(1))
const ben = createSigner(new Uint8Array(32).fill(2))
const nonce = Uint8Array.from({ length: 16 }, (_, i) => i)
const timeMs = Date.UTC(2026, 10, 22, 7, 52, 54, 123)
const seconds = Math.floor(timeMs / 1000)
const content = parseContentId('0a'.repeat(20))
const revision = parseContentId('0b'.repeat(20))
const item = itemIdOf(ana.author, content)

const genesis = createGenesis({ founder: ana, slug: 'gardens', difficulty: 8, nonce })
const signedGenesis = (payload: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(64), ana.sign(payload), payload)
const genesisPayload = (...change: Array<[at: number, value: unknown]>): Uint8Array => {
  const fields: unknown[] = ['seedbed/genesis/1', ana.publicKey, 'gardens', 8, nonce]
  for (const [at, value] of change) fields[at] = value
  return encode(fields)
}

/** A copy with another byte; from the end where `at` is negative. */
function altered (bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes.at(at) ?? 0) ^ 1)
}

export function genesisVectors (): object {
  const valid: Array<[name: string, genesis: Genesis]> = [
    ['founded', genesis],
    ['without founder', createGenesis({ founder: null, slug: 'commons', difficulty: 0, nonce })],
    ['the longest slug, the highest difficulty', createGenesis({ founder: ben, slug: `0${'-'.repeat(39)}`, difficulty: 32, nonce })]
  ]
  const payload = genesisPayload()
  const invalid: Array<[name: string, bytes: Uint8Array]> = [
    ['nothing', new Uint8Array()],
    ['over 512 bytes', concatBytes(genesis.bytes, new Uint8Array(512))],
    ['signature changed', altered(genesis.bytes, 1)],
    ['payload changed', altered(genesis.bytes, -1)],
    ['signed by another key', concatBytes(Uint8Array.of(64), ben.sign(payload), payload)],
    ['founder without signature', concatBytes(Uint8Array.of(0), payload)],
    ['signature without founder', signedGenesis(genesisPayload([1, null]))],
    ['another domain tag', signedGenesis(genesisPayload([0, 'seedbed/envelope/1']))],
    ['empty slug', signedGenesis(genesisPayload([2, '']))],
    ['slug with capitals', signedGenesis(genesisPayload([2, 'Gardens']))],
    ['slug of 41 characters', signedGenesis(genesisPayload([2, 'a'.repeat(41)]))],
    ['difficulty 33', signedGenesis(genesisPayload([3, 33]))],
    ['nonce of 15 bytes', signedGenesis(genesisPayload([4, nonce.subarray(1)]))],
    ['a sixth element', signedGenesis(genesisPayload([5, 0]))],
    ['bytes after the end', signedGenesis(concatBytes(payload, Uint8Array.of(0)))],
    ['an integer not in its shortest form', signedGenesis(concatBytes(payload.subarray(0, -18), Uint8Array.of(0x18, 8), payload.subarray(-17)))]
  ]
  return {
    description: 'Genesis of a community, version 1: 1 byte signature length (0 or 64), signature, DAG-CBOR payload; the address is the sha256 of all of it. `valid` decode to `fields` and have that `address`, `invalid` are refused. Bytes are hex.',
    valid: valid.map(([name, { founder, slug, difficulty, nonce, address, bytes }]) => ({ name, fields: { founder, slug, difficulty, nonce: bytesToHex(nonce) }, address, topic: topicOf(address), bytes: bytesToHex(bytes) })),
    invalid: invalid.map(([name, bytes]) => ({ name, bytes: bytesToHex(bytes) }))
  }
}

const stamp = findStamp(genesis.address, ana.author, 8)
const delta: EnvelopeFields = { community: genesis.address, period: 202611, part: 0, device: 77, seq: 1, timeMs, kind: EnvelopeKind.delta, seen: new Map(), stamp }
const snapshot: EnvelopeFields = { ...delta, seq: 300, kind: EnvelopeKind.snapshot, seen: new Map([[4294967295, 2147483647], [77, 300]]) }
const meta: EnvelopeFields = { ...delta, period: 0 }

/** The update of a device that writes these entries one by one. */
function updateOf (device: number, entries: readonly RawEntry[]): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = device
  for (const { root, key, value } of entries) doc.getMap(root).set(key, value)
  return Y.encodeStateAsUpdate(doc)
}

const month: RawEntry[] = [
  encodePost({ contentId: content, length: 512, createdMs: timeMs, title: 'Why seeds matter 🌱' }),
  encodeComment({ contentId: revision, length: 90, createdMs: timeMs, root: item, parent: item, mentions: [ben.author] }),
  encodeVote({ item, value: 1, seconds, revision: null }),
  encodeVote({ item: itemIdOf(ben.author, content), value: -1, seconds, revision }),
  encodeEdit({ contentId: revision, item, length: 600, editedMs: timeMs, title: 'Why seeds matter' }),
  encodeDeletion({ item, seconds }),
  encodeLabel({ item, label: 'spam', reason: 'Two\nlines', seconds })
]
const toggled = [1, -1, 0, 1].map(value => encodeVote({ item, value: value as 1 | 0 | -1, seconds, revision: null }))
const one = updateOf(77, toggled.slice(0, 1))
const overwriting = ((): Uint8Array => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, one)
  doc.clientID = 77
  const before = Y.encodeStateVector(doc)
  for (const { root, key, value } of toggled.slice(1, 2)) doc.getMap(root).set(key, value)
  return Y.encodeStateAsUpdate(doc, before)
})()

/** Bytes as `{ hex }`. */
function printable (value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: bytesToHex(value) }
  return Array.isArray(value) ? value.map(printable) : value
}

/** Signs whatever header bytes, over an update. */
function signedEnvelope (header: Uint8Array, update: Uint8Array): Uint8Array {
  return concatBytes(ana.sign(header), Uint8Array.of(header.length >> 8, header.length & 255), header, update)
}

function header (...change: Array<[at: number, value: unknown]>): Uint8Array {
  const fields: unknown[] = ['seedbed/envelope/1', Buffer.from(genesis.address, 'hex'), 202611, ana.publicKey, 0, 77, 1, timeMs, 0, [], stamp, one.length, sha256(one)]
  for (const [at, value] of change) fields[at] = value
  return encode(fields)
}

export function envelopeVectors (): object {
  const valid: Array<[name: string, envelope: UnverifiedEnvelope]> = [
    ['delta with a vote', encodeEnvelope(delta, one, ana)],
    ['delta that overwrites the vote', encodeEnvelope({ ...delta, seq: 2 }, overwriting, ana)],
    ['delta with every kind of entry of a month', encodeEnvelope(delta, updateOf(77, month), ana)],
    ['snapshot', encodeEnvelope(snapshot, updateOf(77, month), ana)],
    ['snapshot of a vote cast four times', encodeEnvelope(snapshot, updateOf(77, toggled), ana)],
    ['delta of a profile and a role', encodeEnvelope(meta, updateOf(77, [encodeProfile({ field: 'name', text: 'Ana', seconds }), encodeRole({ author: ben.author, role: 'moderator', seconds })]), ana)],
    ['extreme numbers', encodeEnvelope({ ...delta, period: 999912, part: 255, device: 4294967295, seq: 2147483647, timeMs: Number.MAX_SAFE_INTEGER, stamp: new Uint8Array(16) }, updateOf(4294967295, toggled.slice(0, 1)), ana)]
  ]
  const good = encodeEnvelope(delta, one, ana).bytes
  const canonical = header()
  const gap = Y.mergeUpdates([one, updateOf(78, month)])
  const invalid: Array<[name: string, bytes: Uint8Array]> = [
    ['nothing', new Uint8Array()],
    ['cut', good.subarray(0, -1)],
    ['longer', concatBytes(good, Uint8Array.of(0))],
    ['signature changed', altered(good, 0)],
    ['header changed', altered(good, 100)],
    ['update changed', altered(good, -1)],
    ['signed by another key', concatBytes(ben.sign(canonical), good.subarray(64))],
    ...([8, 4, 2, 1] as const).map((order): [string, Uint8Array] => {
      const { bytes, signature } = forgeUnderSmallOrder(order, (publicKey, salt) => header([3, new Uint8Array(publicKey)], [7, timeMs + salt]))
      return [`an author whose key has order ${order}: anybody can sign for it`, concatBytes(new Uint8Array(signature), Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes, one)]
    }),
    ['another domain tag', signedEnvelope(header([0, 'seedbed/genesis/1']), one)],
    ['month 13', signedEnvelope(header([2, 202613]), one)],
    ['part 256', signedEnvelope(header([4, 256]), one)],
    ['device 0', signedEnvelope(header([5, 0]), one)],
    ['device 2^32', signedEnvelope(header([5, 2 ** 32]), one)],
    ['seq 0', signedEnvelope(header([6, 0]), one)],
    ['kind 2', signedEnvelope(header([8, 2]), one)],
    ['a delta that has seen', signedEnvelope(header([9, [[77, 1]]]), one)],
    ['a snapshot that has not seen itself', signedEnvelope(header([8, 1]), one)],
    ['a snapshot that has seen itself at another seq', signedEnvelope(header([8, 1], [9, [[77, 2]]]), one)],
    ['seen out of order', signedEnvelope(header([8, 1], [9, [[77, 1], [3, 1]]]), one)],
    ['stamp of 17 bytes', signedEnvelope(header([10, new Uint8Array(17)]), one)],
    ['hash of another update', signedEnvelope(header([12, sha256(overwriting)]), one)],
    ['an integer not in its shortest form', signedEnvelope(concatBytes(canonical.subarray(0, 93), Uint8Array.of(0x18, canonical[93] ?? 0), canonical.subarray(94)), one)],
    ['bytes after the header', signedEnvelope(concatBytes(canonical, Uint8Array.of(0)), one)],
    ...([
      ['structs of another device', delta, updateOf(78, month)],
      ['structs of two devices in a delta', delta, gap],
      ['a snapshot with a client that is not in seen', snapshot, gap],
      ['a snapshot that is not complete', snapshot, overwriting],
      ['an entry later than the envelope', { ...delta, timeMs: timeMs - 2000 }, one],
      ['a post of another month', { ...delta, period: 202610 }, updateOf(77, month)],
      ['a root map of another shard', meta, one],
      ['3e7 structs in 8 bytes', delta, Uint8Array.of(1, 0x80, 0x87, 0xa7, 0x0e, 77, 0, 0)],
      ['a V2 update', delta, Y.convertUpdateFormatV1ToV2(one)]
    ] as Array<[string, EnvelopeFields, Uint8Array]>).map(([name, fields, update]): [string, Uint8Array] => [name, encodeEnvelope(fields, update, ana).bytes])
  ]
  return {
    description: 'Envelopes, version 1: signature (64), header length (2, big-endian), header (DAG-CBOR), update (Yjs V1). `valid` verify, have that `hash` and `header`, and where `entries` is not null the update holds them by itself. `invalid` are refused for ever, whatever a peer holds. Bytes are hex in headers, { hex } in entries, base64 in envelopes.',
    item: { author: ana.author, contentId: content, item },
    stamps: [{ community: genesis.address, author: ana.author, stamp: bytesToHex(stamp), bits: stampBits({ community: genesis.address, author: ana.author, stamp }) }],
    valid: valid.map(([name, envelope]) => ({ name, verified: verifyEnvelope(envelope) })).map(({ name, verified }) => {
      if ('verdict' in verified) throw new Error(`${name}: ${verified.reason}`)
      return { name, ...verified }
    }).map(({ name, hash, header, bytes, inspected: { entries } }) => ({
      name,
      hash,
      header: { ...header, seen: [...header.seen], stamp: bytesToHex(header.stamp), updateHash: bytesToHex(header.updateHash) },
      entries: entries === null ? null : [...entries].map(([root, keys]) => [root, [...keys].map(([key, value]) => [key, printable(value)])]),
      envelope: Buffer.from(bytes).toString('base64')
    })),
    invalid: invalid.map(([name, bytes]) => ({ name, envelope: Buffer.from(bytes).toString('base64') }))
  }
}

if (import.meta.main) {
  for (const [name, document] of Object.entries({ signatures: signatureVectors(), genesis: genesisVectors(), envelopes: envelopeVectors(), documents: documentVectors(), sync: syncVectors() })) {
    writeFileSync(path.join(import.meta.dirname, `../../test/vectors/${name}.json`), `${JSON.stringify(document, null, 2)}\n`)
  }
}
