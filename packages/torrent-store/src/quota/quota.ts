// Keeps what is merely cached under a quota of bytes. What is pinned is never touched, and neither is what an action
// under way has put; of the rest the lowest rank goes first (eviction-rank.ts).
//
// Pins are the caller's, and are asked for, never stored. Memory does not grow with the bodies: what is held is known
// exactly, and of what is pinned a sum that is never too high, so that their difference is never below the cached
// bytes. Once that exceeds the quota, a look goes through all references twice: first it counts what is pinned, and
// how many cached bytes lie at which rank; then it evicts what lies below the rank that this gives. Each eviction asks
// again, in the turn in which the delete is queued, so every decision is made on the truth of that moment.
import { platform } from '#platform'
import type { BlobStore, HeldBlob } from '../blobs/blob-store.ts'
import { QUOTA_LOW_WATER } from '../limits.ts'
import type { InfoHash, TorrentRef } from '../torrent-ref.ts'
import { evictionRank } from './eviction-rank.ts'
import { Protections, type Action } from './protections.ts'
import type { QuotaOptions, Removal, StoreEvents } from './quota-options.ts'
import type { RankHistogram } from './rank-histogram.ts'
import type { Uses } from './uses.ts'

/** References asked about together, and deletes that go to disk together. */
const LOOK_BATCH = 500

export interface QuotaSurroundings {
  readonly blobs: BlobStore
  readonly uses: Uses
  emit<Name extends keyof StoreEvents>(name: Name, event: StoreEvents[Name]): void
}

export class Quota {
  readonly #options: QuotaOptions
  readonly #blobs: BlobStore
  readonly #uses: Uses
  readonly #emit: QuotaSurroundings['emit']
  readonly #protections = new Protections()
  /** Never above the pinned bytes that are held. */
  #pinnedBytes = 0
  /** Times that the sum was begun anew. */
  #counts = 0
  /** Bodies stored and pins lost so far: what a look under way may have missed. */
  #arrivals = 0
  #looking: Promise<void> | null = null
  #again = false
  #closed = false

  constructor (options: QuotaOptions, { blobs, uses, emit }: QuotaSurroundings) {
    this.#options = options
    this.#blobs = blobs
    this.#uses = uses
    this.#emit = emit
    this.#lookIfNeeded()
  }

  stat (): { pinnedBytesAtLeast: number, cachedBytesAtMost: number, cacheBytes: number } {
    const { bytes } = this.#blobs.stat()
    const pinnedBytesAtLeast = Math.min(Math.max(0, this.#pinnedBytes), bytes)
    return { pinnedBytesAtLeast, cachedBytesAtMost: bytes - pinnedBytesAtLeast, cacheBytes: this.#options.cacheBytes }
  }

  /** `write` puts the bodies and says which of them were new. It is called in this turn. */
  async put (refs: readonly TorrentRef[], write: () => Promise<boolean[]>): Promise<boolean[]> {
    // Before the write is queued: an eviction either sees it, or has queued its delete before the write.
    const entries = refs.map(({ infoHash, length }) => this.#protections.add(infoHash, () => ({
      length, isHeld: false, wasPinned: true, count: this.#looking === null ? this.#counts : null, counted: false
    })))
    const isNew = await write()
    for (const [i, entry] of entries.entries()) {
      const infoHash = refs[i]?.infoHash
      if (entry === null || infoHash === undefined) continue
      entry.isHeld = true
      if (isNew[i] === true) entry.wasPinned = false
      else if (entry.wasPinned) entry.wasPinned = await this.#isPinned(infoHash).catch(() => true)
    }
    this.#arrivals++
    this.#lookIfNeeded()
    return isNew
  }

  protect<Args extends unknown[], T> (action: (...args: Args) => Promise<T>): (...args: Args) => Promise<T> {
    return async (...args) => {
      const stored = this.#protections.begin()
      try {
        return await action(...args)
      } finally {
        this.#protections.end(stored)
        if (!this.#closed) await this.#settle(stored)
      }
    }
  }

  async remove (infoHash: InfoHash): Promise<Removal> {
    const { removal, length } = await this.#drop(infoHash)
    if (removal === 'removed') this.#emit('removed', { infoHash, length })
    return removal
  }

  /** A body was deleted, whoever pinned it. */
  deleted (length: number): void {
    this.#pinnedBytes -= length
    this.#lookIfNeeded()
  }

  unpinned (maxBytes: number | undefined): void {
    this.#arrivals++
    if (maxBytes !== undefined) {
      this.#pinnedBytes -= maxBytes
    } else if (this.#looking !== null) {
      this.#again = true
    } else {
      this.#beginCount()
    }
    this.#lookIfNeeded()
  }

  async settled (): Promise<void> {
    while (this.#looking !== null) await this.#looking
  }

  async close (): Promise<void> {
    this.#closed = true
    await this.settled()
  }

  async #isPinned (infoHash: InfoHash): Promise<boolean> {
    return await this.#options.isPinned(infoHash)
  }

  #mayOverflow (): boolean {
    return this.#blobs.stat().bytes - this.#pinnedBytes > this.#options.cacheBytes
  }

  #beginCount (): void {
    this.#counts++
    this.#pinnedBytes = 0
  }

  /** During a look the sums are not whole; at its end it sees what came meanwhile. */
  #lookIfNeeded (): void {
    if (this.#looking === null && !this.#closed && this.#mayOverflow()) this.#looking = this.#look()
  }

  /** What the action pinned is cached no longer; a look that began meanwhile may have counted it already. */
  async #settle (stored: Action): Promise<void> {
    for (const [infoHash, entry] of stored) {
      if (!entry.isHeld || entry.wasPinned || !await this.#isPinned(infoHash).catch(() => false)) continue
      if (entry.counted || this.#looking !== null || entry.count !== this.#counts) continue
      entry.counted = true
      this.#pinnedBytes += entry.length
    }
    if (stored.size > 0) this.#lookIfNeeded()
  }

  async #look (): Promise<void> {
    try {
      await new Promise<void>(resolve => { platform.later(resolve) }) // the caller goes on first, and may listen to what comes
      for (let due = true; due && !this.#closed;) {
        this.#again = false
        const arrivalsBefore = this.#arrivals
        const usesBefore = this.#uses.count
        const tried = await this.#enforce()
        // Decided in the turn in which the look ends: what comes later finds none under way and begins its own.
        // What is protected may still be over: the end of its action looks again.
        const changed = tried || this.#arrivals > arrivalsBefore || this.#uses.count > usesBefore
        due = this.#again || (changed && this.#mayOverflow())
      }
    } catch (error) {
      this.#beginCount()
      if (!this.#closed) this.#emit('failed', { error })
    } finally {
      this.#looking = null
    }
  }

  /** True if something was tried to be evicted. */
  async #enforce (): Promise<boolean> {
    const { cacheBytes } = this.#options
    this.#beginCount()
    if (!this.#mayOverflow()) return false
    let cachedBytes = 0
    const failures: Array<{ readonly error: unknown }> = []
    const { RankHistogram } = await import('./rank-histogram.ts') // a page below its quota needs none
    const histogram = new RankHistogram()
    await this.#forEach(() => true, async blobs => {
      const pinned = await this.#arePinned(blobs)
      for (const [i, blob] of blobs.entries()) {
        const isPinned = pinned[i]
        if (typeof isPinned === 'object') {
          if (failures.length === 0) failures.push(isPinned)
        } else if (isPinned === true) {
          this.#pinnedBytes += blob.length
        } else {
          cachedBytes += blob.length
          if (!this.#protections.has(blob.infoHash)) histogram.add(this.#rankOf(blob), blob.length)
        }
      }
    })
    for (const failure of failures) this.#emit('failed', failure)
    if (cachedBytes <= cacheBytes) return false
    this.#emit('full', { cachedBytes, cacheBytes })
    // Once over, down to the low water: the next look shall not be due with the next body.
    const cut = histogram.cut(cachedBytes - cacheBytes * QUOTA_LOW_WATER)
    if (cut === null) return false
    return await this.#evictTo(cut.bucket, cut.bytes, histogram)
  }

  /** What lies below the bucket, and as many bytes of what lies in it. True if anything was tried. */
  async #evictTo (bucket: number, bytes: number, histogram: RankHistogram): Promise<boolean> {
    let left = bytes
    let tried = false
    const bucketOf = (blob: HeldBlob): number => histogram.bucketOf(this.#rankOf(blob))
    await this.#forEach(blob => bucketOf(blob) <= bucket && !this.#protections.has(blob.infoHash), async blobs => {
      const pinned = await this.#arePinned(blobs)
      const going = blobs.filter((blob, i) => {
        if (pinned[i] !== false) return false
        if (bucketOf(blob) < bucket) return true
        if (left <= 0) return false
        left -= blob.length
        return true
      })
      tried ||= going.length > 0
      const drops = await Promise.allSettled(going.map(async ({ infoHash }) => {
        const { removal, length } = await this.#drop(infoHash)
        if (removal === 'removed') this.#emit('evicted', { infoHash, length })
      }))
      for (const drop of drops) if (drop.status === 'rejected') throw drop.reason // once the others are over, too
    })
    return tried
  }

  /** An error for a body that cannot be asked about: it stays where it is, and the others are looked at all the same. */
  async #arePinned (blobs: readonly HeldBlob[]): Promise<Array<boolean | { readonly error: unknown }>> {
    return await Promise.all(blobs.map(async ({ infoHash }) => await this.#isPinned(infoHash).catch((error: unknown) => ({ error }))))
  }

  #rankOf ({ infoHash, usedSeconds }: HeldBlob): number {
    return evictionRank({ usedSeconds: this.#uses.of(infoHash) ?? usedSeconds, seeds: this.#options.seedsOf?.(infoHash) })
  }

  /** Many at a time, of those that are held and `wanted`. Ends early when the store closes. */
  async #forEach (wanted: (blob: HeldBlob) => boolean, work: (blobs: readonly HeldBlob[]) => Promise<void>): Promise<void> {
    let batch: HeldBlob[] = []
    for await (const blob of this.#blobs.list(() => { this.#emit('damaged', { infoHash: null }) })) {
      if (this.#closed) throw new Error('the store closes')
      if (wanted(blob) && batch.push(blob) >= LOOK_BATCH) {
        await work(batch)
        batch = []
      }
    }
    await work(batch)
  }

  /** Between the last check and the delete nothing else runs. */
  async #drop (infoHash: InfoHash): Promise<{ readonly removal: Removal, readonly length: number }> {
    for (let ended = -1; ended !== this.#protections.ended;) {
      ended = this.#protections.ended
      if (await this.#isPinned(infoHash)) return { removal: 'pinned', length: 0 }
      if (this.#protections.has(infoHash)) return { removal: 'protected', length: 0 }
      // An action that ended meanwhile may have pinned it after it was asked about.
    }
    const length = await this.#blobs.delete(infoHash)
    if (length === 0) return { removal: 'absent', length }
    this.#uses.forget(infoHash)
    return { removal: 'removed', length }
  }
}
