// When bodies were last used, in whole seconds: gathered in memory until there are many or a minute has passed. A
// crash loses some of it, and then only the order in which cached bodies go.
import { platform } from '#platform'
import type { BlobStore } from '../blobs/blob-store.ts'
import { MAX_PENDING_USES, USES_WRITE_MS } from '../limits.ts'
import type { InfoHash } from '../torrent-ref.ts'

export class Uses {
  readonly #blobs: Pick<BlobStore, 'touch'>
  readonly #clock: () => number
  readonly #onFailed: (error: unknown) => void
  readonly #pending = new Map<InfoHash, number>()
  #writing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #closed = false
  #count = 0

  /** `clock`: Unix milliseconds. */
  constructor (blobs: Pick<BlobStore, 'touch'>, clock: () => number, onFailed: (error: unknown) => void) {
    this.#blobs = blobs
    this.#clock = clock
    this.#onFailed = onFailed
  }

  /** Unix seconds. */
  now (): number {
    return Math.floor(this.#clock() / 1000)
  }

  /** Uses so far. */
  get count (): number {
    return this.#count
  }

  used (infoHash: InfoHash): void {
    if (this.#closed) return
    this.#count++
    this.#pending.delete(infoHash) // the oldest first
    this.#pending.set(infoHash, this.now())
    if (this.#pending.size >= MAX_PENDING_USES) void this.#write()
    else this.#timer ??= this.#later()
  }

  /** Unix seconds; undefined if it was not used since what is stored was written. */
  of (infoHash: InfoHash): number | undefined {
    return this.#pending.get(infoHash)
  }

  forget (infoHash: InfoHash): void {
    this.#pending.delete(infoHash)
  }

  /** Writes what is due. */
  async close (): Promise<void> {
    this.#closed = true
    while (this.#pending.size > 0 || this.#writing !== null) await this.#write()
  }

  #later (): NodeJS.Timeout {
    const timer = setTimeout(() => { void this.#write() }, USES_WRITE_MS)
    platform.unref(timer)
    return timer
  }

  #write (): Promise<void> {
    return this.#writing ??= this.#writeDue().finally(() => { this.#writing = null })
  }

  async #writeDue (): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const due = new Map(this.#pending)
    try {
      await this.#blobs.touch(due)
    } catch (error) { // on a full disk the order in which bodies go is the least of it
      this.#onFailed(error)
    }
    for (const [infoHash, seconds] of due) if (this.#pending.get(infoHash) === seconds) this.#pending.delete(infoHash)
    if (this.#pending.size > 0 && !this.#closed) this.#timer ??= this.#later()
  }
}
