// When which torrent is announced. Announces are what a swarm costs its network, so that they come out of one token
// bucket whatever the number of torrents: with more of them, each is announced less often. Time comes in as an
// argument; this module has no clock and no timer.
import type { InfoHash } from '../torrent-ref.ts'

export interface AnnouncePlanOptions {
  readonly announcesPerSecond: number
  /** Tokens that the bucket holds at most, and holds at first. */
  readonly burst: number
  /** Between two announces of one torrent, milliseconds. */
  readonly intervalMs: number
  readonly nowMs: number
}

export interface PlannedAnnounce {
  readonly infoHash: InfoHash
  /** Not before this time; later if the bucket is empty. */
  readonly dueMs: number
}

/** Times are milliseconds of one clock that does not run backwards. */
export interface AnnouncePlan {
  /** Plans a torrent, due now; one that is planned already keeps its time. */
  add (infoHash: InfoHash, nowMs: number): void
  remove (infoHash: InfoHash): void
  /** The torrent to announce now, for a token; its next announce is due one interval later. Undefined: not yet. */
  take (nowMs: number): InfoHash | undefined
  /** Moves a planned torrent to another time, such as after an announce that failed. */
  postpone (infoHash: InfoHash, dueMs: number): void
  /** When `take` may give something; undefined with nothing planned. */
  wakeMs (nowMs: number): number | undefined
  /** What is planned, the next one first. */
  entries (): PlannedAnnounce[]
}

export function createAnnouncePlan (options: AnnouncePlanOptions): AnnouncePlan {
  const { announcesPerSecond, burst, intervalMs } = options
  const msPerToken = 1000 / announcesPerSecond
  const due = new Map<InfoHash, number>()
  // One number is the whole bucket: the time at which it is, or was, full.
  let fullMs = options.nowMs

  function first (): PlannedAnnounce | undefined {
    let next: PlannedAnnounce | undefined
    for (const [infoHash, dueMs] of due) if (next === undefined || dueMs < next.dueMs) next = { infoHash, dueMs }
    return next
  }
  /** When there is a token. */
  const tokenMs = (): number => fullMs - (burst - 1) * msPerToken

  return {
    add (infoHash, nowMs) {
      if (!due.has(infoHash)) due.set(infoHash, nowMs)
    },
    remove (infoHash) {
      due.delete(infoHash)
    },
    take (nowMs) {
      const next = first()
      if (next === undefined || next.dueMs > nowMs || tokenMs() > nowMs) return undefined
      fullMs = Math.max(fullMs, nowMs) + msPerToken
      due.set(next.infoHash, nowMs + intervalMs)
      return next.infoHash
    },
    postpone (infoHash, dueMs) {
      if (due.has(infoHash)) due.set(infoHash, dueMs)
    },
    wakeMs (nowMs) {
      const next = first()
      return next === undefined ? undefined : Math.max(nowMs, next.dueMs, tokenMs())
    },
    entries: () => Array.from(due, ([infoHash, dueMs]) => ({ infoHash, dueMs })).sort((a, b) => a.dueMs - b.dueMs)
  }
}
