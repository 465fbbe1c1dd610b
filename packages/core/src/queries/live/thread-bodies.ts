// The bodies of a live thread: each is read once, fetched in rounds while it is missing, and dropped with its item.
import type { ContentId, ItemId, ItemView } from '@seedbed/crdt-index'
import type { BodyEvent } from '../../bodies/body-events.ts'
import type { FoundBody, Library } from '../../bodies/library.ts'
import { LIVE_FETCH_ROUNDS, LIVE_RETRY_FIRST_MS, LIVE_RETRY_LAST_MS } from '../../limits.ts'
import type { Scheduler } from './scheduler.ts'

export interface ThreadBodies {
  /** Begins to fetch what is missing; `changed` is called when something came. */
  start (changed: () => void): void
  /** Ends fetches and timers; what was found is kept. */
  stop (): void
  /** Reads from this peer what was not looked for yet. Errors: STORAGE_FAILED. */
  look (items: readonly ItemView[]): Promise<void>
  /** What was found, in the newest revision; null when nothing was. */
  of (item: ItemId): FoundBody | null
  /** These and no others are wanted from now on: asks peers for what is missing of them. */
  want (items: readonly ItemView[]): void
  /** Takes what came elsewhere; whether it concerns the thread. */
  take (event: BodyEvent): boolean
  /** Peers may have more now: asks again soon. */
  hurry (): void
  /** Asks again for everything that is missing. */
  retry (): void
}

interface Entry {
  item: ItemView
  found: FoundBody | null
  /** Newest revision that was looked for on this peer, and that peers were asked for. */
  looked: ContentId | null
  asked: ContentId | null
}

interface Session {
  readonly changed: () => void
  readonly controller: AbortController
  /** Under way. */
  rounds: number
  /** Before the next question that repeats an earlier one. */
  pauseMs: number
  timer: { readonly cancel: () => void, readonly pauseMs: number } | null
}

export function createThreadBodies ({ library, scheduler, timeoutMs }: { library: Library, scheduler: Scheduler, timeoutMs: number }): ThreadBodies {
  let entries = new Map<ItemId, Entry>()
  let session: Session | null = null

  const isMissing = ({ item, found }: Entry): boolean => !item.deleted && found?.revision.contentId !== item.revision.contentId

  function entryOf (item: ItemView): Entry {
    let entry = entries.get(item.item)
    if (entry === undefined) entries.set(item.item, entry = { item, found: null, looked: null, asked: null })
    entry.item = item
    return entry
  }

  /** Whether it is news: nothing was known, or another revision. A held body keeps the name of who served it. */
  function keep (entry: Entry, found: FoundBody | null): boolean {
    if (found === null || found.revision.contentId === entry.found?.revision.contentId) return false
    if (entry.found?.revision.contentId === entry.item.revision.contentId) return false
    entry.found = found
    return true
  }

  function fetchMissing (): void {
    if (session === null || session.rounds >= LIVE_FETCH_ROUNDS) return
    const missing = [...entries.values()].filter(entry => isMissing(entry) && entry.asked !== entry.item.revision.contentId)
    // One question goes to the members of one community; only listings of borrowed content lie in several.
    for (const round of Map.groupBy(missing, ({ item }) => item.community).values()) void fetchRound(round, session)
    if (missing.length === 0) scheduleRetry()
  }

  async function fetchRound (round: readonly Entry[], own: Session): Promise<void> {
    own.rounds++
    for (const entry of round) entry.asked = entry.item.revision.contentId
    const { signal } = own.controller
    let news = false
    try {
      // Those that were looked for here a moment ago are not looked for again.
      const here = round.every(({ item, looked }) => looked === item.revision.contentId) ? { here: round.map(({ found }) => found) } : {}
      const found = await library.readMany(round.map(({ item }) => item), { timeoutMs, signal, ...here })
      for (const [i, entry] of round.entries()) if (keep(entry, found[i] ?? null)) news = true
    } catch {
      // Bodies that cannot be had are shown as missing; the next reading meets a failing disk itself.
    }
    own.rounds--
    if (session !== own) return
    if (news) own.changed()
    fetchMissing()
  }

  function scheduleRetry (): void {
    if (session === null || session.timer !== null || session.rounds > 0 || ![...entries.values()].some(isMissing)) return
    const { pauseMs } = session
    session.pauseMs = Math.min(2 * pauseMs, LIVE_RETRY_LAST_MS)
    const cancel = scheduler.after(pauseMs, () => {
      if (session === null) return
      session.timer = null
      askAgain()
    })
    session.timer = { cancel, pauseMs }
  }

  function askAgain (): void {
    for (const entry of entries.values()) entry.asked = null
    fetchMissing()
  }

  return {
    start (changed) {
      session = { changed, controller: new AbortController(), rounds: 0, pauseMs: LIVE_RETRY_FIRST_MS, timer: null }
      for (const entry of entries.values()) {
        entry.asked = null
        if (isMissing(entry)) entry.looked = null // it may have come while nobody listened
      }
    },
    stop () {
      session?.timer?.cancel()
      session?.controller.abort()
      session = null
    },
    async look (items) {
      const fresh = items.map(entryOf).filter(entry => isMissing(entry) && entry.looked !== entry.item.revision.contentId)
      for (const entry of fresh) entry.looked = entry.item.revision.contentId
      if (fresh.length === 0) return
      const found = await library.localMany(fresh.map(({ item }) => item))
      for (const [i, entry] of fresh.entries()) keep(entry, found[i] ?? null)
    },
    of: item => entries.get(item)?.found ?? null,
    want (items) {
      entries = new Map(items.map(item => [item.item, entryOf(item)]))
      fetchMissing()
    },
    take ({ id, item, revision, found }) {
      let concerned = false
      for (const entry of entries.values()) {
        if (entry.item.contentId !== id) continue
        if (item === entry.item.item && found !== null) {
          if (keep(entry, found)) concerned = true
          continue
        }
        if (found === null && entry.found?.revision.contentId === revision) entry.found = null
        entry.looked = null
        concerned = true
      }
      return concerned
    },
    hurry () {
      if (session === null) return
      const isSoon = session.timer === null || session.timer.pauseMs <= LIVE_RETRY_FIRST_MS // a timer put off again and again would never ring
      session.pauseMs = LIVE_RETRY_FIRST_MS
      if (isSoon) return
      session.timer?.cancel()
      session.timer = null
      scheduleRetry()
    },
    retry () {
      for (const entry of entries.values()) entry.looked = null
      if (session !== null) {
        session.timer?.cancel()
        session.timer = null
        session.pauseMs = LIVE_RETRY_FIRST_MS
        askAgain()
      }
    }
  }
}
