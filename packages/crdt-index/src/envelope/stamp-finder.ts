// Searches admission stamps beside the caller's thread.
import { platform } from '#platform'
import { CrdtIndexError } from '../errors.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import type { StampReport } from './stamp-jobs.ts'
import { checkStamp, stampPrefix } from './stamp.ts'
import { startInline, type StampThread, type StartStampThread } from './stamp-threads.ts'

export interface StampProgress {
  /** Tried so far. */
  readonly hashes: number
  /** How many it takes in the mean: 2^difficulty. A search is memoryless: what was tried makes the rest no shorter. */
  readonly expectedHashes: number
  /** While it works. */
  readonly hashesPerSecond: number
}

export interface FindStampOptions {
  /** Ends the search; it rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Present: nobody waits yet, and the search takes half a core after those that somebody waits for. Its abort means that somebody waits now. */
  readonly hurry?: AbortSignal
  /** Called about four times a second, and at the end. */
  readonly onProgress?: (progress: StampProgress) => void
}

export interface StampFinder {
  /** A stamp of that many bits, 0 to 32; 0 gives the empty one at once. Errors: CLOSED. */
  find (community: CommunityAddress, author: AuthorId, difficulty: number, options?: FindStampOptions): Promise<Uint8Array>
  /** Ends every search; may be called twice. */
  close (): void
}

interface Search {
  readonly community: CommunityAddress
  readonly author: AuthorId
  readonly difficulty: number
  urgent: boolean
  readonly onReport: (report: StampReport) => void
  readonly end: (result: Uint8Array | Error) => void
}

/** One worker for all searches, which lives while there are any. `startThread`: how to get it; default is the platform's. */
export function createStampFinder ({ startThread = platform.startStampThread }: { readonly startThread?: StartStampThread } = {}): StampFinder {
  const searches = new Map<number, Search>()
  let start = startThread
  let thread: StampThread | null = null
  let lastJob = 0
  let closed = false

  function begin (job: number, { community, author, difficulty, urgent }: Search): void {
    thread ??= startOrInline()
    thread.send({ do: 'search', job, prefix: stampPrefix(community, author), difficulty, urgent })
  }

  function startOrInline (): StampThread {
    try {
      return start({ report, failed })
    } catch {
      start = startInline
      return start({ report, failed })
    }
  }

  function report (found: StampReport): void {
    const search = searches.get(found.job)
    if (search === undefined) return
    search.onReport(found)
    if (found.stamp === null) return
    remove(found.job)
    const { community, author, difficulty, end } = search
    end(checkStamp({ community, author, stamp: found.stamp }, difficulty) ? found.stamp : new Error('the worker found a stamp that is none'))
  }

  /** A bundle without the worker's file, or a platform that allows none: slower, and it works. */
  function failed (): void {
    thread?.stop()
    thread = null
    start = startInline
    for (const [job, search] of searches) begin(job, search)
  }

  function remove (job: number): void {
    if (!searches.delete(job)) return
    thread?.send({ do: 'cancel', job })
    if (searches.size > 0) return
    thread?.stop()
    thread = null
  }

  return {
    async find (community, author, difficulty, { signal, hurry, onProgress } = {}) {
      signal?.throwIfAborted()
      if (closed) throw new CrdtIndexError('CLOSED', 'the stamp finder was closed')
      if (difficulty === 0) return new Uint8Array(0)
      const job = ++lastJob
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
      const search: Search = {
        community, author, difficulty,
        urgent: hurry === undefined || hurry.aborted,
        onReport: ({ hashes, workedMs }) => onProgress?.({ hashes, expectedHashes: 2 ** difficulty, hashesPerSecond: Math.round(hashes / Math.max(workedMs, 1) * 1000) }),
        end: result => { if (result instanceof Error) reject(result); else resolve(result) }
      }
      const onAbort = (): void => {
        remove(job)
        reject(signal?.reason as Error)
      }
      const onHurry = (): void => {
        search.urgent = true
        thread?.send({ do: 'hurry', job })
      }
      signal?.addEventListener('abort', onAbort)
      hurry?.addEventListener('abort', onHurry)
      searches.set(job, search)
      begin(job, search)
      try {
        return await promise
      } finally {
        signal?.removeEventListener('abort', onAbort)
        hurry?.removeEventListener('abort', onHurry)
      }
    },
    close () {
      closed = true
      for (const [job, { end }] of searches) {
        remove(job)
        end(new CrdtIndexError('CLOSED', 'the stamp finder was closed'))
      }
    }
  }
}
