// The stamps of the authors who write here: remembered, read from the store, taken from an envelope that another of the
// author's devices wrote, or else searched, once however many ask.
import { CrdtIndexError } from '../errors.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import type { IndexStore } from '../store/index-store.ts'
import type { StampFinder, StampProgress } from './stamp-finder.ts'
import { checkStamp } from './stamp.ts'

export interface StampNeed {
  readonly community: CommunityAddress
  readonly author: AuthorId
  readonly difficulty: number
}

export interface StampOptions {
  /** Only this caller stops waiting; the search ends when nobody is left. */
  readonly signal?: AbortSignal
  /** Nobody waits for it: takes half a core until a caller does. */
  readonly background?: boolean
}

export interface StampBook {
  /** The stamp if it can be had without waiting. */
  atHand (need: StampNeed): Uint8Array | undefined
  /** Errors: CLOSED, NOT_JOINED after `forget`, STORAGE_FAILED. */
  stamp (need: StampNeed, options?: StampOptions): Promise<Uint8Array>
  /** The stamp if it is known without a search. */
  known (need: StampNeed): Promise<Uint8Array | undefined>
  /** Ends the searches for a community that was left; what was found stays. */
  forget (community: CommunityAddress): void
  /** Ends all searches. */
  close (): void
}

export interface StampBookPorts {
  readonly store: Pick<IndexStore, 'stamp' | 'putStamp'>
  readonly finder: Pick<StampFinder, 'find'>
  /** The stamp of any envelope of the author that is held in the community. */
  readonly held: (community: CommunityAddress, author: AuthorId) => Promise<Uint8Array | undefined>
  readonly onProgress: (need: StampNeed, progress: StampProgress, found: boolean) => void
}

interface Search {
  readonly community: CommunityAddress
  readonly result: Promise<Uint8Array>
  readonly abort: AbortController
  readonly hurry: AbortController
  waiting: number
  ended: boolean
}

const EMPTY = new Uint8Array(0)

export function createStampBook ({ store, finder, held, onProgress }: StampBookPorts): StampBook {
  const stamps = new Map<string, Uint8Array>()
  const searches = new Map<string, Search>()
  let closed = false

  const atHand = (need: StampNeed): Uint8Array | undefined => need.difficulty === 0 ? EMPTY : stamps.get(keyOf(need))

  async function known (need: StampNeed): Promise<Uint8Array | undefined> {
    const { community, author } = need
    const remembered = atHand(need)
    if (remembered !== undefined) return remembered
    const stored = await store.stamp(author, community)
    const stamp = isGood(need, stored) ? stored : await held(community, author)
    if (!isGood(need, stamp)) return undefined
    stamps.set(keyOf(need), stamp)
    return stamp
  }

  async function find (need: StampNeed, signal: AbortSignal, hurry: AbortSignal): Promise<Uint8Array> {
    const { community, author, difficulty } = need
    const found = await known(need)
    if (found !== undefined) return found
    signal.throwIfAborted()
    let last: StampProgress = { hashes: 0, expectedHashes: 2 ** difficulty, hashesPerSecond: 0 }
    onProgress(need, last, false)
    const stamp = await finder.find(community, author, difficulty, { signal, hurry, onProgress: progress => { onProgress(need, last = progress, false) } })
    if (!isGood(need, stamp)) throw new Error('the stamp finder found a stamp that is none')
    stamps.set(keyOf(need), stamp)
    await store.putStamp(author, community, stamp)
    onProgress(need, last, true)
    return stamp
  }

  function searchFor (need: StampNeed): Search {
    const key = keyOf(need)
    const running = searches.get(key)
    if (running !== undefined) return running
    const [abort, hurry] = [new AbortController(), new AbortController()]
    const search: Search = { community: need.community, result: searched(), abort, hurry, waiting: 0, ended: false }
    searches.set(key, search)
    return search

    async function searched (): Promise<Uint8Array> {
      try {
        return await find(need, abort.signal, hurry.signal)
      } finally {
        end(key, search, null)
      }
    }
  }

  /** `reason` null: it ended by itself. */
  function end (key: string, search: Search, reason: Error | null): void {
    if (searches.get(key) === search) searches.delete(key)
    if (!search.ended && reason !== null) search.abort.abort(reason)
    search.ended = true
  }

  return {
    atHand,
    known,
    async stamp (need, { signal, background = false } = {}) {
      signal?.throwIfAborted()
      const remembered = atHand(need)
      if (remembered !== undefined) return remembered
      if (closed) throw closedError()
      const search = searchFor(need)
      search.waiting++
      if (!background) search.hurry.abort()
      const { promise: left, reject: leave } = Promise.withResolvers<never>()
      const onAbort = (): void => { leave(signal?.reason) }
      signal?.addEventListener('abort', onAbort)
      try {
        return await Promise.race([search.result, left])
      } finally {
        signal?.removeEventListener('abort', onAbort)
        if (--search.waiting === 0) end(keyOf(need), search, signal?.reason as Error | undefined ?? closedError())
      }
    },
    forget (community) {
      for (const [key, search] of searches) if (search.community === community) end(key, search, new CrdtIndexError('NOT_JOINED', `${community} was left`))
    },
    close () {
      closed = true
      for (const [key, search] of searches) end(key, search, closedError())
    }
  }
}

function keyOf ({ community, author }: StampNeed): string {
  return `${community}/${author}`
}

function isGood ({ community, author, difficulty }: StampNeed, stamp: Uint8Array | undefined): stamp is Uint8Array {
  return stamp !== undefined && checkStamp({ community, author, stamp }, difficulty)
}

function closedError (): CrdtIndexError {
  return new CrdtIndexError('CLOSED', 'closed while an admission stamp was searched')
}
