// Searches in the open swarm beside a fetchMany, a few at a time: each costs lookups and connections of its own.
import type { InfoHash, PartialTorrentRef } from '../torrent-ref.ts'

export interface BatchSeeksOptions {
  readonly maxSeeks: number
  /** A verified body and who had it, or null; rejects only when aborted. */
  seek (ref: PartialTorrentRef, signal: AbortSignal): Promise<{ readonly body: Uint8Array, readonly from: string } | null>
  /** Not after `close`, and not for what was cancelled. */
  over (infoHash: InfoHash, found: { readonly body: Uint8Array, readonly from: string } | null): void
}

export class BatchSeeks {
  readonly #options: BatchSeeksOptions
  readonly #running = new Map<InfoHash, { readonly controller: AbortController, readonly sinceMs: number }>()

  constructor (options: BatchSeeksOptions) {
    this.#options = options
  }

  get hasRoom (): boolean { return this.#running.size < this.#options.maxSeeks }

  /** By performance.now(): when the search for it began; undefined if there is none. */
  sinceMs (infoHash: InfoHash): number | undefined { return this.#running.get(infoHash)?.sinceMs }

  async start (ref: PartialTorrentRef): Promise<void> {
    const { infoHash } = ref
    const controller = new AbortController()
    this.#running.set(infoHash, { controller, sinceMs: performance.now() })
    const found = await this.#options.seek(ref, controller.signal).catch(() => null)
    if (controller.signal.aborted) return
    this.#running.delete(infoHash)
    this.#options.over(infoHash, found)
  }

  cancel (infoHash: InfoHash): void {
    this.#running.get(infoHash)?.controller.abort(OVER)
    this.#running.delete(infoHash)
  }

  close (): void {
    for (const infoHash of [...this.#running.keys()]) this.cancel(infoHash)
  }
}

const OVER = new Error('the search is over')
