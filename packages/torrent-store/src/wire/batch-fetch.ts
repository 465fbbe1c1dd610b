// Many bodies from few peers: what is wanted is spread over the candidates, a connection each (docs/sb_bodies.md);
// what one lacks is asked of the next, and what a silent one owes, of another one beside it.
import { deferred } from '../deferred.ts'
import type { PeerFaultReason } from '../errors.ts'
import type { FetchCandidate } from '../hedged-fetch.ts'
import { MAX_BATCH_MESSAGE_IDS, type TorrentStoreLimits } from '../limits.ts'
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import type { FetchManyOptions, FetchManyResult } from './batch-options.ts'
import { BatchPeer } from './batch-peer.ts'

export interface BatchFetchSettings {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  fetchOne (ref: PartialTorrentRef, candidate: FetchCandidate, signal: AbortSignal): Promise<Uint8Array | PeerFaultReason>
}

/** Something wanted: who may still have it, and who was asked for it. */
interface Wanted { readonly ref: PartialTorrentRef, readonly mayHave: Set<Source>, readonly askedOf: Set<Source> }
/** A candidate: what it may have and was not asked for yet, in order, and how often its door was shut. */
interface Source { readonly peer: BatchPeer, readonly todo: Set<InfoHash>, door: InfoHash | null, shutDoors: number }

const DEFAULT_CONCURRENCY = 4
/** Infohashes that a peer is asked for by name of the connection before it is asked for each on its own. */
const MAX_SHUT_DOORS = 4
/** The shortest tick on which silent peers are looked for. */
const MIN_HEDGE_MS = 10
/** The least that is worth a message. */
const MIN_SHARE = 16

/** One fetchMany, from its first `next` to its end. */
export class BatchFetch {
  readonly #options: FetchManyOptions
  readonly #settings: BatchFetchSettings
  readonly #hedgeDelayMs: number
  readonly #wanted = new Map<InfoHash, Wanted>()
  readonly #sources = new Map<string, Source>()
  readonly #results: FetchManyResult[] = []
  /** Wanted and asked of nobody at the moment. */
  #unasked = 0
  #pumping = false
  #over = false
  #failure: { readonly reason: unknown } | null = null
  #news = deferred<void>()
  #deadline: NodeJS.Timeout | undefined
  #hedge: NodeJS.Timeout | undefined

  constructor (refs: readonly PartialTorrentRef[], options: FetchManyOptions, settings: BatchFetchSettings) {
    this.#options = options
    this.#settings = settings
    this.#hedgeDelayMs = options.hedgeDelayMs ?? 150
    for (const ref of refs) if (!this.#wanted.has(ref.infoHash)) this.#wanted.set(ref.infoHash, { ref, mayHave: new Set(), askedOf: new Set() })
    this.#unasked = this.#wanted.size
  }

  async * results (): AsyncGenerator<FetchManyResult, void, undefined> {
    const { signal, timeoutMs = 15_000 } = this.#options
    signal?.throwIfAborted()
    const onAbort = (): void => { this.abort(signal?.reason) }
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      if (this.#failure === null) {
        this.#deadline = setTimeout(() => { this.#end() }, timeoutMs)
        this.#hedge = setInterval(() => { this.#pump(true) }, Math.max(MIN_HEDGE_MS, this.#hedgeDelayMs))
        this.#begin()
      }
      for (;;) {
        if (this.#failure !== null) throw this.#failure.reason
        const next = this.#results.shift()
        if (next !== undefined) {
          yield next
          this.#pump()
        } else if (this.#wanted.size === 0) {
          return
        } else {
          this.#news = deferred()
          await this.#news.promise
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#close()
    }
  }

  /** The iteration throws `reason`. */
  abort (reason: unknown): void {
    if (this.#failure !== null) return
    this.#failure = { reason }
    this.#close()
    this.#news.resolve()
  }

  #begin (): void {
    const { candidates } = this.#options
    for (const [infoHash, wanted] of this.#wanted) {
      for (const candidate of typeof candidates === 'function' ? candidates(infoHash) : candidates) {
        const source = this.#sources.get(candidate.id) ?? this.#addSource(candidate)
        source.todo.add(infoHash)
        wanted.mayHave.add(source)
      }
      if (wanted.mayHave.size === 0) this.#settle({ infoHash, absent: true })
    }
    this.#pump()
  }

  #addSource (candidate: FetchCandidate): Source {
    const { peerId, limits, fetchOne } = this.#settings
    const source: Source = {
      todo: new Set(),
      door: null,
      shutDoors: 0,
      peer: new BatchPeer({
        candidate,
        peerId,
        limits,
        fetchOne: async (infoHash, from, signal) => await fetchOne(this.#wanted.get(infoHash)?.ref ?? { infoHash }, from, signal),
        ready: () => { this.#pump() },
        answer: (infoHash, body) => { this.#onAnswer(source, infoHash, body) },
        fault: reason => { this.#options.onFault?.({ id: candidate.id, reason }) },
        over: reason => { this.#onOver(source, reason) }
      })
    }
    this.#sources.set(candidate.id, source)
    return source
  }

  #onAnswer (source: Source, infoHash: InfoHash, body: Uint8Array | null): void {
    const wanted = this.#wanted.get(infoHash)
    if (wanted === undefined) return
    // Of a reference with a wrong length nothing is right: nobody else can do better.
    if (body !== null) this.#settle(wanted.ref.length === undefined || wanted.ref.length === body.length ? { infoHash, body, from: source.peer.candidate.id } : { infoHash, absent: true })
    else this.#giveUp(source, infoHash)
    this.#pump()
  }

  #onOver (source: Source, reason: PeerFaultReason): void {
    const { peer, todo } = source
    const owed = [...peer.underWay]
    // Who served some may have met a bound of its own; who was asked for the wrong body first may have others.
    const again = reason === 'CLOSED' && peer.delivered > 0
    const shut = reason === 'ABSENT' && peer.state === 'opening'
    if (!shut) this.#options.onFault?.({ id: peer.candidate.id, reason })
    for (const infoHash of again ? [] : owed) this.#giveUp(source, infoHash)
    if (again) for (const infoHash of owed) this.#putBack(source, infoHash)
    else if (shut) this.#onShutDoor(source)
    else for (const infoHash of [...todo]) this.#giveUp(source, infoHash)
    queueMicrotask(() => { this.#pump() }) // once the peer is closed
  }

  #onShutDoor (source: Source): void {
    // Who wants encryption hangs up on a plain handshake too; single fetches try both.
    if (source.peer.candidate.encrypt === 'fallback') { source.shutDoors = MAX_SHUT_DOORS; return }
    source.shutDoors++
    if (source.door !== null) this.#giveUp(source, source.door)
  }

  /** `source` does not deliver it. */
  #giveUp (source: Source, infoHash: InfoHash): void {
    source.todo.delete(infoHash)
    const wanted = this.#wanted.get(infoHash)
    if (wanted === undefined) return
    wanted.mayHave.delete(source)
    if (wanted.askedOf.delete(source) && wanted.askedOf.size === 0) this.#unasked++
    if (wanted.mayHave.size === 0) this.#settle({ infoHash, absent: true })
  }

  #putBack (source: Source, infoHash: InfoHash): void {
    const wanted = this.#wanted.get(infoHash)
    if (wanted === undefined) return
    source.todo.add(infoHash)
    if (wanted.askedOf.delete(source) && wanted.askedOf.size === 0) this.#unasked++
  }

  #settle (result: FetchManyResult): void {
    const wanted = this.#wanted.get(result.infoHash)
    if (wanted === undefined) return
    this.#wanted.delete(result.infoHash)
    if (wanted.askedOf.size === 0) this.#unasked--
    for (const { peer } of wanted.askedOf) peer.cancel([result.infoHash])
    this.#results.push(result)
    this.#news.resolve()
  }

  /** Time is up: the rest is absent. */
  #end (): void {
    this.#close()
    for (const infoHash of [...this.#wanted.keys()]) this.#settle({ infoHash, absent: true })
  }

  #close (): void {
    this.#over = true
    clearTimeout(this.#deadline)
    clearInterval(this.#hedge)
    for (const { peer } of this.#sources.values()) peer.close()
  }

  /** Gives work to every peer that has room, and opens peers while there are slots; on the hedge's tick also what a silent one owes. */
  #pump (mayHedge = false): void {
    if (this.#over || this.#pumping) return
    this.#pumping = true
    const nowMs = performance.now()
    for (const source of this.#sources.values()) {
      const { peer } = source
      if (peer.usedUp) peer.close()
      if (peer.state !== 'batch' && peer.state !== 'single') continue
      const ids = this.#take(source, nowMs, mayHedge)
      if (ids.length > 0) peer.want(ids)
    }
    this.#pumping = false
    this.#openMore(nowMs, mayHedge)
  }

  #take (source: Source, nowMs: number, mayHedge: boolean): InfoHash[] {
    const { peer, todo } = source
    const { limits } = this.#settings
    if (this.#unasked === 0 && !mayHedge) return []
    // Refilled when it is half empty, and not by one for each that was answered.
    if (peer.state === 'batch' && peer.underWay.size > limits.maxBatchWanted / 2) return []
    const busy = [...this.#sources.values()].filter(each => each.peer.state !== 'closed' && each.todo.size > 0).length
    const share = Math.max(MIN_SHARE, Math.ceil(this.#unasked / Math.max(1, busy)))
    const pending = this.#wanted.size - this.#unasked + this.#results.length
    const most = Math.min(peer.room, share, MAX_BATCH_MESSAGE_IDS)
    const ids: InfoHash[] = []
    for (const infoHash of todo) {
      if (ids.length >= most) break
      const wanted = this.#wanted.get(infoHash)
      if (wanted === undefined) { todo.delete(infoHash); continue }
      const asked = wanted.askedOf.size > 0
      if (asked ? !mayHedge || !this.#isHedgeDue(wanted, nowMs) : pending + ids.length >= limits.maxBatchPending) continue
      if (!asked) this.#unasked--
      wanted.askedOf.add(source)
      todo.delete(infoHash)
      ids.push(infoHash)
    }
    return ids
  }

  /** Whether the one peer that was asked is silent. */
  #isHedgeDue (wanted: Wanted, nowMs: number): boolean {
    return wanted.askedOf.size === 1 && [...wanted.askedOf].every(({ peer }) => this.#isSilent(peer, nowMs))
  }

  #isSilent (peer: BatchPeer, nowMs: number): boolean {
    return (peer.state === 'opening' || peer.underWay.size > 0) && nowMs - peer.lastSignMs >= this.#hedgeDelayMs
  }

  #openMore (nowMs: number, mayHedge: boolean): void {
    const { concurrency = DEFAULT_CONCURRENCY } = this.#options
    const open = [...this.#sources.values()].filter(({ peer }) => peer.state !== 'closed')
    let lively = open.filter(({ peer }) => !this.#isSilent(peer, nowMs)).length
    let all = open.length
    for (const source of this.#sources.values()) {
      if (lively >= concurrency || all >= 2 * concurrency) {
        // An idle connection, whose peer has nothing more to give, makes room.
        const idle = open.findIndex(({ peer, todo }) => (peer.state === 'batch' || peer.state === 'single') && peer.underWay.size === 0 && todo.size === 0)
        if (idle === -1) return
        open.splice(idle, 1)[0]?.peer.close()
        lively--
        all--
      }
      if (source.peer.state !== 'closed') continue
      const door = this.#door(source, nowMs, mayHedge)
      if (door === null) continue
      lively++
      all++
      source.door = door
      if (source.shutDoors >= MAX_SHUT_DOORS) source.peer.singly()
      else void source.peer.start(door)
    }
  }

  /** What the connection begins with: the first that this peer would be asked for. */
  #door (source: Source, nowMs: number, mayHedge: boolean): InfoHash | null {
    if (this.#unasked === 0 && !mayHedge) return null
    for (const infoHash of source.todo) {
      const wanted = this.#wanted.get(infoHash)
      if (wanted === undefined) source.todo.delete(infoHash)
      else if (wanted.askedOf.size === 0 || (mayHedge && this.#isHedgeDue(wanted, nowMs))) return infoHash
    }
    return null
  }
}
