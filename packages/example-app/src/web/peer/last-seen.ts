// The first page of the feed that was looked at last, and what stands around it, kept in this browser: the next start
// shows it until its peer answers. It is what was known here when it was kept: who is muted leaves it at once, and what
// changes while something else is looked at (labels, deletions, new posts) is read into it soon after.
import type { Community, FeedPage, FeedQuery } from '@seedbed/core'
import { LAST_SEEN_PAUSE_MS, MAX_LAST_SEEN_CHARS, REREAD_PAUSE_MS } from '../limits.ts'
import type { TextStore } from './profiles.ts'

export interface LastSeen {
  /** Name of the live query, and what it asks. */
  readonly name: string
  readonly query: FeedQuery
  readonly page: FeedPage
  readonly communities: readonly Community[]
  readonly follows: readonly string[]
  /** Ids of posts on the page. */
  readonly read: readonly string[]
}

export interface LastSeenKeeper {
  /**
   * What the profile's last visit left, until something newer is shown; null for another profile or another build of the
   * app. It is taken out of the store, so that what breaks this page breaks no other one.
   */
  take (dataDir: string): void
  get (): LastSeen | null
  /** A feed is shown now, as the peer answered. Kept after a pause. */
  show (seen: LastSeen): void
  /** None is shown any more. */
  leave (): void
  /** Something may have changed: reads the feed again after a pause, unless it is shown and so told of anyway. */
  outdate (read: (query: FeedQuery) => Promise<FeedPage>): void
  /** These are muted from now on. */
  mute (authors: ReadonlySet<string>): void
  /** Writes what waits: the page may be about to go. */
  flush (): void
}

const KEY = 'seedbed/last-seen'

interface Kept extends LastSeen {
  /** What wrote it: another build may mean something else by the same fields. */
  readonly build: string
  readonly dataDir: string
}

/** `rereadPauseMs`: for tests. */
export function createLastSeen (store: TextStore, build: string, rereadPauseMs: number = REREAD_PAUSE_MS): LastSeenKeeper {
  let dataDir = ''
  let taken: LastSeen | null = null
  let seen: LastSeen | null = null
  let isShown = false
  let writing: ReturnType<typeof setTimeout> | null = null
  let reading: ReturnType<typeof setTimeout> | null = null

  function write (): void {
    if (writing !== null) clearTimeout(writing)
    writing = null
    const text = seen === null ? '' : JSON.stringify({ build, dataDir, ...seen } satisfies Kept)
    try {
      store.setItem(KEY, text.length > MAX_LAST_SEEN_CHARS ? '' : text)
    } catch {} // full or not to be written: the next start shows nothing before its peer answers
  }

  async function readAgain (read: (query: FeedQuery) => Promise<FeedPage>): Promise<void> {
    const before = seen
    if (before === null || isShown) return
    const page = await read(before.query).catch(() => null) // a community that was left, a peer that ended
    if (seen !== before || isShown) return
    seen = page === null ? null : { ...before, page }
    write()
  }

  return {
    take (profile) {
      dataDir = profile
      taken = null
      try {
        const kept = JSON.parse(store.getItem(KEY) || 'null') as Kept | null
        store.setItem(KEY, '')
        if (kept?.build === build && kept.dataDir === dataDir) taken = kept
      } catch {} // none, or none that can be read
    },
    get: () => taken,
    show (next) {
      taken = null
      seen = next
      isShown = true
      writing ??= setTimeout(write, LAST_SEEN_PAUSE_MS)
    },
    leave () { isShown = false },
    outdate (read) {
      if (isShown || seen === null) return
      reading ??= setTimeout(() => {
        reading = null
        void readAgain(read)
      }, rereadPauseMs)
    },
    mute (authors) {
      if (seen === null || !seen.page.items.some(({ author }) => authors.has(author))) return
      seen = { ...seen, page: { ...seen.page, items: seen.page.items.filter(({ author }) => !authors.has(author)) } }
      write()
    },
    flush () { if (writing !== null) write() }
  }
}
