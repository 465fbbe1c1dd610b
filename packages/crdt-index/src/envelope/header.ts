// The signed part of an envelope, as a canonical DAG-CBOR array:
//   ['seedbed/envelope/1', community, period, author, part, device, seq, timeMs, kind, seen, stamp, updateLength, updateHash]
// with `seen` as [[device, seq] ...] by ascending device. The first element keeps a signature of an envelope from
// passing for anything else that the same key signs.
import { decode, encode } from '@ipld/dag-cbor'
import { CrdtIndexError } from '../errors.ts'
import { equalBytes, hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, communityAddressOfBytes, KEY_BYTES } from '../identity/ids.ts'
import { isPeriod } from '../identity/period.ts'
import { MAX_DEVICE, MAX_DEVICES, MAX_HEADER_BYTES, MAX_PARTS, MAX_SEQ, MAX_STAMP_BYTES, MAX_UPDATE_BYTES } from '../limits.ts'
import { EnvelopeKind, type EnvelopeHeader } from '../model.ts'

const DOMAIN = 'seedbed/envelope/1'
const HASH_BYTES = 32

/** Canonical bytes of a header. Throws BAD_ENVELOPE for a field out of its bounds. */
export function encodeHeader (header: EnvelopeHeader): Uint8Array {
  const bytes = serialize(header)
  decodeHeader(bytes)
  return bytes
}

function serialize (header: EnvelopeHeader): Uint8Array {
  return encode([
    DOMAIN, hexToBytes(header.community), header.period, hexToBytes(header.author), header.part, header.device, header.seq, header.timeMs,
    header.kind, [...header.seen].sort(([a], [b]) => a - b), header.stamp, header.updateLength, header.updateHash
  ])
}

/** Reads a header of at most 1,024 bytes. Throws BAD_ENVELOPE for what is not canonical or out of bounds. */
export function decodeHeader (bytes: Uint8Array): EnvelopeHeader {
  if (bytes.length > MAX_HEADER_BYTES) throw bad(`header over ${MAX_HEADER_BYTES} bytes`)
  let value: unknown
  try {
    value = decode(bytes)
  } catch (cause) {
    throw bad('header is not DAG-CBOR', { cause })
  }
  if (!Array.isArray(value) || value.length !== 13) throw bad('header shape')
  const [domain, community, period, author, part, device, seq, timeMs, kind, seen, stamp, updateLength, updateHash] = value as unknown[]
  if (domain !== DOMAIN) throw bad('domain tag')
  if (!isPeriod(period)) throw bad('period')
  if (kind !== EnvelopeKind.delta && kind !== EnvelopeKind.snapshot) throw bad('kind')
  const header: EnvelopeHeader = {
    community: communityAddressOfBytes(bytesOf(community, KEY_BYTES, 'community')),
    period,
    author: authorIdOfBytes(bytesOf(author, KEY_BYTES, 'author')),
    part: uint(part, 0, MAX_PARTS - 1, 'part'),
    device: uint(device, 1, MAX_DEVICE, 'device'),
    seq: uint(seq, 1, MAX_SEQ, 'seq'),
    timeMs: uint(timeMs, 1, Number.MAX_SAFE_INTEGER, 'time'),
    kind,
    seen: seenOf(seen),
    stamp: stampOf(stamp),
    updateLength: uint(updateLength, 0, MAX_UPDATE_BYTES, 'update length'),
    updateHash: bytesOf(updateHash, HASH_BYTES, 'update hash')
  }
  if (kind === EnvelopeKind.delta ? header.seen.size !== 0 : header.seen.get(header.device) !== header.seq) throw bad('seen')
  // Catches every second spelling at once: long integers, floats, unsorted `seen`, trailing bytes.
  if (!equalBytes(serialize(header), bytes)) throw bad('header is not canonical')
  return header
}

function uint (value: unknown, min: number, max: number, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) throw bad(what)
  return value
}

function bytesOf (value: unknown, length: number, what: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw bad(what)
  return value
}

function stampOf (value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length > MAX_STAMP_BYTES) throw bad('stamp')
  return value
}

function seenOf (value: unknown): Map<number, number> {
  if (!Array.isArray(value) || value.length > MAX_DEVICES) throw bad('seen')
  return new Map(value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw bad('seen')
    return [uint(pair[0], 1, MAX_DEVICE, 'seen device'), uint(pair[1], 1, MAX_SEQ, 'seen seq')]
  }))
}

function bad (what: string, options?: ErrorOptions): CrdtIndexError {
  return new CrdtIndexError('BAD_ENVELOPE', `envelope: ${what}`, options)
}
