// Bodies from elsewhere, verified and not stored: one, or many over few connections. docs/fetching.md has the rules.
import { TorrentStoreError, type PeerFault, type PeerFaultReason } from './errors.ts'
import type { CandidateSource, FetchCandidate, FetchedBody, HedgedFetch, Waiter } from './hedged-fetch.ts'
import { MAX_BATCH_MESSAGE_IDS, MAX_TIMER_MS, type TorrentStoreLimits } from './limits.ts'
import { loadExchange } from './load-exchange.ts'
import { SharedFetches } from './shared-fetches.ts'
import type { InfoHash, PartialTorrentRef, TorrentRef } from './torrent-ref.ts'
import type { BatchFetch } from './wire/batch-fetch.ts'
import type { FetchManyOptions, FetchManyResult, FetchManyRun, FetchProgress } from './wire/batch-options.ts'

/** What `localFirst` found here: nobody was asked. */
export interface HeldBody {
  readonly body: Uint8Array
  readonly ref: TorrentRef
  readonly from: null
  readonly faults: readonly []
}

export interface FetchOptions {
  /** Tried in this order. */
  readonly candidates: readonly FetchCandidate[]
  /** Looks here first; a body that is held needs no candidate. Default false. */
  readonly localFirst?: boolean
  /** The last resort: finds more candidates, once `swarmDelayMs` are over or all candidates failed. A `Swarm` is one. */
  readonly swarm?: CandidateSource
  /** Head start of the candidates over the swarm. Default 2,000. */
  readonly swarmDelayMs?: number
  /** Head start of one candidate over the next; of calls that share a fetch the first one decides. Default 150. */
  readonly hedgeDelayMs?: number
  /** For the whole fetch. Default 15,000. */
  readonly timeoutMs?: number
  /** Ends this call, and the fetch if no other call shares it; rejects with `signal.reason`. */
  readonly signal?: AbortSignal
}

export interface FetchingOptions {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  /** Lengths of what is held here, as many as were asked for, in order. STORAGE_FAILED. */
  lengthsOf (infoHashes: readonly InfoHash[]): Promise<Array<number | undefined>>
  /** A held body, verified. STORAGE_FAILED, without a cause if the bytes are damaged. */
  get (infoHash: InfoHash): Promise<Uint8Array | undefined>
}

export interface Fetching {
  fetch (ref: PartialTorrentRef, options: FetchOptions): Promise<FetchedBody | HeldBody>
  fetchMany (refs: readonly PartialTorrentRef[], options: FetchManyOptions): FetchManyRun
  /** Ends every fetch with CLOSED. */
  close (): void
}

/** Bodies read from here at a time. */
const LOCAL_BLOCK = 32

export function createFetching ({ peerId, limits, lengthsOf, get }: FetchingOptions): Fetching {
  const shared = new SharedFetches()
  const fetches = new Map<string, HedgedFetch>()
  const batches = new Set<BatchFetch>()
  let open = true
  const checkOpen = (): void => { if (!open) throw closed() }

  /** Damaged bytes are none: peers may have them still. */
  async function local (infoHash: InfoHash): Promise<Uint8Array | undefined> {
    try {
      return await get(infoHash)
    } catch (error) {
      if (error instanceof TorrentStoreError && error.code === 'STORAGE_FAILED' && error.cause === undefined) return undefined
      throw error
    }
  }

  /** Splits into what is held here and what is not, in order; a reference with a wrong length is of something else. */
  async function split (refs: readonly PartialTorrentRef[]): Promise<{ here: PartialTorrentRef[], missing: PartialTorrentRef[] }> {
    const here: PartialTorrentRef[] = []
    const missing: PartialTorrentRef[] = []
    for (let at = 0; at < refs.length; at += MAX_BATCH_MESSAGE_IDS) {
      const block = refs.slice(at, at + MAX_BATCH_MESSAGE_IDS)
      const lengths = await lengthsOf(block.map(({ infoHash }) => infoHash))
      for (const [i, ref] of block.entries()) (lengths[i] !== undefined && lengths[i] === (ref.length ?? lengths[i]) ? here : missing).push(ref)
    }
    return { here, missing }
  }

  async function * many (refs: readonly PartialTorrentRef[], given: FetchManyOptions, preferred: Preferred): AsyncGenerator<FetchManyResult, void, undefined> {
    checkOpen()
    const options = { ...forTimers(given), ...(given.onFault === undefined ? {} : { onFault: outside(given.onFault) }) }
    options.signal?.throwIfAborted()
    const wanted = distinct(refs)
    const onSettled = counter(wanted.length, options.onProgress)
    const { here, missing } = options.localFirst === true ? await split(wanted) : { here: [], missing: wanted }
    const run: { batch?: BatchFetch } = {}
    async function fetchRest (rest: readonly PartialTorrentRef[]): Promise<void> {
      if (rest.length === 0) return
      if (run.batch !== undefined) { run.batch.add(rest); return }
      const { BatchFetch } = await loadExchange()
      checkOpen()
      const batch = run.batch = new BatchFetch(options, {
        peerId, limits, shared,
        fetchOne: async (ref, candidate, signal) => await fetchFrom(ref, candidate, signal),
        seek: async (ref, signal) => await seek(ref, options, signal)
      }, onSettled)
      batches.add(batch)
      batch.begin(rest)
      preferred.use(batch)
    }
    try {
      await fetchRest(missing)
      const damaged: PartialTorrentRef[] = []
      for (let at = 0; at < here.length; at += LOCAL_BLOCK) {
        const block = here.slice(at, at + LOCAL_BLOCK)
        const bodies = await Promise.all(block.map(async ({ infoHash }) => await local(infoHash)))
        for (const [i, ref] of block.entries()) {
          options.signal?.throwIfAborted()
          checkOpen()
          const body = bodies[i]
          if (body === undefined) { damaged.push(ref); continue }
          const result = { infoHash: ref.infoHash, body, from: null }
          onSettled(result)
          yield result
        }
      }
      await fetchRest(damaged)
      if (run.batch !== undefined) yield * run.batch.results()
    } finally {
      run.batch?.close()
      if (run.batch !== undefined) batches.delete(run.batch)
    }
  }

  /** One body from one candidate alone, or why not. Rejects with `signal.reason`. */
  async function fetchFrom (ref: PartialTorrentRef, candidate: FetchCandidate, signal: AbortSignal): Promise<Uint8Array | PeerFaultReason> {
    try {
      // Connecting and delivering are bounded each on its own, and `fallback` does both twice.
      return (await alone(ref, { candidates: [candidate], timeoutMs: 4 * limits.candidateTimeoutMs, signal })).body
    } catch (error) {
      return faultsOf(error, signal).at(-1)?.reason ?? 'STALLED'
    }
  }

  /** One body from the open swarm, or null. Rejects with `signal.reason`. */
  async function seek (ref: PartialTorrentRef, { swarm, timeoutMs = 15_000, onFault }: FetchManyOptions, signal: AbortSignal): Promise<{ body: Uint8Array, from: string } | null> {
    if (swarm === undefined) return null
    const tell = (faults: readonly PeerFault[]): void => { for (const fault of faults) if (fault.reason !== 'ABSENT') onFault?.(fault) } // not to have it is no fault
    try {
      const { body, from, faults } = await alone(ref, { candidates: [], source: swarm, timeoutMs, signal })
      tell(faults)
      return { body, from }
    } catch (error) {
      tell(faultsOf(error, signal))
      return null
    }
  }

  async function alone (ref: PartialTorrentRef, waiter: Waiter): Promise<FetchedBody> {
    const { HedgedFetch } = await loadExchange()
    waiter.signal?.throwIfAborted()
    return await new HedgedFetch(ref, { peerId, limits, hedgeDelayMs: DEFAULT_HEDGE_MS }).join(waiter)
  }

  return {
    async fetch (ref, options) {
      const { candidates, localFirst = false, swarm, swarmDelayMs = 2000, hedgeDelayMs = DEFAULT_HEDGE_MS, timeoutMs = 15_000, signal } = forTimers(options)
      checkOpen()
      signal?.throwIfAborted()
      const held = localFirst ? await local(ref.infoHash) : undefined
      if (held !== undefined && held.length === (ref.length ?? held.length)) return { body: held, ref: { infoHash: ref.infoHash, length: held.length }, from: null, faults: [] }
      const { HedgedFetch } = await loadExchange()
      checkOpen()
      signal?.throwIfAborted() // a fetch that nobody waits for would never end
      // The length is part of the key: one who was told a wrong length must not fail those who know the right one.
      const key = `${ref.infoHash}/${ref.length ?? ''}`
      let joined = fetches.get(key)
      if (joined === undefined || joined.done) {
        const started = new HedgedFetch(ref, { peerId, limits, hedgeDelayMs, shared })
        fetches.set(key, started)
        void started.over.then(() => { if (fetches.get(key) === started) fetches.delete(key) })
        joined = started
      }
      const { body, ...rest } = await joined.join({
        candidates, timeoutMs, sourceDelayMs: swarmDelayMs, ...(swarm === undefined ? {} : { source: swarm }), ...(signal === undefined ? {} : { signal })
      })
      return { body: new Uint8Array(body), ...rest } // callers that share a fetch do not share the bytes
    },

    fetchMany (refs, options) {
      checkOpen()
      const preferred = new Preferred()
      const results = many(refs, options, preferred)
      const iterator: AsyncIterator<FetchManyResult, void, undefined> = {
        next: async () => await results.next().catch((error: unknown) => {
          if (error !== LEFT) throw error
          return { value: undefined, done: true }
        }),
        async return () {
          preferred.leave() // a generator that waits hears of it only afterwards
          return await results.return()
        }
      }
      return { [Symbol.asyncIterator]: () => iterator, prefer: infoHashes => { preferred.prefer(infoHashes) } }
    },

    close () {
      open = false
      for (const each of [...fetches.values(), ...batches]) each.abort(closed())
    }
  }
}

const DEFAULT_HEDGE_MS = 150
const LEFT = new Error('the caller left')

function closed (): TorrentStoreError {
  return new TorrentStoreError('CLOSED', 'the store was closed')
}

/** What a caller's function throws is the caller's: in the middle of a message it would pass for the peer's fault. */
function outside<T> (listener: (news: T) => void): (news: T) => void {
  return news => {
    try {
      listener(news)
    } catch (error) {
      queueMicrotask(() => { throw error })
    }
  }
}

/** What a timer cannot wait for is no time at all to it: whoever says Infinity means as long as can be. */
function forTimers<T extends Times> (options: T): T {
  const bounded: { -readonly [name in keyof Times]: number } = {}
  for (const name of ['timeoutMs', 'swarmDelayMs', 'hedgeDelayMs'] as const) {
    const ms = options[name]
    if (ms !== undefined) bounded[name] = Math.min(ms, MAX_TIMER_MS)
  }
  return { ...options, ...bounded }
}
type Times = Pick<FetchOptions, 'timeoutMs' | 'swarmDelayMs' | 'hedgeDelayMs'>

/** The first of those with the same infohash. */
function distinct (refs: readonly PartialTorrentRef[]): PartialTorrentRef[] {
  const seen = new Set<InfoHash>()
  return refs.filter(({ infoHash }) => !seen.has(infoHash) && seen.add(infoHash))
}

/** What candidates did; throws what is no failure of theirs. */
function faultsOf (error: unknown, signal: AbortSignal): readonly PeerFault[] {
  signal.throwIfAborted()
  if (!(error instanceof TorrentStoreError)) throw error
  return error.faults
}

/** Tells `onProgress` of everything settled, and of the beginning. */
function counter (wanted: number, onProgress: ((progress: FetchProgress) => void) | undefined): (result: FetchManyResult) => void {
  let [arrived, absent, bytes] = [0, 0, 0]
  const listener = onProgress === undefined ? null : outside(onProgress)
  const tell = (): void => { listener?.({ wanted, arrived, absent, bytes }) }
  tell()
  return ({ body }) => {
    if (body === undefined) absent++
    else arrived++
    bytes += body?.length ?? 0
    tell()
  }
}

/** What a caller prefers, also before there is anybody to tell, and that it leaves. */
class Preferred {
  #batch: BatchFetch | null = null
  readonly #early = new Set<InfoHash>()

  prefer (infoHashes: readonly InfoHash[]): void {
    for (const infoHash of infoHashes) {
      if (this.#batch === null) this.#early.add(infoHash)
      else this.#batch.prefer(infoHash)
    }
  }

  /** Wants nothing any more. */
  leave (): void {
    this.#batch?.abort(LEFT)
  }

  use (batch: BatchFetch): void {
    this.#batch = batch
    this.prefer([...this.#early])
    this.#early.clear()
  }
}
