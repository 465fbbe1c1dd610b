// Keys of documents and envelopes: bytes, so that one range scan reads a document, a shard or a community in order.
//   community (32) || period (4) || author (32) || part (2), and behind it the envelope's hash (32)
import { bytesToHex, concatBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId, CommunityAddress, DocumentId, EnvelopeHash, Period } from '../model.ts'

const COMMUNITY_BYTES = 32
const PERIOD_AT = COMMUNITY_BYTES
const AUTHOR_AT = PERIOD_AT + 4
const PART_AT = AUTHOR_AT + 32
export const DOCUMENT_KEY_BYTES: number = PART_AT + 2
const HASH_BYTES = 32
const MAX_PERIOD = 2 ** 32 - 1

export function documentKey (document: DocumentId): Uint8Array {
  const key = new Uint8Array(DOCUMENT_KEY_BYTES)
  writeDocument(key, document)
  return key
}

export function envelopeKey (document: DocumentId, hash: EnvelopeHash): Uint8Array {
  const key = new Uint8Array(DOCUMENT_KEY_BYTES + HASH_BYTES)
  writeDocument(key, document)
  key.set(hexToBytes(hash), DOCUMENT_KEY_BYTES)
  return key
}

function writeDocument (key: Uint8Array, { community, period, author, part }: DocumentId): void {
  const view = new DataView(key.buffer)
  key.set(hexToBytes(community), 0)
  view.setUint32(PERIOD_AT, period)
  key.set(hexToBytes(author), AUTHOR_AT)
  view.setUint16(PART_AT, part)
}

/** Null for what is no such key. */
export function parseDocumentKey (key: Uint8Array): DocumentId | null {
  if (key.length !== DOCUMENT_KEY_BYTES) return null
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return {
    community: bytesToHex(key.subarray(0, PERIOD_AT)) as CommunityAddress,
    period: view.getUint32(PERIOD_AT),
    author: bytesToHex(key.subarray(AUTHOR_AT, PART_AT)) as AuthorId,
    part: view.getUint16(PART_AT)
  }
}

/** Null for what is no such key. */
export function parseEnvelopeKey (key: Uint8Array): { document: DocumentId, hash: EnvelopeHash } | null {
  if (key.length !== DOCUMENT_KEY_BYTES + HASH_BYTES) return null
  const document = parseDocumentKey(key.subarray(0, DOCUMENT_KEY_BYTES))
  return document === null ? null : { document, hash: bytesToHex(key.subarray(DOCUMENT_KEY_BYTES)) as EnvelopeHash }
}

interface KeyRange { readonly gte: Uint8Array, readonly lte: Uint8Array }

/** Everything below a prefix of an envelope's key. */
export function startingWith (prefix: Uint8Array): KeyRange {
  const lte = new Uint8Array(DOCUMENT_KEY_BYTES + HASH_BYTES + 1).fill(0xff)
  lte.set(prefix)
  return { gte: prefix, lte }
}

/** A community's envelopes of the periods from one to another, both included. */
export function periodRange (community: CommunityAddress, from: Period, to: Period = MAX_PERIOD): KeyRange {
  const prefix = (period: Period): Uint8Array => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, period)
    return concatBytes(hexToBytes(community), bytes)
  }
  return { gte: prefix(from), lte: startingWith(prefix(to)).lte }
}

/** A month's envelopes but for those of the authors, as ranges between theirs. */
export function rangesWithout ({ community, period }: Pick<DocumentId, 'community' | 'period'>, authors: readonly AuthorId[]): Array<{ readonly gte: Uint8Array, readonly lt: Uint8Array }> {
  const { gte: month, lte: end } = periodRange(community, period, period)
  const ranges: Array<{ gte: Uint8Array, lt: Uint8Array }> = []
  let from = month
  for (const author of [...new Set(authors)].sort()) {
    const prefix = concatBytes(month, hexToBytes(author))
    ranges.push({ gte: from, lt: prefix })
    from = startingWith(prefix).lte
  }
  return [...ranges, { gte: from, lt: end }]
}
