// Many bodies from few peers: what is wanted is spread over the candidates, a connection each (docs/sb_bodies.md);
// what one lacks is asked of the next, what a silent one owes of another one beside it, and what none of them
// delivers of the open swarm. docs/fetching.md has the rules. What another fetch of the store asks for is not asked twice.
import { deferred } from '../deferred.ts'
import type { PeerFaultReason } from '../errors.ts'
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { TorrentStoreLimits } from '../limits.ts'
import type { FetchParty, SharedFetches } from '../shared-fetches.ts'
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import { BatchPriority } from './batch-message.ts'
import type { FetchManyOptions, FetchManyResult } from './batch-options.ts'
import { BatchPeer } from './batch-peer.ts'
import { BatchSeeks } from './batch-seeks.ts'
import { BatchWork, MAX_SHUT_DOORS, type Source } from './batch-work.ts'

export interface BatchFetchSettings {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  readonly shared: SharedFetches
  /** Over a connection of its own. */
  fetchOne (ref: PartialTorrentRef, candidate: FetchCandidate, signal: AbortSignal): Promise<Uint8Array | PeerFaultReason>
  /** In the open swarm. */
  seek (ref: PartialTorrentRef, signal: AbortSignal): Promise<{ readonly body: Uint8Array, readonly from: string } | null>
}

const DEFAULT_CONCURRENCY = 4
/** The shortest tick on which silent peers are looked for. */
const MIN_HEDGE_MS = 10

/** One fetchMany: `begin`, then `results` to their end, or `close`. */
export class BatchFetch implements FetchParty {
  readonly #options: FetchManyOptions
  readonly #settings: BatchFetchSettings
  readonly #work: BatchWork
  readonly #seeks: BatchSeeks
  readonly #results: FetchManyResult[] = []
  readonly #onSettled: (result: FetchManyResult) => void
  #swarmDueMs = Infinity
  #seekDue = false
  #pumping = false
  #over = false
  #failure: { readonly reason: unknown } | null = null
  #news = deferred<void>()
  #deadline: NodeJS.Timeout | undefined
  #hedge: NodeJS.Timeout | undefined

  /** `onSettled` is told of each result before the iteration yields it. */
  constructor (options: FetchManyOptions, settings: BatchFetchSettings, onSettled: (result: FetchManyResult) => void) {
    const { limits, shared } = settings
    this.#options = options
    this.#settings = settings
    this.#onSettled = onSettled
    this.#work = new BatchWork({
      limits,
      hedgeDelayMs: this.#hedgeDelayMs,
      elsewhereMs: infoHash => shared.asker(infoHash, this)?.lastSignMs(infoHash) ?? null,
      askedChanged: infoHash => { this.#tellShared(infoHash) }
    })
    this.#seeks = new BatchSeeks({
      maxSeeks: limits.maxBatchSeeks,
      seek: async (ref, signal) => await settings.seek(ref, signal),
      over: (infoHash, found) => { this.#onSought(infoHash, found) }
    })
  }

  get #hedgeDelayMs (): number { return this.#options.hedgeDelayMs ?? 150 }

  /** Starts the clocks and the first connections. */
  begin (refs: readonly PartialTorrentRef[]): void {
    const { signal, timeoutMs = 15_000, swarmDelayMs = 2000 } = this.#options
    if (signal?.aborted === true) { this.abort(signal.reason); return }
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#deadline = setTimeout(() => { this.#end() }, timeoutMs)
    this.#hedge = setInterval(() => { this.#pump(true) }, Math.max(MIN_HEDGE_MS, this.#hedgeDelayMs))
    this.#swarmDueMs = performance.now() + swarmDelayMs
    this.add(refs)
  }

  /** More of them, none of which was added before. */
  add (refs: readonly PartialTorrentRef[]): void {
    if (this.#failure !== null) return
    const { candidates, swarm } = this.#options
    for (const ref of refs) {
      const { infoHash } = ref
      const mayHave = new Set<Source>()
      for (const candidate of typeof candidates === 'function' ? candidates(infoHash) : candidates) {
        const source = this.#work.sources.get(candidate.id) ?? this.#addSource(candidate)
        source.todo.add(infoHash)
        mayHave.add(source)
      }
      this.#work.add({ ref, mayHave, askedOf: new Set(), sought: swarm === undefined })
      this.#settings.shared.join(infoHash, this)
    }
    for (const { infoHash } of refs) this.#giveUpIfLost(infoHash)
    if (this.#over) this.#end() // time was up before it was known that these are missing
    else this.#pump()
  }

  async * results (): AsyncGenerator<FetchManyResult, void, undefined> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.reason
      const next = this.#results.shift()
      if (next !== undefined) {
        yield next
        this.#pump()
      } else if (this.#work.wanted.size === 0) {
        return
      } else {
        this.#news = deferred()
        await this.#news.promise
      }
    }
  }

  /** The iteration throws `reason`. */
  abort (reason: unknown): void {
    if (this.#failure !== null) return
    this.#failure = { reason }
    this.close()
    this.#news.resolve()
  }
  readonly #onAbort = (): void => { this.abort(this.#options.signal?.reason) }

  /** Ends connections, searches and timers. May be called twice. */
  close (): void {
    this.#over = true
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#deadline)
    clearInterval(this.#hedge)
    this.#seeks.close()
    for (const { peer } of this.#work.sources.values()) peer.close()
    for (const infoHash of this.#work.wanted.keys()) this.#settings.shared.leave(infoHash, this)
  }

  /** Time is up: the rest is absent. */
  #end (): void {
    this.close()
    for (const infoHash of [...this.#work.wanted.keys()]) this.#settle({ infoHash, absent: true })
  }

  /** Asks for it before the rest, and raises it where it was asked for already. */
  prefer (infoHash: InfoHash): void {
    if (!this.#work.prefer(infoHash)) return
    const asked = this.#work.wanted.get(infoHash)?.askedOf ?? new Set()
    for (const { peer } of asked) peer.raise([infoHash])
    if (asked.size === 0) this.#settings.shared.asker(infoHash, this)?.prefer(infoHash)
    this.#pumpSoon()
  }

  // What other fetches of the store tell.

  found (infoHash: InfoHash, body: Uint8Array, from: string): void {
    // What the caller has not taken is bounded; what is left out here is asked for later.
    if (this.#over || this.#results.length >= this.#settings.limits.maxBatchPending) return
    this.#settleBody(infoHash, new Uint8Array(body), from)
    this.#pumpSoon()
  }

  freed (infoHash: InfoHash): void {
    queueMicrotask(() => { this.#giveUpIfLost(infoHash) }) // whoever freed it is in the middle of something
    this.#pumpSoon()
  }

  lastSignMs (infoHash: InfoHash): number {
    const asked = this.#work.wanted.get(infoHash)?.askedOf ?? []
    return Math.max(this.#seeks.sinceMs(infoHash) ?? 0, ...[...asked].map(({ peer }) => peer.lastSignMs))
  }

  // What candidates and searches tell.

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
        fetchOne: async (infoHash, from, signal) => await fetchOne(this.#work.wanted.get(infoHash)?.ref ?? { infoHash }, from, signal),
        ready: () => { this.#pump() },
        answer: (infoHash, body) => {
          if (body === null) this.#giveUp(source, infoHash)
          else this.#onBody(infoHash, body, candidate.id)
          this.#pump()
        },
        fault: reason => { this.#options.onFault?.({ id: candidate.id, reason }) },
        over: reason => { this.#onOver(source, reason) }
      })
    }
    this.#work.sources.set(candidate.id, source)
    return source
  }

  #onOver (source: Source, reason: PeerFaultReason): void {
    const { peer, todo } = source
    const owed = [...peer.underWay]
    // Who served some may have met a bound of its own; who was asked for the wrong body first may have others.
    const again = reason === 'CLOSED' && peer.delivered > 0
    const shut = reason === 'ABSENT' && peer.state === 'opening'
    if (!shut) this.#options.onFault?.({ id: peer.candidate.id, reason })
    if (again) for (const infoHash of owed) this.#work.putBack(source, infoHash)
    else for (const infoHash of owed) this.#giveUp(source, infoHash)
    if (shut) this.#onShutDoor(source)
    else if (!again) for (const infoHash of [...todo]) this.#giveUp(source, infoHash)
    this.#pumpSoon() // once the peer is closed
  }

  #onShutDoor (source: Source): void {
    // Who wants encryption hangs up on a plain handshake too; single fetches try both.
    if (source.peer.candidate.encrypt === 'fallback') { source.shutDoors = MAX_SHUT_DOORS; return }
    source.shutDoors++
    if (source.door !== null) this.#giveUp(source, source.door)
  }

  #onBody (infoHash: InfoHash, body: Uint8Array, from: string): void {
    this.#settings.shared.deliver(infoHash, body, from, this)
    this.#settleBody(infoHash, body, from)
  }

  #onSought (infoHash: InfoHash, found: { readonly body: Uint8Array, readonly from: string } | null): void {
    if (found !== null) this.#onBody(infoHash, found.body, found.from)
    this.#tellShared(infoHash)
    this.#giveUpIfLost(infoHash)
    this.#seekDue = true // there is room for another one
    this.#pump()
  }

  #tellShared (infoHash: InfoHash): void {
    const asked = this.#work.wanted.get(infoHash)?.askedOf.size ?? 0
    this.#settings.shared.setAsking(infoHash, this, asked > 0 || this.#seeks.sinceMs(infoHash) !== undefined)
  }

  #giveUp (source: Source, infoHash: InfoHash): void {
    this.#work.giveUp(source, infoHash)
    this.#giveUpIfLost(infoHash)
  }

  /** Absent once no candidate is left, unless the swarm is asked or to be asked, or another fetch asks for it. */
  #giveUpIfLost (infoHash: InfoHash): void {
    const wanted = this.#work.wanted.get(infoHash)
    if (wanted === undefined || this.#over || wanted.mayHave.size > 0) return
    if (!wanted.sought) this.#seekDue = true
    else if (this.#seeks.sinceMs(infoHash) === undefined && this.#settings.shared.asker(infoHash, this) === undefined) this.#settle({ infoHash, absent: true })
  }

  #settleBody (infoHash: InfoHash, body: Uint8Array, from: string): void {
    // Of a reference with a wrong length nothing is right: nobody else can do better.
    const length = this.#work.wanted.get(infoHash)?.ref.length ?? body.length
    this.#settle(length === body.length ? { infoHash, body, from } : { infoHash, absent: true })
  }

  #settle (result: FetchManyResult): void {
    if (!this.#work.remove(result.infoHash)) return
    this.#seeks.cancel(result.infoHash)
    this.#settings.shared.leave(result.infoHash, this)
    this.#results.push(result)
    this.#onSettled(result)
    this.#news.resolve()
  }

  #pumpSoon (): void {
    queueMicrotask(() => { this.#pump() })
  }

  /** Gives work to every peer that has room, opens peers while there are slots, and searches; on the hedge's tick also for what a silent one owes. */
  #pump (mayHedge = false): void {
    if (this.#over || this.#pumping) return
    this.#pumping = true
    const nowMs = performance.now()
    for (const source of this.#work.sources.values()) {
      const { peer } = source
      if (peer.usedUp) peer.close()
      if (peer.state !== 'batch' && peer.state !== 'single') continue
      const { first, inOrder } = this.#work.take(source, nowMs, mayHedge, this.#results.length)
      peer.want(first, BatchPriority.first)
      peer.want(inOrder, BatchPriority.inOrder)
    }
    this.#pumping = false
    this.#work.openMore(nowMs, mayHedge, this.#options.concurrency ?? DEFAULT_CONCURRENCY)
    if (mayHedge || this.#seekDue) this.#seekMore(nowMs)
  }

  /** What no candidate is left for at once, and after the swarm's delay what nobody is at work on. */
  #seekMore (nowMs: number): void {
    this.#seekDue = false
    for (const wanted of this.#work.wanted.values()) {
      if (!this.#seeks.hasRoom || this.#results.length >= this.#settings.limits.maxBatchPending) return
      const { infoHash } = wanted.ref
      const due = wanted.mayHave.size === 0 || (nowMs >= this.#swarmDueMs && this.#work.isIdle(wanted, nowMs))
      if (wanted.sought || !due || this.#settings.shared.asker(infoHash, this) !== undefined) continue
      wanted.sought = true
      void this.#seeks.start(wanted.ref)
      this.#tellShared(infoHash)
    }
  }
}
