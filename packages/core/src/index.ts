export { createIdentity, createNode, readIdentity } from './lazy.ts'
export { SEEDBED_ERROR_MEANINGS, SeedbedError, SeedbedErrorCode } from './errors.ts'
export type {
  CallOptions, Community, CommunityStatus, FeedPage, FeedPost, FeedQuery, NodeEvents, NodeStatus, PeerInfo, PostId, Profile, Published, Revised, RevisionInfo, SeedbedNode, ShardStatus, Thread, ThreadNode, VoteResult, VoteValue
} from './node.ts'
export type { Logger, NetworkOptions, NodeOptions, TorrentOptions } from './options.ts'
export { parseBody, serialiseBody, signedBytes } from './bodies/body-file.ts'
export type { BodyFields, CommentFields, PostFields, Sign, UnverifiedBody, VerifySignature } from './bodies/body.ts'
export { verifyBody } from './bodies/verify-body.ts'
export type { VerifiedBody } from './bodies/verify-body.ts'
export { normaliseText, normaliseTitle } from './bodies/text.ts'
export type { Identity } from './identity/key-file.ts'
export { authorSeed, createPhrase, parsePhrase } from './identity/phrase.ts'
export type { AuthorId, CommunityAddress, ContentId, FeedSort, FeedWindow } from '@seedbed/crdt-index'
