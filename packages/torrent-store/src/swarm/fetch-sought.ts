// One body from the peers that a search finds: most of those are out of reach, so that many are tried at a time.
import { TorrentStoreError } from '../errors.ts'
import type { CandidateSource, FetchCandidate, FetchedBody, HedgedFetch } from '../hedged-fetch.ts'
import type { SwarmLimits, TorrentStoreLimits } from '../limits.ts'
import { loadExchange } from '../load-exchange.ts'
import type { PartialTorrentRef } from '../torrent-ref.ts'

export interface SoughtOptions {
  /** Tried at once. */
  readonly candidates: readonly FetchCandidate[]
  readonly source: CandidateSource
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  readonly peerId: Uint8Array
  readonly limits: SwarmLimits & TorrentStoreLimits
  /** Holds the fetch while it runs, for whoever has to end it. */
  readonly running: Set<HedgedFetch>
  /** Throws CLOSED once nothing may begin any more. */
  checkOpen (): void
}

const HEDGE_DELAY_MS = 100

/** Rejects with NOT_FOUND, TIMEOUT, NOT_A_BODY if somebody has another kind of torrent, or `signal.reason`. */
export async function fetchSought (ref: PartialTorrentRef, options: SoughtOptions): Promise<FetchedBody> {
  const { candidates, source, timeoutMs, signal, peerId, limits, running, checkOpen } = options
  const { HedgedFetch } = await loadExchange()
  checkOpen()
  signal?.throwIfAborted()
  const fetch = new HedgedFetch(ref, { peerId, limits: { ...limits, maxOpenCandidates: limits.maxOpenPeers }, hedgeDelayMs: HEDGE_DELAY_MS })
  running.add(fetch)
  try {
    return await fetch.join({ candidates, source, timeoutMs, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    throw isNotABody(error) ? new TorrentStoreError('NOT_A_BODY', `${ref.infoHash} is another kind of torrent`, { faults: error.faults, cause: error }) : error
  } finally {
    running.delete(fetch)
  }
}

function isNotABody (error: unknown): error is TorrentStoreError {
  const sought = error instanceof TorrentStoreError && (error.code === 'NOT_FOUND' || error.code === 'TIMEOUT')
  return sought && error.faults.some(({ reason }) => reason === 'NOT_A_BODY')
}
