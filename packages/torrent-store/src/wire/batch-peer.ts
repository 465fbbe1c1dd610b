// One candidate of a fetchMany: its connection, or its single fetches if it does not speak sb_bodies.
import type { PeerFaultReason } from '../errors.ts'
import type { FetchCandidate } from '../hedged-fetch.ts'
import { MAX_SHORT_SECRETS, type TorrentStoreLimits } from '../limits.ts'
import { opened } from '../open-candidate.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { openBatch, type BatchConnection } from './batch-connection.ts'
import { BatchPriority } from './batch-message.ts'
import { SHORT_SECRET } from './handshake-keys.ts'

/** What a peer tells of its work. Every id given to `want` is answered by one `answer`, or comes back by `over`. */
export interface BatchPeerOptions {
  readonly candidate: FetchCandidate
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  /** One body over a connection of its own; `body` or the fault. */
  fetchOne (infoHash: InfoHash, candidate: FetchCandidate, signal: AbortSignal): Promise<Uint8Array | PeerFaultReason>
  /** May take more work. */
  ready (): void
  answer (infoHash: InfoHash, body: Uint8Array | null): void
  fault (reason: PeerFaultReason): void
  /** Nothing is under way any more. `ABSENT`: it does not hold the door. */
  over (reason: PeerFaultReason): void
}

export class BatchPeer {
  /** Ids asked for and not answered. */
  readonly underWay: Set<InfoHash> = new Set<InfoHash>()
  /** By performance.now(): the last sign of life, or the start. */
  lastSignMs = 0
  /** Bodies delivered over the present connection. */
  delivered = 0
  /** Asked over the present connection, in all. */
  asked = 0
  state: 'closed' | 'opening' | 'batch' | 'single' = 'closed'
  readonly #options: BatchPeerOptions
  #connection: BatchConnection | null = null
  #ending = new AbortController()
  #failedInRow = 0
  /** Single fetches under way. */
  readonly #singles = new Map<InfoHash, AbortController>()

  constructor (options: BatchPeerOptions) {
    this.#options = options
  }

  get candidate (): FetchCandidate { return this.#options.candidate }

  /** How many more ids it may get now, and over one connection some beyond what it is kept busy with. */
  room (beyond = 0): number {
    const { limits } = this.#options
    if (this.state === 'single') return limits.maxSinglesPerPeer - this.underWay.size
    return this.state === 'batch' ? Math.min(limits.maxBatchWanted + beyond - this.underWay.size, limits.maxBatchIds - this.asked) : 0
  }

  /** Whether the connection has carried all it may, and the next one is due. */
  get usedUp (): boolean {
    return this.state === 'batch' && this.asked >= this.#options.limits.maxBatchIds && this.underWay.size === 0
  }

  /** `dials`: connections before this one that a secret made useless. */
  async start (door: InfoHash, dials = 0): Promise<void> {
    const { candidate, limits, peerId } = this.#options
    this.state = 'opening'
    this.lastSignMs = performance.now()
    this.delivered = 0
    this.asked = 0
    const ending = this.#ending = new AbortController()
    const slow = setTimeout(() => { ending.abort(TOO_SLOW) }, limits.candidateTimeoutMs)
    try {
      const duplex = await opened(candidate, ending.signal)
      if (ending.signal.aborted) {
        duplex.on('error', () => {}).destroy()
        throw ending.signal.reason
      }
      this.#connection = openBatch(duplex, door, {
        peerId,
        limits,
        encrypt: candidate.encrypt === true,
        onReady: () => { this.#ready('batch') },
        onBody: (infoHash, body) => { this.delivered++; this.#answer(infoHash, body) },
        onAbsent: infoHash => { this.#answer(infoHash, null) },
        onOver: (reason, cause) => {
          if (reason === 'UNSUPPORTED') this.singly()
          else if (cause === SHORT_SECRET && dials < MAX_SHORT_SECRETS) void this.start(door, dials + 1)
          else this.#over(reason)
        }
      })
    } catch {
      if (ending.signal.reason === TOO_SLOW) this.#over('STALLED')
      else if (!ending.signal.aborted) this.#over('UNREACHABLE')
    } finally {
      clearTimeout(slow)
    }
  }

  /** From now on a connection a body. */
  singly (): void {
    this.close()
    this.#ending = new AbortController()
    this.#ready('single')
  }

  want (ids: readonly InfoHash[], priority: number): void {
    if (ids.length === 0) return
    if (this.underWay.size === 0) this.lastSignMs = performance.now()
    this.asked += ids.length
    for (const id of ids) this.underWay.add(id)
    if (this.state === 'single') for (const id of ids) void this.#single(id)
    else this.#connection?.want(ids, priority)
  }

  /** Where it answers singly all are under way at once. */
  raise (ids: readonly InfoHash[]): void {
    this.#connection?.raise(ids, BatchPriority.first)
  }

  cancel (ids: readonly InfoHash[]): void {
    const known = ids.filter(id => this.underWay.delete(id))
    if (known.length > 0) this.#connection?.cancel(known)
    for (const id of known) this.#singles.get(id)?.abort(NOT_NEEDED)
  }

  /** Ends what is under way without a word. */
  close (): void {
    this.state = 'closed'
    this.underWay.clear()
    this.#ending.abort(new Error('the fetch is over'))
    this.#connection?.close()
    this.#connection = null
  }

  async #single (infoHash: InfoHash): Promise<void> {
    const { candidate, fetchOne } = this.#options
    const single = new AbortController()
    const signal = AbortSignal.any([this.#ending.signal, single.signal])
    this.#singles.set(infoHash, single)
    let found: Uint8Array | PeerFaultReason = 'CLOSED'
    try {
      found = await fetchOne(infoHash, candidate, signal)
    } catch {
      // aborted, by us
    }
    if (this.#singles.get(infoHash) === single) this.#singles.delete(infoHash)
    if (signal.aborted || !this.underWay.has(infoHash)) return
    if (typeof found !== 'string' || found === 'ABSENT') {
      this.#failedInRow = 0
      this.#answer(infoHash, typeof found === 'string' ? null : found)
      return
    }
    if (++this.#failedInRow >= MAX_FAILED_IN_ROW) { this.#over(found); return }
    this.#options.fault(found)
    this.#answer(infoHash, null)
  }

  #ready (state: 'batch' | 'single'): void {
    this.state = state
    this.lastSignMs = performance.now()
    this.#options.ready()
  }

  #answer (infoHash: InfoHash, body: Uint8Array | null): void {
    this.lastSignMs = performance.now()
    if (this.underWay.delete(infoHash)) this.#options.answer(infoHash, body)
  }

  #over (reason: PeerFaultReason): void {
    this.#options.over(reason)
    this.close()
  }
}

const NOT_NEEDED = new Error('the body is not needed any more')
const TOO_SLOW = new Error('the candidate did not connect in time')
/** Single fetches of one peer that fail one after another, other than by not having the body, until it is left alone. */
const MAX_FAILED_IN_ROW = 3
