// When which torrent is announced. Announces are what a swarm costs its network, so that they come out of one token
// bucket whatever the number of torrents: with more of them, each is announced less often. Time comes in as an
// argument; this module has no clock and no timer. Every operation takes O(log n).
//
// A torrent is ready one interval after its last announce, or at once if it had none. Of those that are ready the one
// with the earliest deadline goes: deadline = the time it got ready + weight * round, where a round is the time in
// which the bucket gives a token to as many torrents as there ever were, rounded up to a power of two. So the order is
// a function of when each got ready, its weight and that number. The deadline only orders: who is ready goes as soon
// as there is a token. Nobody starves: past its deadline a torrent yields at most once to each of the others, because
// whoever was announced gets ready later than that deadline. So it waits at most weight + 1 rounds.
import type { InfoHash } from '../torrent-ref.ts'
import { createPriorityQueue, type Queued } from './priority-queue.ts'
import { createTokenBucket } from '../token-bucket.ts'

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
  /** When its turn is if nothing changes. */
  readonly atMs: number
}

export interface AnnounceBudget {
  readonly perSecond: number
  readonly burst: number
  /** Announces that may go at once. */
  readonly tokens: number
  /** When the next token is there; in the past if one is. */
  readonly nextTokenMs: number
}

/** Times are milliseconds of one clock that does not run backwards. */
export interface AnnouncePlan {
  /** Torrents that are planned. */
  readonly size: number
  /** Plans a torrent, ready now, with a weight in rounds (default 0: in the order of getting ready); one that is planned already only changes its weight. */
  add (infoHash: InfoHash, nowMs: number, weight?: number): void
  remove (infoHash: InfoHash): void
  /** The torrent to announce now, for a token; it is ready again one interval later. Undefined: not yet. */
  take (nowMs: number): InfoHash | undefined
  /** Moves a planned torrent to another time, such as after an announce that failed. */
  postpone (infoHash: InfoHash, readyMs: number): void
  /** When `take` may give something; undefined with nothing planned. */
  wakeMs (nowMs: number): number | undefined
  /** When it is or was ready; undefined: not planned. */
  readyMs (infoHash: InfoHash): number | undefined
  /** The next `count` turns, exact as long as nothing changes. */
  next (count: number, nowMs: number): PlannedAnnounce[]
  budget (nowMs: number): AnnounceBudget
}

interface Turn extends Queued {
  readonly infoHash: InfoHash
  /** Breaks ties: the order of planning. */
  readonly order: number
  readyMs: number
  deadlineMs: number
  weight: number
  isReady: boolean
}

export function createAnnouncePlan (options: AnnouncePlanOptions): AnnouncePlan {
  const { announcesPerSecond: perSecond, burst, intervalMs } = options
  const bucket = createTokenBucket(perSecond, burst, options.nowMs)
  const turns = new Map<InfoHash, Turn>()
  const byDeadline = (a: Turn, b: Turn): boolean => a.deadlineMs < b.deadlineMs || (a.deadlineMs === b.deadlineMs && a.order < b.order)
  const ready = createPriorityQueue(byDeadline)
  const waiting = createPriorityQueue<Turn>((a, b) => a.readyMs < b.readyMs || (a.readyMs === b.readyMs && a.order < b.order))
  let planned = 0
  let roundTurns = 1

  const queueOf = (turn: Turn): typeof ready => turn.isReady ? ready : waiting
  const deadlineOf = (turn: Turn): number => turn.readyMs + turn.weight * roundTurns * bucket.msPerToken
  function readyAt (turn: Turn, readyMs: number): void {
    queueOf(turn).remove(turn)
    turn.readyMs = readyMs
    turn.deadlineMs = deadlineOf(turn)
    turn.isReady = false
    waiting.push(turn)
  }
  function lengthenRound (): void {
    roundTurns *= 2
    for (const turn of turns.values()) turn.deadlineMs = deadlineOf(turn)
    ready.reordered()
  }
  function settle (nowMs: number): void {
    for (let turn = waiting.peek(); turn !== undefined && turn.readyMs <= nowMs; turn = waiting.peek()) {
      waiting.remove(turn)
      turn.isReady = true
      ready.push(turn)
    }
  }

  return {
    get size () { return turns.size },
    add (infoHash, nowMs, weight = 0) {
      const known = turns.get(infoHash)
      if (known?.weight === weight) return
      const turn = known ?? { infoHash, order: planned++, readyMs: nowMs, deadlineMs: 0, weight, isReady: true, place: -1 }
      turns.set(infoHash, turn)
      turn.weight = weight
      if (turns.size > roundTurns) lengthenRound()
      turn.deadlineMs = deadlineOf(turn)
      if (known === undefined) ready.push(turn)
      else queueOf(turn).moved(turn)
    },
    remove (infoHash) {
      const turn = turns.get(infoHash)
      if (turn === undefined) return
      turns.delete(infoHash)
      queueOf(turn).remove(turn)
    },
    take (nowMs) {
      settle(nowMs)
      const turn = ready.peek()
      if (turn === undefined || !bucket.take(1, nowMs)) return undefined
      readyAt(turn, nowMs + intervalMs)
      return turn.infoHash
    },
    postpone (infoHash, readyMs) {
      const turn = turns.get(infoHash)
      if (turn !== undefined) readyAt(turn, readyMs)
    },
    wakeMs (nowMs) {
      settle(nowMs)
      if (ready.size > 0) return Math.max(nowMs, bucket.nextMs())
      const turn = waiting.peek()
      return turn === undefined ? undefined : Math.max(nowMs, turn.readyMs, bucket.nextMs())
    },
    readyMs: infoHash => turns.get(infoHash)?.readyMs,
    next (count, nowMs) {
      settle(nowMs)
      return forecast(ready.first(count), waiting.first(count), { count, nowMs, nextTokenMs: bucket.nextMs(), msPerToken: bucket.msPerToken, burst, intervalMs, byDeadline, deadlineOf })
    },
    budget: nowMs => ({ perSecond, burst, tokens: bucket.tokens(nowMs), nextTokenMs: bucket.nextMs() })
  }
}

interface ForecastOptions {
  readonly count: number
  readonly nowMs: number
  readonly nextTokenMs: number
  readonly msPerToken: number
  readonly burst: number
  readonly intervalMs: number
  byDeadline (a: Turn, b: Turn): boolean
  deadlineOf (turn: Turn): number
}

/** Plays the plan forward over copies of the first turns: more than `count` of either queue cannot matter. */
function forecast (readyTurns: readonly Turn[], waitingTurns: readonly Turn[], options: ForecastOptions): PlannedAnnounce[] {
  const { count, nowMs, msPerToken, burst, intervalMs, byDeadline, deadlineOf } = options
  const bucket = createTokenBucket(1000 / msPerToken, burst, options.nextTokenMs + (burst - 1) * msPerToken)
  const ready = readyTurns.map(turn => ({ ...turn }))
  const waiting = waitingTurns.map(turn => ({ ...turn }))
  const turns: PlannedAnnounce[] = []
  for (let atMs = nowMs; turns.length < count && ready.length + waiting.length > 0;) {
    waiting.sort((a, b) => a.readyMs - b.readyMs || a.order - b.order)
    const soonestMs = ready.length > 0 ? atMs : waiting[0]?.readyMs ?? atMs
    atMs = Math.max(atMs, soonestMs, bucket.nextMs())
    while (waiting[0] !== undefined && waiting[0].readyMs <= atMs) ready.push(waiting.shift() as Turn)
    ready.sort((a, b) => byDeadline(a, b) ? -1 : 1)
    const turn = ready.shift()
    if (turn === undefined || !bucket.take(1, atMs)) break
    turns.push({ infoHash: turn.infoHash, atMs })
    turn.readyMs = atMs + intervalMs
    turn.deadlineMs = deadlineOf(turn)
    waiting.push(turn)
  }
  return turns
}
