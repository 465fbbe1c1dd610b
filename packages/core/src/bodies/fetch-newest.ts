// Many bodies at once, over few connections: of each item the newest revision that somebody has, and where that does
// not come or is not what its entry says, the one before.
import type { ContentId, Revision } from '@seedbed/crdt-index'
import type { FetchCandidate, InfoHash, PeerFault, TorrentStore } from '@seedbed/torrent-store'
import { HEDGE_DELAY_MS, STORE_CONCURRENCY } from '../limits.ts'
import { shuffled } from './shuffled.ts'

export interface FetchNewestOptions<W, F> {
  /** Peers that have a body. */
  readonly holders: ReadonlyMap<ContentId, readonly string[]>
  candidate (peer: string): FetchCandidate
  /** In which the holders of one body are asked. Default: a random one. */
  order? (peers: readonly string[]): string[]
  /** Bytes whose infohash is right; null if they are not what was wanted. */
  check (wanted: W, bytes: Uint8Array, from: string | null): F | null | Promise<F | null>
  /** A checked body is stored now: of the item under this number. */
  had (item: number, wanted: W, found: F): void
  /** Told what peers did wrong. */
  onFault? (fault: PeerFault): void
  /** For all together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** `wanted`: revisions by item, newest first; they are used up. Rejects with `signal.reason`, or what storing says. */
export async function fetchNewest<W extends { readonly revision: Revision }, F> (torrents: TorrentStore, wanted: Map<number, W[]>, options: FetchNewestOptions<W, F>): Promise<void> {
  const { holders, candidate, order = shuffled, check, had, onFault, timeoutMs, signal } = options
  const untilMs = performance.now() + timeoutMs
  const candidates = new Map<string, FetchCandidate>()
  const candidateOf = (peer: string): FetchCandidate => {
    const known = candidates.get(peer) ?? candidate(peer)
    candidates.set(peer, known)
    return known
  }

  /** Takes from each item the newest revision that somebody has. */
  function nextRound (): Map<ContentId, Array<{ item: number, one: W }>> {
    const round = new Map<ContentId, Array<{ item: number, one: W }>>()
    for (const [item, revisions] of wanted) {
      const at = revisions.findIndex(({ revision }) => (holders.get(revision.contentId) ?? []).length > 0)
      const [one] = revisions.splice(0, at === -1 ? revisions.length : at + 1).slice(-1)
      if (at === -1 || one === undefined) continue
      const { contentId } = one.revision
      round.set(contentId, [...round.get(contentId) ?? [], { item, one }])
    }
    return round
  }

  /** Several items may list the same bytes, and they need not be right for all of them. */
  async function store (listed: ReadonlyArray<{ item: number, one: W }>, bytes: Uint8Array, from: string | null): Promise<void> {
    const right = (await Promise.all(listed.map(async ({ item, one }) => ({ item, one, found: await check(one, bytes, from) })))).filter(({ found }) => found !== null)
    if (right.length > 0) await torrents.put(bytes)
    for (const { item, one, found } of right) {
      wanted.delete(item)
      had(item, one, found as F)
    }
  }

  for (let round = nextRound(); round.size > 0 && performance.now() < untilMs; round = nextRound()) {
    const refs = [...round].map(([contentId, [first]]) => ({ infoHash: infoHashOf(contentId), length: first?.one.revision.length ?? 0 }))
    const results = torrents.fetchMany(refs, {
      candidates: infoHash => order(holders.get(infoHash as string as ContentId) ?? []).map(candidateOf),
      hedgeDelayMs: HEDGE_DELAY_MS,
      timeoutMs: Math.max(1, untilMs - performance.now()),
      ...(onFault === undefined ? {} : { onFault }),
      ...(signal === undefined ? {} : { signal })
    })
    const writes: Array<Promise<void>> = []
    try {
      for await (const { infoHash, body, from } of results) {
        if (body === undefined) continue
        const write = store(round.get(infoHash as string as ContentId) ?? [], body, from)
        write.catch(() => {}) // told below, after those before it
        writes.push(write)
        if (writes.length >= STORE_CONCURRENCY) await writes.shift() // the oldest one: the disk never waits for the last of many
      }
      await Promise.all(writes)
    } finally {
      await Promise.allSettled(writes)
    }
  }
}

const infoHashOf = (id: ContentId): InfoHash => id as string as InfoHash
