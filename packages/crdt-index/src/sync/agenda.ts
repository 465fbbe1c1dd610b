// When a session with which peer is due. Who wants one has something to give or to ask now, so a wish is met by the
// first session that begins afterwards, whoever begins it, and never by one that is under way. A session after which
// something differs that both keep is repeated a few times after growing pauses, then left to new wishes and the timer.
import { RETRIES, RETRY_FIRST_MS, SECOND_INITIATOR_DELAY_MS } from '../limits.ts'
import type { Clock, CommunityAddress } from '../model.ts'
import type { Scheduler } from './scheduler.ts'
import type { SessionResult } from './session.ts'

export interface Agenda {
  /**
   * A session with the peer has to begin from now on, after about `delayMs`: later where it failed just now or is left
   * alone, and after what is under way. Wishes gather: the earliest counts.
   */
  want (community: CommunityAddress, peer: string, delayMs: number): void
  /** A session begins, whoever begins it; call what this returns with its end. */
  begin (community: CommunityAddress, peer: string, direction: 'outbound' | 'inbound'): (result: SessionResult) => void
  /** The peer went. */
  forgetPeer (community: CommunityAddress, peer: string): void
  forget (community: CommunityAddress): void
}

export interface AgendaOptions {
  readonly scheduler: Scheduler
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly isPresent: (community: CommunityAddress, peer: string) => boolean
  /** Until when a peer is left alone, Unix time in milliseconds; null for one that is not. */
  readonly againMs: (peer: string) => number | null
  /** Begins a session in its turn if it is still wanted then; resolves at its end, or when there was none. Does not fail. */
  readonly start: (community: CommunityAddress, peer: string, isWanted: () => boolean) => Promise<unknown>
}

interface Entry {
  readonly community: CommunityAddress
  readonly peer: string
  /** No session began since somebody wanted one. */
  isWanted: boolean
  /** The last session is to be repeated. */
  isUnmet: boolean
  /** It waits for its turn to begin. */
  isStarting: boolean
  underWay: number
  /** Sessions that ended in agreement. */
  agreed: number
  /** Sessions since then that have to be repeated. */
  tries: number
  /** Until when a peer with which sessions fail is not asked for new wishes either. */
  pausedUntilMs: number
  dueMs: number
  cancel: (() => void) | null
}

export function createAgenda ({ scheduler, clock, random, isPresent, againMs, start }: AgendaOptions): Agenda {
  const entries = new Map<string, Entry>()

  function entryOf (community: CommunityAddress, peer: string): Entry {
    const key = `${community}/${peer}`
    let entry = entries.get(key)
    if (entry === undefined) {
      entry = { community, peer, isWanted: false, isUnmet: false, isStarting: false, underWay: 0, agreed: 0, tries: 0, pausedUntilMs: 0, dueMs: 0, cancel: null }
      entries.set(key, entry)
    }
    return entry
  }

  const isKnown = (entry: Entry): boolean => entries.get(`${entry.community}/${entry.peer}`) === entry
  const isDue = (entry: Entry): boolean => isKnown(entry) && (entry.isWanted || entry.isUnmet)
  const pauseMs = ({ tries }: Entry): number => tries === 0 ? 0 : RETRY_FIRST_MS * 2 ** (tries - 1)
  /** Not longer than the pause itself, should the clock be put back. */
  const pauseLeftMs = (entry: Entry): number => Math.min(Math.max(0, entry.pausedUntilMs - clock()), pauseMs(entry))
  const spreadOut = (delayMs: number): number => delayMs * (0.75 + random() / 2)

  function schedule (entry: Entry, delayMs: number): void {
    const dueMs = clock() + delayMs
    if (entry.cancel !== null && entry.dueMs <= dueMs) return
    entry.cancel?.()
    entry.dueMs = dueMs
    entry.cancel = scheduler.after(delayMs, () => {
      entry.cancel = null
      void fire(entry)
    })
  }

  async function fire (entry: Entry): Promise<void> {
    const { community, peer } = entry
    if (!isPresent(community, peer)) return drop(entry)
    if (!waitForPardon(entry)) return
    entry.isStarting = true
    await start(community, peer, () => isDue(entry) && againMs(peer) === null)
    if (!entry.isStarting) return // it began, or another one did
    entry.isStarting = false
    if (isDue(entry) && entry.underWay === 0 && waitForPardon(entry)) schedule(entry, spreadOut(RETRY_FIRST_MS))
  }

  /** True for a peer that may be asked now; another one's entry comes back when it may. */
  function waitForPardon (entry: Entry): boolean {
    const untilMs = againMs(entry.peer)
    if (untilMs === null) return true
    schedule(entry, Math.max(0, untilMs - clock()) + RETRY_FIRST_MS * random())
    return false
  }

  function unschedule (entry: Entry): void {
    entry.cancel?.()
    entry.cancel = null
  }

  function drop (entry: Entry): void {
    unschedule(entry)
    if (isKnown(entry)) entries.delete(`${entry.community}/${entry.peer}`)
  }

  function ended (entry: Entry, direction: 'outbound' | 'inbound', agreedBefore: number, result: SessionResult): void {
    entry.underWay--
    const outcome = outcomeOf(result)
    if (outcome === 'agreed') {
      entry.agreed++
      entry.tries = 0
      entry.isUnmet = false
    } else if (outcome !== 'over' && entry.agreed === agreedBefore) { // of two at once, the other one may have agreed
      entry.isUnmet = entry.tries < RETRIES
      if (entry.isUnmet) entry.tries++
      if (outcome === 'failed') entry.pausedUntilMs = clock() + pauseMs(entry)
    }
    if (entry.underWay > 0 || !isKnown(entry)) return
    if (!isPresent(entry.community, entry.peer)) return drop(entry) // it takes part without being a member
    if (!isDue(entry)) return
    const delayMs = entry.isWanted ? Math.max(RETRY_FIRST_MS, pauseLeftMs(entry)) : pauseMs(entry)
    // Both sides know how it ended: who began it begins again.
    schedule(entry, spreadOut(delayMs) + (direction === 'inbound' && !entry.isWanted ? SECOND_INITIATOR_DELAY_MS : 0))
  }

  return {
    want (community, peer, delayMs) {
      const entry = entryOf(community, peer)
      entry.isWanted = true
      if (entry.underWay === 0 && !entry.isStarting) schedule(entry, Math.max(delayMs, pauseLeftMs(entry)))
    },
    begin (community, peer, direction) {
      const entry = entryOf(community, peer)
      const agreedBefore = entry.agreed
      unschedule(entry)
      entry.underWay++
      entry.isWanted = entry.isUnmet = entry.isStarting = false
      return result => { ended(entry, direction, agreedBefore, result) }
    },
    forgetPeer (community, peer) { drop(entryOf(community, peer)) },
    forget (community) {
      for (const entry of [...entries.values()]) if (entry.community === community) drop(entry)
    }
  }
}

/**
 * `differs`: something came or went meanwhile or was kept back, or one of the two is only about to take part, or to get
 * the genesis. `over`: a repeat changes nothing, as what the peer sends is not due yet.
 */
function outcomeOf ({ status, shards, early }: SessionResult): 'agreed' | 'differs' | 'failed' | 'over' {
  if (status === 'failed' || status === 'busy') return 'failed'
  if (status === 'unknown') return 'differs'
  if (shards.every(({ equal, partial }) => equal || partial === true)) return 'agreed'
  return early > 0 ? 'over' : 'differs'
}
