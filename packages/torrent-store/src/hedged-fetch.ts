// One body from whichever candidate delivers it first. The first candidate gets a head start; the next one joins
// after the hedge delay, or at once when one fails. Bodies prove themselves, so the first verified one wins.
import type { Duplex } from 'node:stream'
import { deferred } from './deferred.ts'
import { TorrentStoreError, type PeerFault, type PeerFaultReason } from './errors.ts'
import type { TorrentStoreLimits } from './limits.ts'
import type { PartialTorrentRef, TorrentRef } from './torrent-ref.ts'
import { fetchOver } from './wire/fetch.ts'

/** Somebody who may have the body. */
export interface FetchCandidate {
  /** Names the candidate in results and faults, and tells it from others of one fetch. */
  readonly id: string
  /** Encrypts the connection (MSE, RC4) for peers that accept nothing else. Default false. */
  readonly encrypt?: boolean
  /** Connects. `signal` aborts when the candidate is no longer needed; the duplex is destroyed by the fetch. */
  open (options: { signal: AbortSignal }): Promise<Duplex>
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
    const { candidates, timeoutMs, signal } = waiter
    signal?.throwIfAborted()
    this.#waiters++
    const leave = deferred<never>()
    const timer = setTimeout(() => {
      leave.reject(new TorrentStoreError('TIMEOUT', `nobody delivered ${this.#ref.infoHash} within ${timeoutMs} ms`, { faults: [...this.#faults], cause: this.#lastCause }))
    }, timeoutMs)
    const onAbort = (): void => { leave.reject(signal?.reason) }
    signal?.addEventListener('abort', onAbort, { once: true })
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

  #add (candidates: readonly FetchCandidate[]): void {
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
    else if (this.#active.size === 0) this.#giveUp()
    this.#armHedge()
  }

  #armHedge (): void {
    clearTimeout(this.#hedge)
    if (this.#done || this.#queue.length === 0) return
    this.#hedge = setTimeout(() => { this.#next() }, this.#options.hedgeDelayMs)
  }

  async #attempt (candidate: FetchCandidate): Promise<void> {
    const controller = new AbortController()
    this.#active.set(candidate.id, controller)
    const { limits, peerId } = this.#options
    const stalled = setTimeout(() => { controller.abort(STALLED) }, limits.candidateTimeoutMs)
    try {
      const duplex = await opened(candidate, controller.signal)
      const verdict = await fetchOver(duplex, this.#ref, { limits, peerId, encrypt: candidate.encrypt ?? false, signal: controller.signal })
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
    for (const controller of this.#active.values()) controller.abort(new Error('the fetch is over'))
    this.#result.reject(new TorrentStoreError('NOT_FOUND', 'the fetch was abandoned')) // settles `over`; nobody waits for it
  }
}

const STALLED = new Error('the candidate did not deliver in time')

/** The candidate's duplex, or the abort, whichever comes first; a duplex that comes too late is destroyed. */
async function opened (candidate: FetchCandidate, signal: AbortSignal): Promise<Duplex> {
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
