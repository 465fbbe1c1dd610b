// Who is asked for what in a fetchMany: bookkeeping without connections or clocks. docs/fetching.md has the rules.
import { MAX_BATCH_MESSAGE_IDS, MAX_BATCH_PREFERRED, type TorrentStoreLimits } from '../limits.ts'
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'
import type { BatchPeer } from './batch-peer.ts'

/** Something wanted: who may still have it, who was asked for it, and whether the open swarm was, or is not to be. */
export interface Wanted { readonly ref: PartialTorrentRef, readonly mayHave: Set<Source>, readonly askedOf: Set<Source>, sought: boolean }
/** A candidate: what it may have and was not asked for yet, in order, and how often its door was shut. */
export interface Source { readonly peer: BatchPeer, readonly todo: Set<InfoHash>, door: InfoHash | null, shutDoors: number }
/** What a peer is asked for now. */
export interface Work { readonly first: readonly InfoHash[], readonly inOrder: readonly InfoHash[] }

export interface BatchWorkOptions {
  readonly limits: TorrentStoreLimits
  readonly hedgeDelayMs: number
  /** When those gave a sign whom another fetch asked for it, by performance.now(); null if no other one asks. */
  elsewhereMs (infoHash: InfoHash): number | null
  /** Somebody was asked for it, or nobody is any more. */
  askedChanged (infoHash: InfoHash): void
}

/** Infohashes that a peer is asked for by name of the connection before it is asked for each on its own. */
export const MAX_SHUT_DOORS: number = 4
const NOTHING: Work = { first: [], inOrder: [] }
/** The least that is worth a message. */
const MIN_SHARE = 16

export class BatchWork {
  readonly wanted: Map<InfoHash, Wanted> = new Map<InfoHash, Wanted>()
  readonly sources: Map<string, Source> = new Map<string, Source>()
  /** Wanted and asked of no candidate at the moment. */
  unasked = 0
  readonly #options: BatchWorkOptions
  readonly #preferred = new Set<InfoHash>()

  constructor (options: BatchWorkOptions) {
    this.#options = options
  }

  add (wanted: Wanted): void {
    this.wanted.set(wanted.ref.infoHash, wanted)
    this.unasked++
  }

  /** It comes before the rest from now on; false if it did already, or is not wanted. */
  prefer (infoHash: InfoHash): boolean {
    if (!this.wanted.has(infoHash) || this.#preferred.has(infoHash)) return false
    this.#preferred.add(infoHash)
    return true
  }

  /** It is wanted no more; who was asked for it is told. */
  remove (infoHash: InfoHash): boolean {
    const wanted = this.wanted.get(infoHash)
    if (wanted === undefined) return false
    this.wanted.delete(infoHash)
    this.#preferred.delete(infoHash)
    if (wanted.askedOf.size === 0) this.unasked--
    for (const { peer } of wanted.askedOf) peer.cancel([infoHash])
    return true
  }

  /** `source` does not deliver it. */
  giveUp (source: Source, infoHash: InfoHash): void {
    source.todo.delete(infoHash)
    const wanted = this.wanted.get(infoHash)
    if (wanted === undefined) return
    wanted.mayHave.delete(source)
    this.#unask(wanted, source)
  }

  /** `source` may be asked for it again. */
  putBack (source: Source, infoHash: InfoHash): void {
    const wanted = this.wanted.get(infoHash)
    if (wanted === undefined) return
    source.todo.add(infoHash)
    this.#unask(wanted, source)
  }

  #unask (wanted: Wanted, source: Source): void {
    if (!wanted.askedOf.delete(source) || wanted.askedOf.size > 0) return
    this.unasked++
    this.#options.askedChanged(wanted.ref.infoHash)
  }

  /** Takes what `source` is to be asked for now; `untaken`: bodies that the caller has not taken. */
  take (source: Source, nowMs: number, mayHedge: boolean, untaken: number): Work {
    const { limits } = this.#options
    const { peer, todo } = source
    if (this.unasked === 0 && !mayHedge) return NOTHING
    const first = this.#pick(source, this.#preferredOf(source), peer.room(MAX_BATCH_PREFERRED), nowMs, mayHedge, untaken - MAX_BATCH_PREFERRED)
    // Refilled when it is half empty, and not by one for each that was answered.
    if (peer.state === 'batch' && peer.underWay.size > limits.maxBatchWanted / 2) return { first, inOrder: [] }
    const busy = [...this.sources.values()].filter(each => each.peer.state !== 'closed' && each.todo.size > 0).length
    const share = Math.max(MIN_SHARE, Math.ceil(this.unasked / Math.max(1, busy)))
    return { first, inOrder: this.#pick(source, todo, Math.min(peer.room() - first.length, share), nowMs, mayHedge, untaken) }
  }

  #pick (source: Source, from: Iterable<InfoHash>, room: number, nowMs: number, mayHedge: boolean, untaken: number): InfoHash[] {
    const ids: InfoHash[] = []
    for (const infoHash of from) {
      if (ids.length >= room || ids.length >= MAX_BATCH_MESSAGE_IDS) break
      const isFull = this.wanted.size - this.unasked + untaken >= this.#options.limits.maxBatchPending
      if (isFull && !mayHedge) break // it is looked at after every answer, however many are wanted
      const wanted = this.wanted.get(infoHash)
      if (wanted === undefined) { source.todo.delete(infoHash); continue }
      if (!this.#mayAsk(wanted, nowMs, mayHedge)) continue
      if (wanted.askedOf.size === 0) {
        if (isFull) continue
        this.unasked--
      }
      wanted.askedOf.add(source)
      source.todo.delete(infoHash)
      ids.push(infoHash)
      this.#options.askedChanged(infoHash)
    }
    return ids
  }

  /** Opens peers that have something to do, while there are slots; silent ones do not count, up to twice as many. */
  openMore (nowMs: number, mayHedge: boolean, concurrency: number): void {
    if (this.unasked === 0 && !mayHedge) return
    const open = [...this.sources.values()].filter(({ peer }) => peer.state !== 'closed')
    let lively = open.filter(({ peer }) => !this.isSilent(peer, nowMs)).length
    let all = open.length
    for (const source of this.sources.values()) {
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

  /** What a connection to `source` begins with: the first that it would be asked for. */
  #door (source: Source, nowMs: number, mayHedge: boolean): InfoHash | null {
    for (const ids of [this.#preferredOf(source), source.todo]) {
      for (const infoHash of ids) {
        const wanted = this.wanted.get(infoHash)
        if (wanted === undefined) source.todo.delete(infoHash)
        else if (this.#mayAsk(wanted, nowMs, mayHedge)) return infoHash
      }
    }
    return null
  }

  /** Only as far as it is read: it is asked for after every answer, however many are preferred. */
  * #preferredOf ({ todo }: Source): Generator<InfoHash, void, undefined> {
    for (const infoHash of this.#preferred) if (todo.has(infoHash)) yield infoHash
  }

  /** One at a time is asked, here or by another fetch; a second one beside it if that one is silent. */
  #mayAsk (wanted: Wanted, nowMs: number, mayHedge: boolean): boolean {
    if (wanted.askedOf.size > 0) return mayHedge && wanted.askedOf.size === 1 && this.#areSilent(wanted, nowMs)
    const elsewhereMs = this.#options.elsewhereMs(wanted.ref.infoHash)
    return elsewhereMs === null || (mayHedge && nowMs - elsewhereMs >= this.#options.hedgeDelayMs)
  }

  /** Whether nobody is at work on it. */
  isIdle (wanted: Wanted, nowMs: number): boolean {
    return this.#areSilent(wanted, nowMs) && this.#options.elsewhereMs(wanted.ref.infoHash) === null
  }

  #areSilent ({ askedOf }: Wanted, nowMs: number): boolean {
    return [...askedOf].every(({ peer }) => this.isSilent(peer, nowMs))
  }

  isSilent (peer: BatchPeer, nowMs: number): boolean {
    return (peer.state === 'opening' || peer.underWay.size > 0) && nowMs - peer.lastSignMs >= this.#options.hedgeDelayMs
  }
}
