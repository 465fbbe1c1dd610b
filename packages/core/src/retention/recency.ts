// When bodies were last used, coarsely: whole seconds, kept in memory until enough have gathered or a minute has
// passed. A crash loses some of it, and then only the order in which cached bodies go.
//
//   last-use : infohash (40 hex) -> Unix seconds (4 bytes, big endian)
import type { Level } from 'level'
import { backgroundTimer } from '../background-timer.ts'
import { MAX_PENDING_USES, RECENCY_WRITE_MS } from '../limits.ts'
import type { Logger } from '../options.ts'

export interface Recency {
  used (id: string): void
  forget (ids: readonly string[]): Promise<void>
  /** Seconds of each; 0 for what is not known. */
  of (ids: readonly string[]): Promise<number[]>
  /** Drops what is kept of ids that `isHeld` denies. */
  prune (isHeld: (id: string) => Promise<boolean>, signal: AbortSignal): Promise<void>
  /** Writes what is due. */
  close (): Promise<void>
}

const PRUNE_BATCH = 1000

export function createRecency (db: Level, clock: () => number, logger: Logger): Recency {
  const table = db.sublevel<string, Uint8Array>('last-use', { valueEncoding: 'view' })
  const pending = new Map<string, number>()
  let closed = false
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  function write (): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const due = [...pending]
    writing = writing.then(async () => {
      try {
        await table.batch(due.map(([key, seconds]) => ({ type: 'put', key, value: toBytes(seconds) })))
      } catch (error) { // on a full disk the order in which bodies go is the least of it
        logger.warn('the times of last use could not be written', error)
      }
      for (const [id, seconds] of due) if (pending.get(id) === seconds) pending.delete(id)
    })
    return writing
  }

  return {
    used (id) {
      if (closed) return
      pending.delete(id)
      pending.set(id, Math.floor(clock() / 1000))
      if (pending.size >= MAX_PENDING_USES) void write()
      else timer ??= backgroundTimer(() => { void write() }, RECENCY_WRITE_MS)
    },
    async forget (ids) {
      for (const id of ids) pending.delete(id)
      await writing
      await table.batch(ids.map(key => ({ type: 'del', key })))
    },
    async of (ids) {
      const stored = await table.getMany([...ids])
      return ids.map((id, i) => pending.get(id) ?? fromBytes(stored[i]))
    },
    async prune (isHeld, signal) {
      const keys = table.keys()
      try {
        for (let batch = await keys.nextv(PRUNE_BATCH); batch.length > 0 && !signal.aborted; batch = await keys.nextv(PRUNE_BATCH)) {
          const held = await Promise.all(batch.map(async id => await isHeld(id)))
          const gone = batch.filter((_, i) => held[i] !== true)
          if (gone.length > 0) await table.batch(gone.map(key => ({ type: 'del', key })))
        }
      } finally {
        await keys.close()
      }
    },
    async close () {
      closed = true
      await write()
    }
  }
}

function toBytes (seconds: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, Math.min(Math.max(0, seconds), 0xffff_ffff))
  return bytes
}

function fromBytes (bytes: Uint8Array | undefined): number {
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) : 0
}
