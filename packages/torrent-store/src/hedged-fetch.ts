// One body from whichever candidate delivers it first. The first candidate gets a head start; the next one joins
// after the hedge delay, or at once when one fails. Bodies prove themselves, so the first verified one wins.
// A source, which finds more candidates, starts after a delay of its own, or at once when there is nobody left to try.
// Where another fetch of the store asks for the body already, that one takes the place of the first candidate.
import { deferred } from './deferred.ts'
import { TorrentStoreError, type PeerFault, type PeerFaultReason } from './errors.ts'
import { MAX_SHORT_SECRETS, type TorrentStoreLimits } from './limits.ts'
import { opened } from './open-candidate.ts'
import type { FetchParty, SharedFetches } from './shared-fetches.ts'
import type { InfoHash, PartialTorrentRef, TorrentRef } from './torrent-ref.ts'
import type { ByteDuplex } from './wire/byte-duplex.ts'
import { fetchOver, type FetchVerdict } from './wire/fetch.ts'
import { SHORT_SECRET } from './wire/handshake-keys.ts'

/** Somebody who may have the body. */
export interface FetchCandidate {
  /** Names the candidate in results and faults, and tells it from others of one fetch. */
  readonly id: string
  /** Encrypts the connection (MSE, RC4), for peers that accept nothing else; `fallback` tries plain first. Default false. */
  readonly encrypt?: boolean | 'fallback'
  /** Connects; called again where `fallback` or an encrypted handshake needs another connection. `signal` aborts when the candidate is no longer needed; the duplex is destroyed by the fetch. */
  open (options: { signal: AbortSignal }): Promise<ByteDuplex>
  /** Told what the peer says of others (ut_pex, BEP 11), undecoded. */
  readonly onPeerExchange?: (message: Uint8Array) => void
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
  /** Told of this fetch, so that others of the store share what it gets. Default: it shares with nobody. */
  readonly shared?: SharedFetches
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
export class HedgedFetch implements FetchParty {
  /** Settles with the fetch; never rejects. */
  readonly over: Promise<void>
  readonly #ref: PartialTorrentRef
  readonly #options: HedgedFetchOptions
  readonly #result = deferred<FetchedBody>()
  readonly #queue: FetchCandidate[] = []
  readonly #known = new Set<string>()
  readonly #active = new Map<string, AbortController>()
  /** Of the active ones, those that have the body and do not serve us yet: they get more time, and hold no place. */
  readonly #choked = new Set<string>()
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
  /** Whether it waited, or waits, for what another fetch gets. */
  #waited = false
  #waiting = false
  #attemptMs = 0

  constructor (ref: PartialTorrentRef, options: HedgedFetchOptions) {
    this.#ref = ref
    this.#options = options
    options.shared?.join(ref.infoHash, this)
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

  found (infoHash: InfoHash, body: Uint8Array, from: string): void {
    const { length = body.length } = this.#ref
    if (length === body.length) this.#succeed({ body: new Uint8Array(body), ref: { infoHash, length }, from, faults: [...this.#faults] })
  }

  freed (): void {
    this.#waiting = false
    queueMicrotask(() => { if (this.#active.size === 0) this.#next() }) // whoever freed it is in the middle of something
  }

  lastSignMs (): number { return this.#attemptMs }
  /** Nothing to put it before. */
  prefer (): void {}

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
    this.#tellShared()
    try {
      await source.find(this.#ref, { found: candidate => { this.#add([candidate]) }, signal: this.#search.signal })
    } catch (error) {
      this.#lastCause = error
    }
    this.#searching--
    if (this.#active.size === 0) this.#next()
    this.#tellShared()
  }

  #add (candidates: readonly FetchCandidate[]): void {
    if (this.#done) return
    for (const candidate of candidates) {
      if (this.#known.has(candidate.id)) continue
      this.#known.add(candidate.id)
      this.#queue.push(candidate)
    }
    if (this.#active.size === 0 && !this.#waiting) this.#next()
    else this.#armHedge()
  }

  #next (): void {
    const { maxOpenCandidates } = this.#options.limits
    const places = maxOpenCandidates + Math.min(this.#choked.size, maxOpenCandidates)
    if (this.#done || this.#active.size >= places || this.#waitsForOther()) return
    const candidate = this.#queue.shift()
    if (candidate !== undefined) void this.#attempt(candidate)
    else if (this.#active.size === 0) this.#exhausted()
    this.#armHedge()
  }

  /** The first time that another fetch asks for the body: it has the head start of a candidate. */
  #waitsForOther (): boolean {
    const { infoHash } = this.#ref
    const other = this.#waited || this.#active.size > 0 ? undefined : this.#options.shared?.asker(infoHash, this)
    this.#waiting = other !== undefined
    if (other === undefined) return false
    this.#waited = true
    other.prefer(infoHash)
    this.#armHedge()
    return true
  }

  #exhausted (): void {
    if (this.#options.shared?.asker(this.#ref.infoHash, this) !== undefined) return // until it is freed
    if (this.#laterSources.size > 0) for (const start of this.#laterSources) start()
    else if (this.#searching === 0) this.#giveUp()
  }

  #tellShared (): void {
    this.#options.shared?.setAsking(this.#ref.infoHash, this, !this.#done && this.#active.size + this.#searching > 0)
  }

  #armHedge (): void {
    clearTimeout(this.#hedge)
    if (this.#done || this.#queue.length === 0) return
    this.#hedge = setTimeout(() => { this.#next() }, this.#options.hedgeDelayMs)
  }

  async #attempt (candidate: FetchCandidate): Promise<void> {
    const controller = new AbortController()
    this.#active.set(candidate.id, controller)
    this.#attemptMs = performance.now()
    this.#tellShared()
    const { candidateTimeoutMs, chokedTimeoutMs } = this.#options.limits
    let choked = false
    const abort = (): void => { controller.abort(STALLED) }
    let stalled = setTimeout(() => {
      if (!choked) { abort(); return }
      stalled = setTimeout(abort, chokedTimeoutMs) // until then it lets us ask, and delivers
      this.#choked.add(candidate.id)
      this.#next()
    }, candidateTimeoutMs)
    try {
      const verdict = await this.#deliver(candidate, controller.signal, now => { choked = now })
      if (verdict.ok) this.#delivered(verdict.body, verdict.ref, candidate.id)
      else this.#fault(candidate, verdict.reason, verdict.cause)
    } catch (error) {
      this.#fault(candidate, error === STALLED ? 'STALLED' : 'UNREACHABLE', error)
    } finally {
      clearTimeout(stalled)
      this.#active.delete(candidate.id)
      this.#choked.delete(candidate.id)
      this.#next()
      this.#tellShared()
    }
  }

  #delivered (body: Uint8Array, ref: TorrentRef, from: string): void {
    if (this.#done) return
    this.#options.shared?.deliver(ref.infoHash, body, from, this)
    this.#succeed({ body, ref, from, faults: [...this.#faults] })
  }

  async #deliver (candidate: FetchCandidate, signal: AbortSignal, onChoke: (choked: boolean) => void): Promise<FetchVerdict> {
    const { encrypt = false } = candidate
    const verdict = await this.#over(candidate, encrypt === true, signal, onChoke)
    // Who wants encryption hangs up on a plain handshake, as one does who has not got the torrent.
    const hungUp = !verdict.ok && verdict.reason === 'ABSENT'
    return hungUp && encrypt === 'fallback' ? await this.#over(candidate, true, signal, onChoke) : verdict
  }

  async #over (candidate: FetchCandidate, encrypt: boolean, signal: AbortSignal, onChoke: (choked: boolean) => void): Promise<FetchVerdict> {
    const { limits, peerId } = this.#options
    const { onPeerExchange } = candidate
    for (let dials = 0; ; dials++) {
      const verdict = await fetchOver(await opened(candidate, signal), this.#ref, { limits, peerId, encrypt, onChoke, signal, ...(onPeerExchange === undefined ? {} : { onPeerExchange }) })
      if (verdict.ok || verdict.cause !== SHORT_SECRET || dials === MAX_SHORT_SECRETS) return verdict
    }
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
    this.#options.shared?.leave(this.#ref.infoHash, this)
    clearTimeout(this.#hedge)
    this.#queue.length = 0
    this.#laterSources.clear()
    this.#search.abort(new Error('the fetch is over'))
    for (const controller of this.#active.values()) controller.abort(new Error('the fetch is over'))
    this.#result.reject(new TorrentStoreError('NOT_FOUND', 'the fetch was abandoned')) // settles `over`; nobody waits for it
  }
}

const STALLED = new Error('the candidate did not deliver in time')
