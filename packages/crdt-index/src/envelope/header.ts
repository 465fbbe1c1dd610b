// The signed part of an envelope, as a canonical DAG-CBOR array:
//   ['seedbed/envelope/1', community, period, author, part, device, seq, timeMs, kind, seen, stamp, updateLength, updateHash]
// with `seen` as [[device, seq] ...] by ascending device. The first element keeps a signature of an envelope from
// passing for anything else that the same key signs.
import { encode } from '@ipld/dag-cbor'
import { singleMap } from '../documents/single-map.ts'
import { CrdtIndexError } from '../errors.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, communityAddressOfBytes, KEY_BYTES } from '../identity/ids.ts'
import { isPeriod } from '../identity/period.ts'
import { MAX_DEVICE, MAX_DEVICES, MAX_HEADER_BYTES, MAX_PARTS, MAX_SEQ, MAX_STAMP_BYTES, MAX_UPDATE_BYTES } from '../limits.ts'
import { EnvelopeKind, type EnvelopeHeader } from '../model.ts'

const DOMAIN = 'seedbed/envelope/1'
const FIELDS = 13
/** The heads of the list and of the domain tag, and the tag. */
const PREFIX: Uint8Array = Uint8Array.of(0x80 + FIELDS, 0x60 + DOMAIN.length, ...new TextEncoder().encode(DOMAIN))
const HASH_BYTES = 32
const MAX_PERIOD = 999_912
const NOTHING_SEEN: ReadonlyMap<number, number> = new Map()
/** By the width of a number, 1, 2, 4 and 8 bytes: smaller ones have a shorter form. */
const SHORTEST = [24, 0x100, 0x1_0000, 0x1_0000_0000]

/** Canonical bytes of a header. Throws BAD_ENVELOPE for a field out of its bounds. */
export function encodeHeader (header: EnvelopeHeader): Uint8Array {
  const bytes = encode([
    DOMAIN, hexToBytes(header.community), header.period, hexToBytes(header.author), header.part, header.device, header.seq, header.timeMs,
    header.kind, [...header.seen].sort(([a], [b]) => a - b), header.stamp, header.updateLength, header.updateHash
  ])
  decodeHeader(bytes)
  return bytes
}

/**
 * Reads a header of at most 1,024 bytes. There is one spelling of each, so what is read is compared with it as it goes:
 * long integers, floats, unsorted `seen` and trailing bytes are refused where they stand. Throws BAD_ENVELOPE.
 */
export function decodeHeader (bytes: Uint8Array): EnvelopeHeader {
  if (bytes.length > MAX_HEADER_BYTES) throw bad(`header over ${MAX_HEADER_BYTES} bytes`)
  const reader = new CanonicalReader(bytes)
  reader.constant(PREFIX, 'header shape or domain tag')
  const community = communityAddressOfBytes(reader.bytes(KEY_BYTES, KEY_BYTES, 'community'))
  const period = reader.uint(0, MAX_PERIOD, 'period')
  if (!isPeriod(period)) throw bad('period')
  const header: EnvelopeHeader = {
    community,
    period,
    author: authorIdOfBytes(reader.bytes(KEY_BYTES, KEY_BYTES, 'author')),
    part: reader.uint(0, MAX_PARTS - 1, 'part'),
    device: reader.uint(1, MAX_DEVICE, 'device'),
    seq: reader.uint(1, MAX_SEQ, 'seq'),
    timeMs: reader.uint(1, Number.MAX_SAFE_INTEGER, 'time'),
    kind: reader.uint(EnvelopeKind.delta, EnvelopeKind.snapshot, 'kind') as EnvelopeKind,
    seen: readSeen(reader),
    stamp: reader.bytes(0, MAX_STAMP_BYTES, 'stamp').slice(), // kept for long, unlike the envelope
    updateLength: reader.uint(0, MAX_UPDATE_BYTES, 'update length'),
    updateHash: reader.bytes(HASH_BYTES, HASH_BYTES, 'update hash')
  }
  if (!reader.atEnd) throw bad('bytes after the header')
  if (header.kind === EnvelopeKind.delta ? header.seen.size !== 0 : header.seen.get(header.device) !== header.seq) throw bad('seen')
  return header
}

/** Where an envelope lies by its header. */
export interface HeaderPlace {
  readonly period: number
  /** A view of the 32 bytes. */
  readonly author: Uint8Array
  readonly part: number
  readonly kind: EnvelopeKind
}

/** The same of a header whose other fields nobody asks for; what stands behind the kind is not looked at. Throws BAD_ENVELOPE. */
export function decodePlace (bytes: Uint8Array): HeaderPlace {
  const reader = new CanonicalReader(bytes)
  reader.constant(PREFIX, 'header shape or domain tag')
  reader.bytes(KEY_BYTES, KEY_BYTES, 'community')
  const period = reader.uint(0, MAX_PERIOD, 'period')
  const author = reader.bytes(KEY_BYTES, KEY_BYTES, 'author')
  const part = reader.uint(0, Number.MAX_SAFE_INTEGER, 'part')
  for (const what of ['device', 'seq', 'time']) reader.uint(0, Number.MAX_SAFE_INTEGER, what)
  return { period, author, part, kind: reader.uint(EnvelopeKind.delta, EnvelopeKind.snapshot, 'kind') as EnvelopeKind }
}

/** Kept as long as the envelope counts, so that of most devices and authors one small map or none is made. */
function readSeen (reader: CanonicalReader): ReadonlyMap<number, number> {
  const count = reader.list(MAX_DEVICES, 'seen')
  if (count === 0) return NOTHING_SEEN
  const seen = new Map<number, number>()
  let last = 0
  for (let left = count; left > 0; left--) {
    if (reader.list(2, 'seen') !== 2) throw bad('seen')
    last = reader.uint(last + 1, MAX_DEVICE, 'seen device')
    const seq = reader.uint(1, MAX_SEQ, 'seen seq')
    if (count === 1) return singleMap(last, seq)
    seen.set(last, seq)
  }
  return seen
}

// Major types of CBOR, in the upper three bits of an item's first byte (RFC 8949 §3.1).
const UINT = 0
const BYTES = 2
const LIST = 4

/** Reads the few kinds of DAG-CBOR items that a header has, each in its shortest form (RFC 8949 §4.2.1). */
class CanonicalReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor (bytes: Uint8Array) { this.#bytes = bytes }

  get atEnd (): boolean { return this.#at === this.#bytes.length }

  constant (expected: Uint8Array, what: string): void {
    for (const byte of expected) if (this.#bytes[this.#at++] !== byte) throw bad(what)
  }

  uint (min: number, max: number, what: string): number {
    const value = this.#head(UINT, what)
    if (value < min || value > max) throw bad(what)
    return value
  }

  /** A view of the bytes. */
  bytes (min: number, max: number, what: string): Uint8Array {
    const length = this.#head(BYTES, what)
    const from = this.#at
    if (length < min || length > max || from + length > this.#bytes.length) throw bad(what)
    return this.#bytes.subarray(from, this.#at = from + length)
  }

  /** The length of a list; its items follow. */
  list (max: number, what: string): number {
    const length = this.#head(LIST, what)
    if (length > max) throw bad(what)
    return length
  }

  #head (major: number, what: string): number {
    const first = this.#bytes[this.#at++] ?? -1
    if (first >> 5 !== major) throw bad(what)
    const short = first & 31
    if (short < 24) return short
    if (short > 27) throw bad(what)
    const length = 1 << (short - 24)
    if (this.#at + length > this.#bytes.length) throw bad(what)
    let value = 0
    for (let i = 0; i < length; i++) value = value * 256 + (this.#bytes[this.#at++] ?? 0)
    if (value < SHORTEST[short - 24]! || value > Number.MAX_SAFE_INTEGER) throw bad(what)
    return value
  }
}

function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_ENVELOPE', `envelope: ${what}`)
}
