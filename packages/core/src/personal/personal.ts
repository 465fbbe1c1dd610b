// What only this author's own devices know: the interface of the personal document. Nothing here does work.
import type { AuthorId, CommunityAddress } from '@seedbed/crdt-index'
import type { PostId } from '../answers.ts'

/** A text that was begun. `key` is the caller's name of the place it was begun in, such as `post:ADDRESS` or `reply:ID`. */
export interface Draft {
  readonly key: string
  /** Null where the draft has no title. */
  readonly title: string | null
  readonly text: string
  readonly updatedAtMs: number
}

export interface Saved {
  readonly id: PostId
  readonly community: CommunityAddress
  readonly savedAtMs: number
}

/** How the devices of one author find each other. */
export interface PersonalSync {
  /**
   * `off`: no network, or no own or trusted seedbox is known; `unsupported`: this platform has no WebRTC; `searching`: no
   * other device is there; `connected`: at least one is; `full`: what another device sent would make the document
   * larger than 4 MiB, and nothing is exchanged until the next start.
   */
  readonly state: 'off' | 'unsupported' | 'searching' | 'connected' | 'full'
  /** Other devices that are connected now. */
  readonly devices: number
  /** URLs of the signalling points in use, all of them on own or trusted seedboxes. */
  readonly signalling: readonly string[]
}

export interface PersonalState {
  /** Joined on any device; this peer joins and leaves with it. */
  readonly communities: readonly CommunityAddress[]
  readonly follows: readonly AuthorId[]
  readonly mutes: readonly AuthorId[]
  /** Whose labels count in a community, where the author chose; elsewhere the founder's choice counts. */
  readonly moderators: Readonly<Record<CommunityAddress, readonly AuthorId[]>>
  /** Newest first. */
  readonly saved: readonly Saved[]
  /** Post id -> when it was last read, Unix milliseconds. */
  readonly read: Readonly<Record<PostId, number>>
  /** Newest first. */
  readonly drafts: readonly Draft[]
  readonly sync: PersonalSync
}

/**
 * One Yjs document that only the author's devices share, and that every one of them may write. Durable when a call
 * returns. Its lists are bounded; beyond that a call fails with USAGE, only the oldest read marks go by themselves.
 */
export interface Personal {
  /** The same object as long as nothing changed. */
  state (): PersonalState
  /** Errors: BAD_ID, USAGE, STORAGE_FAILED. */
  follow (author: string, on: boolean): Promise<void>
  /** What a muted author writes is no longer shown (`ReadPolicy.mutes`). Errors: BAD_ID, USAGE, STORAGE_FAILED. */
  mute (author: string, on: boolean): Promise<void>
  /**
   * From now on the labels of these authors count in a community, and nobody else's; null: those of whom the founder names
   * again. At most 100. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY, BAD_ID, USAGE, STORAGE_FAILED.
   */
  followModerators (community: string, authors: readonly string[] | null): Promise<void>
  /** Errors: BAD_ID, UNKNOWN_ID, USAGE, STORAGE_FAILED. */
  save (id: string, on: boolean): Promise<void>
  /** Notes that the post was read now. Errors: BAD_ID, STORAGE_FAILED. */
  markRead (id: string): Promise<void>
  /** Null, or an empty title and text, removes it. Errors: USAGE (a key or text out of bounds, or too many), STORAGE_FAILED. */
  setDraft (key: string, draft: { readonly title?: string | null, readonly text: string } | null): Promise<void>
}
