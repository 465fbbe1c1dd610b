// One body from whichever candidate delivers it first. The first candidate gets a head start; the next one joins
// after the hedge delay, or at once when one fails. Bodies prove themselves, so the first verified one wins.
// A source, which finds more candidates, starts after a delay of its own, or at once when there is nobody left to try.
import { deferred } from './deferred.ts'
import { TorrentStoreError, type PeerFault, type PeerFaultReason } from './errors.ts'
import type { TorrentStoreLimits } from './limits.ts'
import { loadExchange } from './load-exchange.ts'
import type { PartialTorrentRef, TorrentRef } from './torrent-ref.ts'
import type { ByteDuplex } from './wire/byte-duplex.ts'
import type { FetchVerdict } from './wire/fetch.ts'

/** Somebody who may have the body. */
export interface FetchCandidate {
  /** Names the candidate in results and faults, and tells it from others of one fetch. */
  readonly id: string
  /** Encrypts the connection (MSE, RC4), for peers that accept nothing else; `fallback` tries plain first. Default false. */
  readonly encrypt?: boolean | 'fallback'
  /** Connects, for `fallback` up to two times. `signal` aborts when the candidate is no longer needed; the duplex is destroyed by the fetch. */
  open (options: { signal: AbortSignal }): Promise<ByteDuplex>
}

/** Finds candidates while a fetch runs. */
export interface CandidateSource {
  /** Reports candidates until the search is over, or `signal` aborts because nobody needs more; then it resolves. */
  find (ref: PartialTorrentRef, options: { found: (candidate: FetchCandidate) => void, signal: AbortSignal }): Promise<void>
}

/** A verified body: it hashes to `ref.infoHash`. */
export interface FetchedBody {
  readonly body: Uint8Array
  readonly ref: TorrentRef
  /** `id` of the candidate that delivered it. */
  readonly from: string
  /** What other candidates did before that. */
  readonly faults: readonly PeerFault[]
}

export interface HedgedFetchOptions {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  readonly hedgeDelayMs: number
}

export interface Waiter {
  readonly candidates: readonly FetchCandidate[]
  readonly source?: CandidateSource
  /** Head start of the candidates over the source. */
  readonly sourceDelayMs?: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** One fetch that any number of callers wait for; it ends with its first verified body or its last caller. */
export class HedgedFetch {
  /** Settles with the fetch; never rejects. */
  readonly over: Promise<void>
  readonly #ref: PartialTorrentRef
  readonly #options: HedgedFetchOptions
  readonly #result = deferred<FetchedBody>()
  readonly #queue: FetchCandidate[] = []
  readonly #known = new Set<string>()
  readonly #active = new Map<string, AbortController>()
  readonly #faults: PeerFault[] = []
  readonly #sources = new Set<CandidateSource>()
  /** Starts of sources that are not due yet. */
  readonly #laterSources = new Set<() => void>()
  readonly #search = new AbortController()
  #searching = 0
  #lastCause: unknown
  #waiters = 0
  #hedge: NodeJS.Timeout | undefined
  #done = false

  constructor (ref: PartialTorrentRef, options: HedgedFetchOptions) {
    this.#ref = ref
    this.#options = options
    this.over = this.#result.promise.then(() => {}, () => {})
  }

  get done (): boolean { return this.#done }

  /** Adds candidates and waits for the body. Rejects with NOT_FOUND, TIMEOUT or `signal.reason`. */
  async join (waiter: Waiter): Promise<FetchedBody> {
    const { candidates, source, sourceDelayMs = 0, timeoutMs, signal } = waiter
    signal?.throwIfAborted()
    this.#waiters++
    const leave = deferred<never>()
    const timer = setTimeout(() => {
      leave.reject(new TorrentStoreError('TIMEOUT', `nobody delivered ${this.#ref.infoHash} within ${timeoutMs} ms`, { faults: [...this.#faults], cause: this.#lastCause }))
    }, timeoutMs)
    const onAbort = (): void => { leave.reject(signal?.reason) }
    signal?.addEventListener('abort', onAbort, { once: true })
    if (source !== undefined) this.#addSource(source, sourceDelayMs)
    this.#add(candidates)
    try {
      return await Promise.race([this.#result.promise, leave.promise])
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (--this.#waiters === 0) this.#finish()
    }
  }

  /** Ends the fetch for everybody. */
  abort (reason: unknown): void {
    this.#result.reject(reason)
    this.#finish()
  }

  #addSource (source: CandidateSource, delayMs: number): void {
    if (this.#done || this.#sources.has(source)) return
    this.#sources.add(source)
    const start = (): void => {
      clearTimeout(timer)
      if (this.#laterSources.delete(start)) void this.#run(source)
    }
    const timer = setTimeout(start, delayMs)
    void this.over.then(() => { clearTimeout(timer) })
    this.#laterSources.add(start)
  }

  async #run (source: CandidateSource): Promise<void> {
    this.#searching++
    try {
      await source.find(this.#ref, { found: candidate => { this.#add([candidate]) }, signal: this.#search.signal })
    } catch (error) {
      this.#lastCause = error
    }
    this.#searching--
    if (this.#active.size === 0) this.#next()
  }

  #add (candidates: readonly FetchCandidate[]): void {
    if (this.#done) return
    for (const candidate of candidates) {
      if (this.#known.has(candidate.id)) continue
      this.#known.add(candidate.id)
      this.#queue.push(candidate)
    }
    if (this.#active.size === 0) this.#next()
    else this.#armHedge()
  }

  #next (): void {
    if (this.#done || this.#active.size >= this.#options.limits.maxOpenCandidates) return
    const candidate = this.#queue.shift()
    if (candidate !== undefined) void this.#attempt(candidate)
    else if (this.#active.size === 0) this.#exhausted()
    this.#armHedge()
  }

  #exhausted (): void {
    if (this.#laterSources.size > 0) for (const start of this.#laterSources) start()
    else if (this.#searching === 0) this.#giveUp()
  }

  #armHedge (): void {
    clearTimeout(this.#hedge)
    if (this.#done || this.#queue.length === 0) return
    this.#hedge = setTimeout(() => { this.#next() }, this.#options.hedgeDelayMs)
  }

  async #attempt (candidate: FetchCandidate): Promise<void> {
    const controller = new AbortController()
    this.#active.set(candidate.id, controller)
    const stalled = setTimeout(() => { controller.abort(STALLED) }, this.#options.limits.candidateTimeoutMs)
    try {
      const verdict = await this.#deliver(candidate, controller.signal)
      if (verdict.ok) this.#succeed({ body: verdict.body, ref: verdict.ref, from: candidate.id, faults: [...this.#faults] })
      else this.#fault(candidate, verdict.reason, verdict.cause)
    } catch (error) {
      this.#fault(candidate, error === STALLED ? 'STALLED' : 'UNREACHABLE', error)
    } finally {
      clearTimeout(stalled)
      this.#active.delete(candidate.id)
      this.#next()
    }
  }

  async #deliver (candidate: FetchCandidate, signal: AbortSignal): Promise<FetchVerdict> {
    const { encrypt = false } = candidate
    const verdict = await this.#over(candidate, encrypt === true, signal)
    // Who wants encryption hangs up on a plain handshake, as one does who has not got the torrent.
    const hungUp = !verdict.ok && verdict.reason === 'ABSENT'
    return hungUp && encrypt === 'fallback' ? await this.#over(candidate, true, signal) : verdict
  }

  async #over (candidate: FetchCandidate, encrypt: boolean, signal: AbortSignal): Promise<FetchVerdict> {
    const { limits, peerId } = this.#options
    const { fetchOver } = await loadExchange()
    signal.throwIfAborted()
    return await fetchOver(await opened(candidate, signal), this.#ref, { limits, peerId, encrypt, signal })
  }

  #fault (candidate: FetchCandidate, reason: PeerFaultReason, cause: unknown): void {
    if (this.#done) return
    this.#faults.push({ id: candidate.id, reason })
    if (cause !== undefined) this.#lastCause = cause
  }

  #succeed (found: FetchedBody): void {
    this.#result.resolve(found)
    this.#finish()
  }

  #giveUp (): void {
    this.#result.reject(new TorrentStoreError('NOT_FOUND', `no candidate delivered ${this.#ref.infoHash}`, { faults: [...this.#faults], cause: this.#lastCause }))
    this.#finish()
  }

  #finish (): void {
    if (this.#done) return
    this.#done = true
    clearTimeout(this.#hedge)
    this.#queue.length = 0
    this.#laterSources.clear()
    this.#search.abort(new Error('the fetch is over'))
    for (const controller of this.#active.values()) controller.abort(new Error('the fetch is over'))
    this.#result.reject(new TorrentStoreError('NOT_FOUND', 'the fetch was abandoned')) // settles `over`; nobody waits for it
  }
}

/** One body from one candidate alone: the verified bytes, or why not. Rejects with `signal.reason`. */
export async function fetchFrom (ref: PartialTorrentRef, candidate: FetchCandidate, { peerId, limits, signal }: { peerId: Uint8Array, limits: TorrentStoreLimits, signal: AbortSignal }): Promise<Uint8Array | PeerFaultReason> {
  const fetch = new HedgedFetch(ref, { peerId, limits, hedgeDelayMs: 0 })
  try {
    // Connecting and delivering are bounded each on its own, and `fallback` does both twice.
    return (await fetch.join({ candidates: [candidate], timeoutMs: 4 * limits.candidateTimeoutMs, signal })).body
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof TorrentStoreError)) throw error
    return error.faults.at(-1)?.reason ?? 'STALLED'
  }
}

const STALLED = new Error('the candidate did not deliver in time')

/** The candidate's duplex, or the abort, whichever comes first; a duplex that comes too late is destroyed. */
export async function opened (candidate: FetchCandidate, signal: AbortSignal): Promise<ByteDuplex> {
  const aborted = deferred<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  signal.addEventListener('abort', onAbort, { once: true })
  const opening = Promise.resolve().then(async () => await candidate.open({ signal }))
  try {
    return await Promise.race([opening, aborted.promise])
  } catch (error) {
    opening.then(late => { late.on('error', () => {}).destroy() }, () => {})
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
