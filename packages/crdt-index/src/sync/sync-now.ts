// Sessions with every connected peer now, for somebody who waits for them.
import { BUSY_RETRIES, BUSY_RETRY_MS, SYNC_NOW_TIMEOUT_MS } from '../limits.ts'
import type { AbortOptions, CommunityAddress, Period } from '../model.ts'
import type { Asides } from './aside.ts'
import type { PeerBook } from './peer-book.ts'
import type { Scheduler } from './scheduler.ts'
import { FAILED, type SessionResult } from './session.ts'
import type { SessionTable } from './session-table.ts'
import { shuffled } from './shuffled.ts'

/** What `syncNow` did with each peer that was connected. */
export interface SyncOutcome {
  readonly sessions: ReadonlyArray<{ readonly peer: string, readonly result: SessionResult }>
  readonly received: number
  readonly sent: number
}

export interface SyncNow {
  /** Synchroniser.syncNow. */
  all (community: CommunityAddress, options?: AbortOptions & { readonly timeoutMs?: number }): Promise<SyncOutcome>
  /** Synchroniser.foreground. */
  month (community: CommunityAddress, period: Period, options?: AbortOptions & { readonly timeoutMs?: number }): Promise<SyncOutcome>
}

export interface SyncNowOptions {
  readonly scheduler: Scheduler
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly peers: PeerBook
  readonly table: Pick<SessionTable, 'idle'>
  /** Aborts when the community is left; undefined where it is not joined. */
  readonly joined: (community: CommunityAddress) => AbortSignal | undefined
  readonly present: (community: CommunityAddress) => readonly string[]
  /** One session that this peer begins; null when there is no use in it. */
  readonly run: (community: CommunityAddress, peer: string, isWanted: () => boolean, signal?: AbortSignal) => Promise<SessionResult | null>
  /** Asks for a session that nobody waits for. */
  readonly request: (community: CommunityAddress, peer: string) => void
  readonly later: (delayMs: number, call: () => void) => void
  readonly askMonth: Asides['ask']
  /** Ends everything. */
  readonly signal: AbortSignal
}

export function createSyncNow ({ scheduler, random, peers, table, joined, present, run, request, later, askMonth, signal: closing }: SyncNowOptions): SyncNow {
  /** Repeats while the peer has no time; a session that the peer began meanwhile is waited for and then followed by one's own. */
  const runPatiently = async (community: CommunityAddress, peer: string, isWanted: () => boolean, signal: AbortSignal | undefined): Promise<SessionResult> => {
    for (let attempt = 0; ; attempt++) {
      await table.idle(community, peer)
      const result = await run(community, peer, isWanted, signal)
      if (result !== null && (result.status !== 'busy' || attempt === BUSY_RETRIES)) return result
      if (joined(community) === undefined) return { ...FAILED, error: 'left the community' }
      if (!isWanted()) return { ...FAILED, error: 'not asked again: it was silent or broke the protocol meanwhile, or no time was left' }
      if (result !== null) await new Promise<void>(resolve => { later(BUSY_RETRY_MS * (1 + random()), resolve) })
    }
  }

  return {
    async all (community, { signal, timeoutMs = SYNC_NOW_TIMEOUT_MS } = {}) {
      closing.throwIfAborted()
      signal?.throwIfAborted()
      const all = present(community)
      const trusted = all.filter(peer => peers.standing(peer) !== 'suspect')
      const asked = trusted.length > 0 ? trusted : all
      if (asked === trusted) for (const peer of all) if (!trusted.includes(peer) && !peers.isBlamed(peer)) request(community, peer)
      const results = new Map<string, SessionResult>()
      let isLate = false
      let cancel = (): void => {}
      const late = new Promise<void>(resolve => {
        cancel = scheduler.after(timeoutMs, () => {
          isLate = true
          resolve()
        })
      })
      const work = Promise.all(asked.map(async peer => { results.set(peer, await runPatiently(community, peer, () => !isLate && (asked === all || !peers.isBlamed(peer)), signal)) }))
      try {
        await untilAborted(signal === undefined ? [closing] : [closing, signal], Promise.race([work, late]))
      } finally {
        cancel()
      }
      const sessions = asked.map(peer => ({ peer, result: results.get(peer) ?? { ...FAILED, error: `no end after ${timeoutMs} ms` } }))
      return outcomeOf(sessions)
    },
    async month (community, period, { signal, timeoutMs = SYNC_NOW_TIMEOUT_MS } = {}) {
      closing.throwIfAborted()
      signal?.throwIfAborted()
      const left = joined(community)
      const late = new AbortController()
      const cancel = scheduler.after(timeoutMs, () => { late.abort(new Error(`no end after ${timeoutMs} ms`)) })
      try {
        const signals = [late.signal, ...left === undefined ? [] : [left], ...signal === undefined ? [] : [signal]]
        const sessions = await askMonth(community, period, left === undefined ? [] : shuffled(present(community), random), AbortSignal.any(signals))
        closing.throwIfAborted()
        signal?.throwIfAborted()
        return outcomeOf(sessions)
      } finally {
        cancel()
      }
    }
  }
}

function outcomeOf (sessions: SyncOutcome['sessions']): SyncOutcome {
  return { sessions, received: sum(sessions, 'received'), sent: sum(sessions, 'sent') }
}

/** The work, or the first signal's reason; the work goes on unheard. */
async function untilAborted<T> (signals: readonly AbortSignal[], work: Promise<T>): Promise<T> {
  const stops: Array<() => void> = []
  const aborted = new Promise<never>((_resolve, reject) => {
    for (const signal of signals) {
      const onAbort = (): void => { reject(signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason })) }
      signal.addEventListener('abort', onAbort, { once: true })
      stops.push(() => { signal.removeEventListener('abort', onAbort) })
    }
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    for (const stop of stops) stop()
  }
}

function sum (sessions: SyncOutcome['sessions'], field: 'received' | 'sent'): number {
  return sessions.reduce((total, { result }) => total + result[field], 0)
}
