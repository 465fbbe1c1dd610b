// A second reader of the formats, written from SPEC.md alone: it imports nothing of the package, only Node's crypto and,
// for what SPEC.md leaves to it, Yjs. What two readers of one document agree on is what the document says.
import { createHash, createPublicKey, verify } from 'node:crypto'
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
