// A second reader of the formats, written from SPEC.md alone: it imports nothing of the package, only Node's crypto and,
// for what SPEC.md leaves to it, Yjs. What two readers of one document agree on is what the document says.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import * as Y from 'yjs'

export interface Header {
  readonly community: string
  readonly period: number
  readonly author: string
  readonly part: number
  readonly device: number
  readonly seq: number
  readonly timeMs: number
  readonly kind: number
  readonly seen: ReadonlyMap<number, number>
  readonly stamp: string
  readonly updateLength: number
  readonly updateHash: string
}

export interface Envelope {
  readonly header: Header
  readonly hash: string
  readonly update: Buffer
}

const sha256 = (...parts: Uint8Array[]): string => createHash('sha256').update(Buffer.concat(parts)).digest('hex')

/** Section 2: what DAG-CBOR a header and a genesis are made of, in one spelling. */
export function readCbor (bytes: Buffer): unknown {
  let at = 0
  const argument = (info: number): number => {
    if (info < 24) return info
    const length = [1, 2, 4, 8][info - 24]
    if (length === undefined) throw new Error('indefinite or reserved')
    const value = length === 8 ? Number(bytes.readBigUInt64BE(at)) : bytes.readUIntBE(at, length)
    at += length
    if (value < [24, 2 ** 8, 2 ** 16, 2 ** 32][info - 24]! || !Number.isSafeInteger(value)) throw new Error('not the shortest form')
    return value
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('ends early')
    return bytes.subarray(at, at += length)
  }
  const value = (): unknown => {
    const first = bytes[at++]
    if (first === undefined) throw new Error('ends early')
    if (first === 0xf6) return null
    if (first === 0xf4 || first === 0xf5) return first === 0xf5
    const size = argument(first & 31)
    switch (first >> 5) {
      case 0: return size
      case 2: return take(size)
      case 3: return take(size).toString('utf8')
      case 4: return Array.from({ length: size }, value)
      default: throw new Error(`major type ${first >> 5}`)
    }
  }
  const read = value()
  if (at !== bytes.length) throw new Error('bytes after the end')
  return read
}

const isUint = (value: unknown, min: number, max: number): value is number => typeof value === 'number' && value >= min && value <= max
const isBytes = (value: unknown, length: number): value is Buffer => value instanceof Buffer && value.length === length
const isPeriod = (value: unknown): value is number => value === 0 || (isUint(value, 197001, 999912) && value % 100 >= 1 && value % 100 <= 12)

/** Section 5: null for whatever is no envelope, or not signed. Does not judge the update. */
export function readEnvelope (bytes: Buffer): Envelope | null {
  try {
    if (bytes.length < 66) return null
    const end = 66 + bytes.readUInt16BE(64)
    if (end > 66 + 1024 || bytes.length < end) return null
    const encoded = bytes.subarray(66, end)
    const header = headerOf(readCbor(encoded))
    const update = bytes.subarray(end)
    if (header === null || update.length !== header.updateLength || sha256(update) !== header.updateHash) return null
    if (!isSigned(bytes.subarray(0, 64), encoded, Buffer.from(header.author, 'hex'))) return null
    return { header, hash: sha256(bytes.subarray(0, 64), encoded), update }
  } catch {
    return null
  }
}

function headerOf (fields: unknown): Header | null {
  if (!Array.isArray(fields) || fields.length !== 13) return null
  const [tag, community, period, author, part, device, seq, timeMs, kind, seen, stamp, updateLength, updateHash] = fields as unknown[]
  const pairs = seen as Array<[number, number]>
  const inOrder = Array.isArray(seen) && seen.length <= 16 && pairs.every((pair, n) => Array.isArray(pair) && pair.length === 2 &&
    isUint(pair[0], 1, 2 ** 32 - 1) && isUint(pair[1], 1, 2 ** 31 - 1) && (n === 0 || pair[0] > (pairs[n - 1]?.[0] ?? 0)))
  if (tag !== 'seedbed/envelope/1' || !isBytes(community, 32) || !isPeriod(period) || !isBytes(author, 32) || !isUint(part, 0, 255) ||
    !isUint(device, 1, 2 ** 32 - 1) || !isUint(seq, 1, 2 ** 31 - 1) || !isUint(timeMs, 1, Number.MAX_SAFE_INTEGER) || (kind !== 0 && kind !== 1) ||
    !inOrder || !(stamp instanceof Buffer) || stamp.length > 16 || !isUint(updateLength, 0, 262_144) || !isBytes(updateHash, 32)) return null
  if (kind === 0 ? pairs.length > 0 : new Map(pairs).get(device) !== seq) return null
  return {
    community: community.toString('hex'), period, author: author.toString('hex'), part, device, seq, timeMs, kind, seen: new Map(pairs),
    stamp: stamp.toString('hex'), updateLength, updateHash: updateHash.toString('hex')
  }
}

const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
/** y of the points whose order divides 8, without the sign. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n, 1n, P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303021653n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n
])

/** Section 1: encodings that are refused before any library is asked. */
export function isSigned (signature: Buffer, message: Buffer, key: Buffer): boolean {
  const number = (bytes: Buffer): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  const isPoint = (bytes: Buffer): boolean => {
    const y = number(bytes) & (2n ** 255n - 1n)
    return y < P && !SMALL_ORDER_Y.has(y)
  }
  if (key.length !== 32 || signature.length !== 64 || !isPoint(key) || !isPoint(signature.subarray(0, 32)) || number(signature.subarray(32)) >= L) return false
  return verify(null, message, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' }), signature)
}

/** Section 4: null for what is no genesis; otherwise the address. */
export function addressOf (bytes: Buffer): string | null {
  try {
    const length = bytes[0]
    if (bytes.length > 512 || (length !== 0 && length !== 64)) return null
    const payload = bytes.subarray(1 + length)
    const fields = readCbor(payload)
    if (!Array.isArray(fields) || fields.length !== 5) return null
    const [tag, founder, slug, difficulty, nonce] = fields as unknown[]
    if (tag !== 'seedbed/genesis/1' || typeof slug !== 'string' || !/^[a-z0-9][a-z0-9-]{0,39}$/.test(slug) || !isUint(difficulty, 0, 32) || !isBytes(nonce, 16)) return null
    if (founder === null ? length !== 0 : !isBytes(founder, 32) || length !== 64 || !isSigned(bytes.subarray(1, 65), payload, founder)) return null
    return sha256(bytes)
  } catch {
    return null
  }
}

const rank = ({ header: { seen } }: Envelope): number => [...seen.values()].reduce((sum, seq) => sum + seq, 0)
const byHash = (a: Envelope, b: Envelope): number => a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0

/** Section 8. */
export function reduce (envelopes: readonly Envelope[]): Envelope[] {
  const distinct = [...new Map(envelopes.map(envelope => [envelope.hash, envelope])).values()]
  const devices = new Set([...new Set(distinct.map(({ header }) => header.device))].sort((a, b) => a - b).slice(0, 16))
  const counted = distinct.filter(({ header }) => devices.has(header.device))
  const snapshots = counted.filter(({ header }) => header.kind === 1).sort((a, b) => rank(b) - rank(a) || byHash(b, a))
  const higher = (snapshot: Envelope): Envelope[] => snapshots.slice(0, snapshots.indexOf(snapshot))
  const isCovered = ({ header: { device, seq } }: Envelope, by: readonly Envelope[]): boolean => by.some(({ header }) => (header.seen.get(device) ?? 0) >= seq)
  const firstOf = (count: number) => (envelope: Envelope, n: number, list: readonly Envelope[]): boolean => list.slice(0, n).filter(({ header }) => header.device === envelope.header.device).length < count
  const keptSnapshots = snapshots.filter(snapshot => !isCovered(snapshot, higher(snapshot))).filter(firstOf(4))
  const deltas = counted.filter(envelope => envelope.header.kind === 0 && !isCovered(envelope, snapshots))
  const newest = deltas.sort((a, b) => b.header.seq - a.header.seq || byHash(b, a)).filter(firstOf(256))
  const ordered = [...keptSnapshots, ...newest.sort((a, b) => a.header.device - b.header.device || a.header.seq - b.header.seq || byHash(a, b))]
  let bytes = 0
  return ordered.filter(({ update }) => bytes + update.length <= 2 * 1024 * 1024 && (bytes += update.length) >= 0)
}

/** Section 9. */
export function digest (reduced: readonly Envelope[]): string {
  return reduced.length === 0 ? '00'.repeat(32) : sha256(...reduced.map(({ hash }) => Buffer.from(hash, 'hex')).sort(Buffer.compare))
}

/**
 * Section 8, the state, but for the bounds: `excess` is left out. Whether an update has all that it needs is asked of
 * Yjs: one that has not leaves something pending.
 */
export function stateOf (reduced: readonly Envelope[], excess: readonly string[], roots: readonly string[]): { waiting: string[], values: Map<string, Map<string, unknown>> } {
  const newDoc = (state?: Uint8Array): Y.Doc => {
    const doc = new Y.Doc()
    doc.clientID = 0
    if (state !== undefined) Y.applyUpdate(doc, state)
    return doc
  }
  let doc = newDoc()
  let waiting = reduced.filter(({ hash }) => !excess.includes(hash))
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length
    waiting = waiting.filter(({ update }) => {
      const next = newDoc(Y.encodeStateAsUpdate(doc))
      Y.applyUpdate(next, update)
      if (next.store.pendingStructs !== null || next.store.pendingDs !== null) return true
      doc = next
      return false
    })
  }
  const values = new Map(roots.map(root => [root, new Map<string, unknown>([...doc.getMap(root)])]))
  return { waiting: waiting.map(({ hash }) => hash), values }
}

const MEBIBYTE = 1024 * 1024
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
const isUpTo = (value: unknown, max: number): value is Buffer => value instanceof Buffer && value.length <= max

/** Section 13: null for what is no frame; otherwise its fields by name, bytes in hexadecimal. */
export function readFrame (bytes: Buffer): Record<string, unknown> | null {
  try {
    const [type, ...fields] = readCbor(bytes) as unknown[]
    return bytes.length > MEBIBYTE || !isUint(type, 0, 14) || fields.length !== [3, 2, 0, 0, 1, 3, 3, 1, 0, 2, 1, 3, 0, 3, 2][type] ? null : frameOf(type, fields)
  } catch {
    return null
  }
}

function frameOf (type: number, [a, b, c]: readonly unknown[]): Record<string, unknown> | null {
  const hex = (value: Buffer): string => value.toString('hex')
  switch (type) {
    case 0: return isBytes(a, 32) && isBoolean(b) && (c === null || isPeriod(c)) ? { type: 'hello', address: hex(a), hasGenesis: b, only: c } : null
    case 1: return (a === null || isUpTo(a, 512)) && isBoolean(b) ? { type: 'welcome', genesis: a === null ? null : hex(a), hasGenesis: b } : null
    case 2: return { type: 'unknown' }
    case 3: return { type: 'busy' }
    case 4: return isUpTo(a, 512) ? { type: 'genesis', genesis: hex(a) } : null
    case 5: {
      const shards = (a as unknown[][]).map(([period, digest, count, ...more]) => more.length === 0 && isPeriod(period) && isBytes(digest, 32) && isUint(count, 0, Number.MAX_SAFE_INTEGER) ? { period, digest: hex(digest), count } : null)
      const partial = c instanceof Buffer && c.length % 4 === 0 ? Array.from({ length: c.length / 4 }, (_, n) => c.readUInt32BE(4 * n)) : [-1]
      const ascends = partial.every((period, n) => isPeriod(period) && (n === 0 || period > (partial[n - 1] ?? 0)))
      return shards.length <= 1000 && !shards.includes(null) && isPeriod(b) && ascends ? { type: 'shards', shards, since: b, partial } : null
    }
    case 6: return isPeriod(a) && (b === null || isBytes(b, 16)) && isUpTo(c, MEBIBYTE / 2) ? { type: 'open', period: a, salt: b === null ? null : hex(b), message: hex(c) } : null
    case 7: return isUpTo(a, MEBIBYTE / 2) ? { type: 'reconcile', message: hex(a) } : null
    case 8: return { type: 'settled' }
    case 9: {
      const covers = isUpTo(b, 16_384) ? coversOf(b) : null
      return isHashes(a) && covers !== null ? { type: 'want', hashes: hashesOf(a), covers } : null
    }
    case 10: {
      const envelopes = a as unknown[]
      const isEnvelope = (value: unknown): boolean => value === null || value === true || isUpTo(value, 263_234)
      return envelopes.length >= 1 && envelopes.length <= 256 && envelopes.every(isEnvelope)
        ? { type: 'envelopes', envelopes: envelopes.map(value => value instanceof Buffer ? hex(value) : value === true ? 'covered' : null) }
        : null
    }
    case 11: return isPeriod(a) && isBytes(b, 32) && isBoolean(c) ? { type: 'digest', period: a, digest: hex(b), partial: c } : null
    case 12: return { type: 'bye' }
    case 13: return isBytes(a, 32) && isPeriod(b) && isHashes(c) ? { type: 'get', address: hex(a), period: b, hashes: hashesOf(c) } : null
    default: {
      if (!isUint(a, 0, MEBIBYTE) || !isUpTo(b, MEBIBYTE) || a <= b.length || a > b.length * 1032) return null
      const { buffer, engine } = inflateRawSync(b, { maxOutputLength: a, info: true }) as unknown as { buffer: Buffer, engine: { bytesWritten: number } }
      const inner = buffer.length === a && engine.bytesWritten === b.length ? readFrame(buffer) : null
      return inner?.['type'] === 'envelopes' && buffer[1] === 10 ? inner : null
    }
  }
}

const isHashes = (value: unknown): value is Buffer => isUpTo(value, 256 * 32) && value.length > 0 && value.length % 32 === 0
const hashesOf = (joined: Buffer): string[] => Array.from({ length: joined.length / 32 }, (_, n) => joined.subarray(32 * n, 32 * n + 32).toString('hex'))

function coversOf (bytes: Buffer): unknown[] | null {
  const covers: unknown[] = []
  let last = ''
  for (let at = 0; at < bytes.length;) {
    const name = bytes.subarray(at, at + 8).toString('hex')
    const count = bytes[at + 8] ?? 0
    const end = at + 9 + 8 * count
    if (name <= last || count < 1 || count > 16 || end > bytes.length) return null
    const seen = Array.from({ length: count }, (_, n) => [bytes.readUInt32BE(at + 9 + 8 * n), bytes.readUInt32BE(at + 13 + 8 * n)] as const)
    if (!seen.every(([device, seq], n) => device > (seen[n - 1]?.[0] ?? 0) && isUint(seq, 1, 2 ** 31 - 1))) return null
    covers.push({ author: name.slice(0, 14), part: bytes[at + 7], seen })
    last = name
    at = end
  }
  return covers
}

/** Section 13, an item of a reconciliation. */
export function itemOf ({ author, kind, hash }: { readonly author: string, readonly kind: number, readonly hash: string }): string {
  return `${author.slice(0, 14)}${kind === 1 ? '00' : '01'}${hash}`
}

/** Section 13, the fingerprint of items in hexadecimal. */
export function fingerprintOf (items: readonly string[], salt: string | null): string {
  const bits = salt === null ? 320n : 256n
  const numbers = items.map(item => BigInt(`0x${salt === null ? item : sha256(Buffer.from(salt, 'hex'), Buffer.from(item, 'hex'))}`))
  const sum = numbers.reduce((total, number) => total + number, 0n) % 2n ** bits
  const littleEndian = (value: bigint, length: number): Buffer => Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex').reverse()
  return sha256(littleEndian(sum, Number(bits / 8n)), littleEndian(BigInt(items.length), 4)).slice(0, 32)
}
