// The index to its end, although parts of it are damaged: one row must not hide a million others. Loaded only then.
//
// LevelDB gives back what lies on the disk. A block that it cannot read it passes over, and says so at its end only. A
// wrong bit in a key it does not notice: such a key is out of order, and if it is too high, all rows up to it are taken
// for older ones and not shown, or the end seems reached. Sound rows name their own key, so that others show.
import type { AbstractIterator } from 'abstract-level'
import type { HeldBlob } from './blob-store.ts'
import { isCorruption } from './corruption.ts'
import { readIndexRow } from './index-row.ts'

const READ_BATCH = 1000
const KEY_BYTES = 20

type Entry = [key: Uint8Array, value: Uint8Array]
interface Range { readonly gt?: Uint8Array, readonly lt?: Uint8Array, readonly reverse?: boolean }

/** A table of the database whose keys are 20 random bytes, or what a test puts in its place. */
export interface WalkedTable {
  iterator (range: Range): Pick<AbstractIterator<unknown, Uint8Array, Uint8Array>, 'nextv' | 'close'>
}

/**
 * What the sound rows behind the key `last` say, many at a time. `onDamaged` is told the key of each other one, or null
 * where the database hides some. Rejects as the database does for anything but damage.
 */
export async function * walkDamaged (index: WalkedTable, last: Uint8Array | undefined, onDamaged: (key: Uint8Array | null) => void): AsyncGenerator<readonly HeldBlob[], void, undefined> {
  let from = last
  for (let size = READ_BATCH; ;) {
    const entries = index.iterator(from === undefined ? {} : { gt: from })
    let hidden: Uint8Array | null = null
    try {
      for (let some: Entry[] = await entries.nextv(size); some.length > 0; some = await entries.nextv(size)) {
        const sound: HeldBlob[] = []
        for (const [key, row] of some) {
          const held = readIndexRow(row, key)
          if (held !== null) {
            last = key
            sound.push(held)
            continue
          }
          onDamaged(key)
          hidden = key.length === KEY_BYTES ? await hiddenBefore(index, last, key) : null
          if (hidden !== null) break
        }
        if (sound.length > 0) yield sound
        if (hidden !== null) break
      }
    } catch (error) {
      if (!isCorruption(error)) throw error
      // What it read last is lost with the error: once more, one by one.
      if (size === 1) { onDamaged(null); return }
      size = 1
      from = last
      continue
    } finally {
      await entries.close()
    }
    if (hidden === null) {
      hidden = await hiddenBefore(index, last, await end(index))
      if (hidden === null) return
      onDamaged(null)
    }
    from = last = hidden
  }
}

/** A place behind `last` from which sound rows before `next` come that did not come by themselves; null if there are none. */
async function hiddenBefore (index: WalkedTable, last: Uint8Array | undefined, next: Uint8Array | undefined): Promise<Uint8Array | null> {
  if (next === undefined) return null
  for (let step = 1; ; step *= 2) {
    const place = further(last, step)
    if (place === null || compare(place, next) >= 0) return null
    const row = await firstOf(index, { gt: place, lt: next })
    if (row != null && readIndexRow(row[1], row[0]) !== null) return place
  }
}

/** Behind the last key; behind all that there could be if the database cannot say. */
async function end (index: WalkedTable): Promise<Uint8Array | undefined> {
  const row = await firstOf(index, { reverse: true })
  if (row === undefined) return undefined
  const behind = new Uint8Array(KEY_BYTES + 1).fill(row === null ? 0xff : 0)
  if (row !== null) behind.set(row[0].subarray(0, KEY_BYTES))
  return behind
}

/** Undefined if there is none, null if it cannot be read. */
async function firstOf (index: WalkedTable, range: Range): Promise<Entry | null | undefined> {
  const entries = index.iterator(range)
  try {
    return (await entries.nextv(1))[0]
  } catch (error) {
    if (!isCorruption(error)) throw error
    return null
  } finally {
    await entries.close()
  }
}

/** So many 65,536ths of all keys behind the key; null if that is behind them all. */
function further (key: Uint8Array | undefined, steps: number): Uint8Array | null {
  const place = key === undefined ? steps - 1 : (key[0] ?? 0) * 256 + (key[1] ?? 0) + steps
  return place > 0xffff ? null : Uint8Array.of(place >> 8, place & 255)
}

function compare (left: Uint8Array, right: Uint8Array): number {
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
