// What a caller of fetchMany says and gets.
import type { PeerFault } from '../errors.ts'
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { InfoHash } from '../torrent-ref.ts'

/** A verified body and the `id` of the candidate it came from, or that nobody delivered it. */
export type FetchManyResult =
  | { readonly infoHash: InfoHash, readonly body: Uint8Array, readonly from: string, readonly absent?: never }
  | { readonly infoHash: InfoHash, readonly absent: true, readonly body?: never, readonly from?: never }

export interface FetchManyOptions {
  /** One list for all bodies, or who may have which one. Earlier ones are asked first; an `id` is one peer. */
  readonly candidates: readonly FetchCandidate[] | ((infoHash: InfoHash) => readonly FetchCandidate[])
  /** Peers at a time. Default 4. Silent ones are given a second one beside them, up to twice as many. */
  readonly concurrency?: number
  /** Silence of a peer after which another one is asked for the same. Default 150. */
  readonly hedgeDelayMs?: number
  /** For all together, from the first call of `next`; what is missing then is absent. Default 15,000. */
  readonly timeoutMs?: number
  /** Ends all connections; the iteration throws `signal.reason`. */
  readonly signal?: AbortSignal
  /** Told what candidates did wrong. */
  readonly onFault?: (fault: PeerFault) => void
}
