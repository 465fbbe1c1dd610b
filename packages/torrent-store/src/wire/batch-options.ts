// What a caller of fetchMany says and gets.
import type { PeerFault } from '../errors.ts'
import type { CandidateSource, FetchCandidate } from '../hedged-fetch.ts'
import type { InfoHash } from '../torrent-ref.ts'

/** A verified body and the `id` of the candidate it came from (null: it was held here), or that nobody delivered it. */
export type FetchManyResult =
  | { readonly infoHash: InfoHash, readonly body: Uint8Array, readonly from: string | null, readonly absent?: never }
  | { readonly infoHash: InfoHash, readonly absent: true, readonly body?: never, readonly from?: never }

/** How far a fetchMany is. */
export interface FetchProgress {
  /** Bodies in all, each counted once. */
  readonly wanted: number
  /** Of these, here and verified. */
  readonly arrived: number
  /** Of these, given up. */
  readonly absent: number
  /** Of what arrived. */
  readonly bytes: number
}

export interface FetchManyOptions {
  /** One list for all bodies, or who may have which one. Earlier ones are asked first; an `id` is one peer. */
  readonly candidates: readonly FetchCandidate[] | ((infoHash: InfoHash) => readonly FetchCandidate[])
  /** Looks here first; a body that is held needs no candidate. Default false. */
  readonly localFirst?: boolean
  /** The last resort: finds candidates for what the others did not deliver, a few bodies at a time. A `Swarm` is one. */
  readonly swarm?: CandidateSource
  /** Head start of the candidates over the swarm, for what some of them may still deliver. Default 2,000. */
  readonly swarmDelayMs?: number
  /** Peers at a time. Default 4. Silent ones are given a second one beside them, up to twice as many. */
  readonly concurrency?: number
  /** Silence of a peer after which another one is asked for the same. Default 150. */
  readonly hedgeDelayMs?: number
  /** For all that is fetched, from the first call of `next`; what is missing then is absent. Default 15,000. */
  readonly timeoutMs?: number
  /** Ends all connections; the iteration throws `signal.reason`. */
  readonly signal?: AbortSignal
  /** Told what candidates did wrong. */
  readonly onFault?: (fault: PeerFault) => void
  /** Told at the beginning and of every body that arrived or was given up, before the iteration yields it. */
  readonly onProgress?: (progress: FetchProgress) => void
}

/** A fetchMany: iterate it once. */
export interface FetchManyRun extends AsyncIterable<FetchManyResult> {
  /** What somebody waits for now: it comes before the others, also where it was asked for already. */
  prefer (infoHashes: readonly InfoHash[]): void
}
