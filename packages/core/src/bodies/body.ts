// What a body file says, before and after its signature was checked.
import type { AuthorId, CommunityAddress, ContentId } from '@seedbed/crdt-index'

interface CommonFields {
  readonly author: AuthorId
  readonly community: CommunityAddress
  /** Unix time in milliseconds, 1970 to 9999. */
  readonly createdMs: number
  /** An edited version: infohash of the first revision. */
  readonly revises?: ContentId
  /** 1 to 64,000 bytes of UTF-8 in the form that text.ts describes. */
  readonly text: string
}

export interface PostFields extends CommonFields {
  readonly kind: 'post'
  /** One line, 1 to 300 bytes of UTF-8. */
  readonly title: string
}

export interface CommentFields extends CommonFields {
  readonly kind: 'comment'
  /** Infohash of the post's first revision. */
  readonly root: ContentId
  /** Infohash of the first revision of what this answers: the post or another comment. */
  readonly parent: ContentId
}

export type BodyFields = PostFields | CommentFields

/** A canonical body file whose signature nobody has checked yet. */
export interface UnverifiedBody {
  readonly state: 'unverified'
  readonly fields: BodyFields
  /** ed25519, 64 bytes. */
  readonly signature: Uint8Array
  /** The file as received; never encoded again. */
  readonly bytes: Uint8Array
}

/** Makes an ed25519 signature (RFC 8032), 64 bytes, with the author's key. */
export type Sign = (bytes: Uint8Array) => Uint8Array
/** Checks an ed25519 signature (RFC 8032); never throws. */
export type VerifySignature = (signature: Uint8Array, bytes: Uint8Array, publicKey: Uint8Array) => boolean
/** The same, beside this thread where the platform does it so. */
export type CheckSignature = (...signed: Parameters<VerifySignature>) => boolean | Promise<boolean>
