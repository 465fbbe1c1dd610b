// What the actions and queries of one node work with.
import type { AuthorWriter, CrdtIndex, Signer } from '@seedbed/crdt-index'
import type { TorrentStore } from '@seedbed/torrent-store'
import type { BodyEvents } from './bodies/body-events.ts'
import type { FirstRevisions } from './bodies/first-revision.ts'
import type { Library } from './bodies/library.ts'
import type { RecentRevisions } from './bodies/recent-revisions.ts'
import type { Verdicts } from './bodies/verdicts.ts'
import type { Pins } from './retention/pins.ts'
import type { SeedCounts } from './retention/seed-counts.ts'
import type { IceServer } from './options.ts'
import type { SeedboxRegistry } from './seedboxes/create-seedboxes.ts'

export interface NodeParts {
  readonly signer: Signer
  readonly index: CrdtIndex
  readonly writer: AuthorWriter
  readonly torrents: TorrentStore
  readonly library: Library
  /** Tells the rightful listing of an id from borrowed ones. */
  readonly firsts: FirstRevisions
  readonly verdicts: Verdicts
  readonly recent: RecentRevisions
  readonly bodyEvents: BodyEvents
  readonly pins: Pins
  readonly seedCounts: SeedCounts
  readonly clock: () => number
  /** The author's ed25519 seed, 32 bytes: other secrets that all devices of the author share are derived from it. */
  readonly seed: Uint8Array
  /** Signalling points and trackers of the known seedboxes. */
  readonly rendezvous: SeedboxRegistry
  /** STUN and TURN servers for WebRTC; usually none. */
  readonly iceServers: readonly IceServer[]
  /** Who is connected, or which seedboxes are known, changed. Returns the function that ends the subscription. */
  onNetwork (listener: () => void): () => void
  /** Whether anybody can fetch from this node: it has a network or a BitTorrent listener. */
  readonly serves: boolean
  /** `host:port` of the BitTorrent listener for magnet links; none when it is not reachable under a known name. */
  magnetPeers (): readonly string[]
}
