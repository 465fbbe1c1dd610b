// One envelope on the wire and on disk:
//   signature (64) || header length (uint16, big-endian) || header (DAG-CBOR) || update (Yjs V1)
// The signature covers the header alone, and the header commits to the update by length and sha256. So the first
// three fields can be verified without the update: that is how a large envelope is announced before it is pulled.
import { CrdtIndexError } from '../errors.ts'
import { concatBytes, hexToBytes } from '../identity/encoding.ts'
import { envelopeHashOfBytes } from '../identity/ids.ts'
import { checkSignature, verifySignature, type Signer } from '../identity/keys.ts'
import { sha256 } from '../identity/sha256.ts'
import { MAX_ENVELOPE_BYTES, MAX_HEADER_BYTES, MAX_UPDATE_BYTES, SIGNATURE_BYTES } from '../limits.ts'
import type { EnvelopeHash, EnvelopeHeader, UnverifiedEnvelope } from '../model.ts'
import type { SignedBytes } from '../platform/platform.ts'
import { decodeHeader, decodePlace, encodeHeader, type HeaderPlace } from './header.ts'

const LENGTH_BYTES = 2
const HEADER_AT = SIGNATURE_BYTES + LENGTH_BYTES

/** What a writer decides about an envelope; the rest follows from the update and the signer. */
export type EnvelopeFields = Omit<EnvelopeHeader, 'author' | 'updateLength' | 'updateHash'>

/** A header whose signature holds; its update is not here. */
export interface Announcement {
  readonly header: EnvelopeHeader
  readonly hash: EnvelopeHash
  /** signature || header length || header, as received. */
  readonly bytes: Uint8Array
}

/** Signs an update. Throws BAD_ENVELOPE for a field out of its bounds or an update over 256 KiB. */
export function encodeEnvelope (fields: EnvelopeFields, update: Uint8Array, signer: Signer): UnverifiedEnvelope {
  if (update.length > MAX_UPDATE_BYTES) throw bad(`update over ${MAX_UPDATE_BYTES} bytes`)
  const header = encodeHeader({ ...fields, author: signer.author, updateLength: update.length, updateHash: sha256(update) })
  const length = Uint8Array.of(header.length >> 8, header.length & 255)
  return decodeEnvelope(concatBytes(signer.sign(header), length, header, update))
}

/**
 * Splits an envelope and reads its header, all lengths bounded first; checks neither signature nor update. Keeps
 * views of `bytes`. Throws BAD_ENVELOPE.
 */
export function decodeEnvelope (bytes: Uint8Array): UnverifiedEnvelope {
  if (bytes.length > MAX_ENVELOPE_BYTES) throw bad(`over ${MAX_ENVELOPE_BYTES} bytes`)
  const { header, hash, end } = decodeSigned(bytes)
  if (bytes.length !== end + header.updateLength) throw bad('update length')
  return { state: 'unverified', header, hash, bytes, update: bytes.subarray(end) }
}

/**
 * What an envelope can be asked for by, at a third of what reading it takes: whoever takes it in reads it anyway. Throws
 * BAD_ENVELOPE where so much of it is not there.
 */
export function placeOfEnvelope (bytes: Uint8Array): HeaderPlace & { readonly hash: Uint8Array } {
  const { encoded, hash } = splitSigned(bytes)
  return { ...decodePlace(encoded), hash }
}

/** The announcement of an envelope: its bytes up to the update. */
export function announcementOf (envelope: Pick<UnverifiedEnvelope, 'bytes' | 'update'>): Uint8Array {
  return envelope.bytes.subarray(0, envelope.bytes.length - envelope.update.length)
}

/**
 * Reads an announcement and checks its signature, so a peer knows what it is asked to pull, from whom and how long,
 * before it does. Throws BAD_ENVELOPE, or BAD_SIGNATURE where the author did not sign the header.
 */
export function decodeAnnouncement (bytes: Uint8Array): Announcement {
  const announcement = splitAnnouncement(bytes)
  const { signature, bytes: signed, publicKey } = signedHeader(announcement)
  return signedOrThrow(announcement, verifySignature(signature, signed, publicKey))
}

/** The same the quickest way that the platform has; rejects or throws. */
export function checkAnnouncement (bytes: Uint8Array): Announcement | Promise<Announcement> {
  const announcement = splitAnnouncement(bytes)
  const { signature, bytes: signed, publicKey } = signedHeader(announcement)
  const valid = checkSignature(signature, signed, publicKey)
  return valid instanceof Promise ? valid.then(verdict => signedOrThrow(announcement, verdict)) : signedOrThrow(announcement, valid)
}

/** What the author that the header names must have signed, and the signature that says so. */
export function signedHeader ({ header, bytes }: { readonly header: EnvelopeHeader, readonly bytes: Uint8Array }): SignedBytes {
  return { signature: bytes.subarray(0, SIGNATURE_BYTES), bytes: bytes.subarray(HEADER_AT, headerEnd(bytes)), publicKey: hexToBytes(header.author) }
}

function splitAnnouncement (bytes: Uint8Array): Announcement {
  const { header, hash, end } = decodeSigned(bytes)
  if (bytes.length !== end) throw bad('announcement length')
  return { header, hash, bytes }
}

function signedOrThrow (announcement: Announcement, valid: boolean): Announcement {
  if (!valid) throw new CrdtIndexError('BAD_SIGNATURE', 'announcement: signature')
  return announcement
}

function headerEnd (bytes: Uint8Array): number {
  return HEADER_AT + ((bytes[SIGNATURE_BYTES] ?? 0) << 8 | (bytes[SIGNATURE_BYTES + 1] ?? 0))
}

function decodeSigned (bytes: Uint8Array): { header: EnvelopeHeader, hash: EnvelopeHash, end: number } {
  const { encoded, hash, end } = splitSigned(bytes)
  return { header: decodeHeader(encoded), hash: envelopeHashOfBytes(hash), end }
}

/** The header's bytes, bounded; the envelope's hash; and where the update begins. */
function splitSigned (bytes: Uint8Array): { encoded: Uint8Array, hash: Uint8Array, end: number } {
  const end = headerEnd(bytes)
  if (end > HEADER_AT + MAX_HEADER_BYTES) throw bad(`header over ${MAX_HEADER_BYTES} bytes`)
  if (bytes.length < end) throw bad('too short')
  const encoded = bytes.subarray(HEADER_AT, end)
  return { encoded, hash: sha256(concatBytes(bytes.subarray(0, SIGNATURE_BYTES), encoded)), end }
}

function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_ENVELOPE', `envelope: ${what}`)
}
