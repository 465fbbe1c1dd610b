// Several listings of one content id, and no body here that decides between them: the first revision is fetched by its
// infohash alone, since the length that a listing says may be the lie.
import { topicOf, type ContentId, type ItemView } from '@seedbed/crdt-index'
import { TorrentStoreError, type CandidateSource, type FetchedBody, type HeldBody, type TorrentStore } from '@seedbed/torrent-store'
import { SeedbedError } from '../errors.ts'
import { BODY_RETRY_MS, HEDGE_DELAY_MS, MAX_HAVE_PEERS, TELLER_TIMEOUT_MS } from '../limits.ts'
import { timeLimit } from '../time-limit.ts'
import type { BodyEvents } from './body-events.ts'
import type { Distrust } from './distrust.ts'
import { infoHashOf, type BodySources, type ReadOptions } from './library.ts'
import { pause } from './pause.ts'
import { shuffled } from './shuffled.ts'
import { names, type Verdict, type Verdicts } from './verdicts.ts'

export interface Decided {
  readonly item: ItemView
  /** Peer that the first revision came from now; null when it was not needed or here. */
  readonly servedBy: string | null
}

export interface FirstRevisions {
  /** From memory and what is held; undefined while nothing here decides. Null: none of the listings is rightful. Errors: STORAGE_FAILED. */
  decideHere (listings: readonly ItemView[]): Promise<ItemView | null | undefined>
  /** The rightful one of the listings of one id. A single one is taken at its word. Errors: BODY_UNAVAILABLE, BODY_MISMATCH, STORAGE_FAILED. */
  decide (listings: readonly [ItemView, ...ItemView[]], options: ReadOptions): Promise<Decided>
}

export interface FirstRevisionsOptions {
  readonly torrents: TorrentStore
  readonly verdicts: Verdicts
  readonly sources: BodySources | null
  readonly swarm: CandidateSource | null
  readonly distrust: Distrust
  readonly events: BodyEvents
}

export function createFirstRevisions ({ torrents, verdicts, sources, swarm, distrust, events }: FirstRevisionsOptions): FirstRevisions {
  async function fetchFrom (id: ContentId, peers: readonly string[], timeoutMs: number, signal: AbortSignal, open: CandidateSource | null): Promise<FetchedBody | HeldBody | null> {
    if (peers.length === 0 && open === null) return null
    try {
      const fetched = await torrents.fetch({ infoHash: infoHashOf(id) }, {
        candidates: sources === null ? [] : distrust.order(peers).map(peer => sources.candidate(peer)), hedgeDelayMs: HEDGE_DELAY_MS, timeoutMs: Math.max(1, timeoutMs), signal, ...(open === null ? {} : { swarm: open })
      })
      distrust.blameFaults(fetched.faults)
      return fetched
    } catch (error) {
      if (!(error instanceof TorrentStoreError) || (error.code !== 'NOT_FOUND' && error.code !== 'TIMEOUT')) throw error
      distrust.blameFaults(error.faults)
      return null
    }
  }

  async function fetchOnce (id: ContentId, listings: readonly ItemView[], untilMs: number, signal: AbortSignal): Promise<FetchedBody | HeldBody | null> {
    const leftMs = (): number => untilMs - performance.now()
    if (sources === null) return await fetchFrom(id, [], leftMs(), signal, swarm)
    const teller = sources.teller(id)
    const direct = teller === undefined || distrust.isDistrusted(teller) ? null : await fetchFrom(id, [teller], Math.min(leftMs(), TELLER_TIMEOUT_MS), signal, null)
    if (direct !== null) return direct
    const holders = await Promise.all([...new Set(listings.map(({ community }) => topicOf(community)))].map(async topic => {
      const peers = distrust.order(shuffled(sources.peers(topic))).slice(0, MAX_HAVE_PEERS)
      return (await sources.ask(topic, peers, [id], signal)).get(id) ?? []
    }))
    return await fetchFrom(id, [...new Set(holders.flat())], leftMs(), signal, swarm)
  }

  async function fetchVerdict (id: ContentId, listings: readonly ItemView[], { timeoutMs, signal }: ReadOptions): Promise<{ verdict: Verdict, servedBy: string | null }> {
    const untilMs = performance.now() + timeoutMs
    const timeout = timeLimit(timeoutMs)
    const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    while (!limited.aborted) {
      const fetched = await fetchOnce(id, listings, untilMs, limited).catch(error => {
        if (limited.aborted) return null
        throw error
      })
      // Another call may have found it out meanwhile.
      const known = fetched === null ? await verdicts.known(id) : await verdicts.judge(id, fetched.body)
      if (fetched === null && known === undefined) {
        if (sources === null && swarm === null) break
        await pause(BODY_RETRY_MS, limited)
        continue
      }
      const verdict = known ?? null
      if (fetched === null) return { verdict, servedBy: null }
      if (verdict === null && fetched.from !== null) distrust.blame(fetched.from)
      const item = listings.find(listing => names(verdict, listing, id))
      if (item !== undefined && !item.deleted) {
        await torrents.put(fetched.body)
        events.emit({ id, revision: id, item: null, found: null })
      }
      return { verdict, servedBy: fetched.from }
    }
    signal?.throwIfAborted()
    throw new SeedbedError('BODY_UNAVAILABLE', `${listings.length} authors list ${id}, and nobody gave the body that says whose it is`)
  }

  function pick (listings: readonly ItemView[], verdict: Verdict): ItemView | null {
    return listings.find(item => names(verdict, item, item.contentId)) ?? null
  }

  return {
    async decideHere (listings) {
      const [first, second] = listings
      if (first === undefined) return null
      // One listing alone costs no disk; what is known of it counts all the same.
      const verdict = second === undefined ? verdicts.recall(first.contentId) : await verdicts.known(first.contentId)
      if (verdict === undefined) return second === undefined ? first : undefined
      return pick(listings, verdict)
    },
    async decide (listings, options) {
      const [first, ...others] = listings
      const id = first.contentId
      const here = others.length === 0 ? verdicts.recall(id) : await verdicts.known(id)
      if (others.length === 0 && here === undefined) return { item: first, servedBy: null }
      const { verdict, servedBy } = here === undefined ? await fetchVerdict(id, listings, options) : { verdict: here, servedBy: null }
      const item = pick(listings, verdict)
      if (item === null) {
        throw new SeedbedError('BODY_MISMATCH', verdict === null ? `${id} is no valid body` : `the body of ${id} contradicts each of its listings here`)
      }
      return { item, servedBy }
    }
  }
}
