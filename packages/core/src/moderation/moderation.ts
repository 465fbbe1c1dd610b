// What moderators, and the reader's own choices, do to what is shown. Nothing here does work. It decides views alone:
// storage, relay and totals know nothing of it, and anybody may look behind it.
import type { AuthorId, CommunityAddress, Treatment, WeightOf } from '@seedbed/crdt-index'
import type { CallOptions } from '../node.ts'
import type { PostId, Profile } from '../answers.ts'

/**
 * How a query treats what was labelled, and what muted authors wrote. Plain data; equal sets of envelopes and equal
 * policies give equal pages on every peer. What is absent is as this author chose for all their devices
 * (`personal.mute`, `personal.followModerators`) or, without a choice, as the community's founder says. What this author
 * wrote is folded at most, whatever it was labelled.
 */
export interface ReadPolicy {
  /** Whose labels count, author keys, at most 100; in every community that the query is about. */
  readonly moderators?: readonly string[]
  /** What a label leads to, by its name, at most 100. Of others: `remove` and `spam` hide, any other one folds. */
  readonly treatments?: Readonly<Record<string, Treatment>>
  /** What becomes of what muted authors wrote. Default 'hide'. */
  readonly mutes?: Treatment
  /** The strictest that is done: 'fold' leaves nothing out, 'show' looks behind everything. Labels are told all the same. Default 'hide'. */
  readonly atMost?: Treatment
}

/** How a reader wants to see things. */
export interface ReadingOptions {
  readonly policy?: ReadPolicy
  /**
   * What votes weigh in orders; null: all alike. Default: that of the node's options. A function is made once and not for
   * each query, because totals are kept for it; it cannot be sent to a peer that runs in a worker (USAGE there).
   */
  readonly weightOf?: WeightOf | null
}

/** A label on a post or comment, with who gave it and why. */
export interface AppliedLabel {
  readonly author: AuthorId
  readonly label: string
  /** Empty: none was given. */
  readonly reason: string
  /** As its author says, in whole seconds. */
  readonly labelledAtMs: number
  readonly profile: Profile
}

/** What a reader is shown of an item, and why. */
export interface Moderated {
  /** `fold`: its place, and its text on request. `hide`: a gap; its text is not fetched. */
  readonly treatment: Treatment
  /** Of the moderators that count, newest first, whatever they led to. */
  readonly labels: readonly AppliedLabel[]
  /** Whether this author muted who wrote it. */
  readonly muted: boolean
}

export interface ListedLabel extends AppliedLabel {
  /** Whether it is of a moderator that this author follows. */
  readonly counts: boolean
}

export interface Labelled {
  readonly id: PostId
  readonly community: CommunityAddress
  /** Null: taken back. */
  readonly label: string | null
  readonly reason: string
  /** Whether everybody who chose no other moderators sees it applied: its author is the founder or one of the founder's moderators. */
  readonly byDefault: boolean
  /** What it leads to for who follows its author and chose nothing else. */
  readonly treatment: Treatment
}

export interface Labels {
  /**
   * Signs a label: what this author calls a post or comment, and why. Anybody may; whose labels count is each reader's
   * choice, by default those of the founder and the founder's moderators. Another one of this author is replaced.
   * `label`: 1 to 64 bytes, in lower case; `reason`: one line of at most 300 bytes. `timeoutMs` as in `comments.create`.
   * Errors: BAD_ID, UNKNOWN_ID, DELETED, USAGE, TEXT_NOT_UTF8, BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED.
   */
  set (options: { id: string, label: string, reason?: string, timeoutMs?: number } & CallOptions): Promise<Labelled>
  /** Takes this author's label back; without one nothing happens. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED. */
  clear (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<Labelled>
  /** Everybody's, newest first, at most 1,000: for who looks behind a policy. Errors: BAD_ID, UNKNOWN_ID, BODY_UNAVAILABLE, BODY_MISMATCH. */
  list (id: string, options?: { timeoutMs?: number } & CallOptions): Promise<readonly ListedLabel[]>
}

export interface Moderator {
  readonly author: AuthorId
  readonly profile: Profile
  /** `chosen`: only this author follows them. */
  readonly role: 'founder' | 'moderator' | 'chosen'
  /** Whether their labels count for this author. */
  readonly followed: boolean
}

export interface ModeratorList {
  readonly community: CommunityAddress
  /** The founder first, then those whom the founder names, then those whom only this author follows. */
  readonly items: readonly Moderator[]
  /** Whether this author follows moderators of their own choice instead of the founder's. */
  readonly chosen: boolean
}

export interface Moderators {
  /** Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY. */
  list (community: string): ModeratorList
  /**
   * Names a moderator, whose labels count from then on for all who chose no other moderators. Only the founder's word has
   * an effect, so nobody else can sign it. Errors: UNKNOWN_COMMUNITY, AMBIGUOUS_COMMUNITY, BAD_ID, NOT_FOUNDER, USAGE, STORAGE_FAILED.
   */
  appoint (options: { community: string, author: string } & CallOptions): Promise<ModeratorList>
  /** Takes it back; what they labelled counts no more by default. Errors as `appoint`. */
  dismiss (options: { community: string, author: string } & CallOptions): Promise<ModeratorList>
}

/** A proof that an author's key signed two pasts: two copies of a device's data were both written to, or the key is in two hands. */
export interface EquivocationProof {
  readonly community: CommunityAddress
  /** yyyymm, or 0 for what says who is who. */
  readonly period: number
  readonly author: AuthorId
  readonly profile: Profile
  /** The author's document, device and number of the first of both envelopes. */
  readonly part: number
  readonly device: number
  readonly seq: number
  /** `sequence`: two envelopes have one number. `clock`: one place of the document has two contents. */
  readonly kind: 'sequence' | 'clock'
  /** By this device's clock. */
  readonly firstSeenAtMs: number
  /** A device of this data folder signed one of them: it was restored from a backup, or copied and both were used. */
  readonly isOwn: boolean
  /** Both signed envelopes as received; anybody can check them. */
  readonly envelopes: readonly [Uint8Array, Uint8Array]
}
