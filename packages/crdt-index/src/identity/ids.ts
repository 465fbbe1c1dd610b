import { platform } from '#platform'
import { CrdtIndexError } from '../errors.ts'
import { MAX_KNOWN_TOPICS } from '../limits.ts'
import type { AuthorId, CommunityAddress, ContentId, EnvelopeHash, ItemId } from '../model.ts'
import { bytesToBase64url, bytesToHex, concatBytes, decodeBase64url, decodeHex, hexToBytes } from './encoding.ts'
import { sha256 } from './sha256.ts'

export const KEY_BYTES = 32
export const CONTENT_ID_BYTES = 20
export const ITEM_BYTES = 20

/** An author's ed25519 public key as 64 lowercase hex characters. Throws BAD_ID. */
export function parseAuthorId (text: string): AuthorId {
  return parseHex(text, KEY_BYTES, 'BAD_ID', 'an author id') as AuthorId
}

/** A community's address as 64 lowercase hex characters. Throws BAD_ADDRESS. */
export function parseCommunityAddress (text: string): CommunityAddress {
  return parseHex(text, KEY_BYTES, 'BAD_ADDRESS', 'a community address') as CommunityAddress
}

/** A content id (for Seedbed an infohash) as 40 lowercase hex characters. Throws BAD_ID. */
export function parseContentId (text: string): ContentId {
  return parseHex(text, CONTENT_ID_BYTES, 'BAD_ID', 'a content id') as ContentId
}

/** An envelope's hash as 64 lowercase hex characters. Throws BAD_ID. */
export function parseEnvelopeHash (text: string): EnvelopeHash {
  return parseHex(text, KEY_BYTES, 'BAD_ID', 'an envelope hash') as EnvelopeHash
}

/** An item id as 27 base64url characters. Throws BAD_ID. */
export function parseItemId (text: string): ItemId {
  const bytes = typeof text === 'string' && text.length === 27 ? decodeBase64url(text) : null
  if (bytes === null) throw new CrdtIndexError('BAD_ID', 'an item id is 27 base64url characters')
  return text as ItemId
}

function parseHex (text: string, byteLength: number, code: 'BAD_ID' | 'BAD_ADDRESS', what: string): string {
  if (typeof text !== 'string' || text.length !== 2 * byteLength || decodeHex(text) === null) {
    throw new CrdtIndexError(code, `${what} is ${2 * byteLength} lowercase hex characters`)
  }
  return text
}

/**
 * The item that an author's content is: sha256(author key || content id) cut to 20 bytes. Votes, parents, edits
 * and labels name items, so nobody inherits votes by listing somebody else's content.
 */
export function itemIdOf (author: AuthorId, contentId: ContentId): ItemId {
  return itemIdOfBytes(sha256(concatBytes(hexToBytes(author), hexToBytes(contentId))).subarray(0, ITEM_BYTES))
}

/** The 20 bytes of an item id. */
export function bytesOfItemId (item: ItemId): Uint8Array {
  const bytes = decodeBase64url(item)
  if (bytes?.length !== ITEM_BYTES) throw new CrdtIndexError('BAD_ID', 'an item id that no parser made')
  return bytes
}

export function authorIdOfBytes (bytes: Uint8Array): AuthorId {
  return hexIdOf(bytes, KEY_BYTES) as AuthorId
}

export function communityAddressOfBytes (bytes: Uint8Array): CommunityAddress {
  return hexIdOf(bytes, KEY_BYTES) as CommunityAddress
}

export function contentIdOfBytes (bytes: Uint8Array): ContentId {
  return hexIdOf(bytes, CONTENT_ID_BYTES) as ContentId
}

export function envelopeHashOfBytes (bytes: Uint8Array): EnvelopeHash {
  return hexIdOf(bytes, KEY_BYTES) as EnvelopeHash
}

export function itemIdOfBytes (bytes: Uint8Array): ItemId {
  if (bytes.length !== ITEM_BYTES) throw new CrdtIndexError('BAD_ID', `an item id is ${ITEM_BYTES} bytes`)
  return bytesToBase64url(bytes) as ItemId
}

function hexIdOf (bytes: Uint8Array, byteLength: number): string {
  if (bytes.length !== byteLength) throw new CrdtIndexError('BAD_ID', `this id is ${byteLength} bytes, not ${bytes.length}`)
  return bytesToHex(bytes)
}

/**
 * The gossip topic of a community. The discovery key is a keyed hash of the address, so whoever sees a topic
 * without knowing the community does not learn its address.
 */
export function topicOf (address: CommunityAddress): string {
  const known = topics.get(address)
  if (known !== undefined) return known
  const topic = `/seedbed/1/${bytesToHex(platform.discoveryKey(hexToBytes(address)))}`
  if (topics.size >= MAX_KNOWN_TOPICS) topics.clear()
  topics.set(address, topic)
  return topic
}

/** It is asked for with every answer, and in a page the hash is JavaScript. */
const topics = new Map<CommunityAddress, string>()
