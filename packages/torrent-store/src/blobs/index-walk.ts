// What the index says, from one end to the other. How to go on behind damage is loaded when there is some.
import type { HeldBlob } from './blob-store.ts'
import { isCorruption } from './corruption.ts'
import type { WalkedTable } from './damaged-walk.ts'
import { readIndexRow } from './index-row.ts'

const READ_BATCH = 1000

/**
 * All sound rows that can be found, many at a time. `harmed` is called for each other one, and once where some are hidden.
 * `isAll` says whether so many are all, null if nobody knows. Rejects as the database does for anything but damage.
 */
export async function * walkIndex (index: WalkedTable, isAll: (rows: number) => boolean | null, harmed: () => void): AsyncGenerator<readonly HeldBlob[], void, undefined> {
  let rows = 0
  let last: Uint8Array | undefined
  let isSound = true
  const entries = index.iterator({})
  try {
    for (let some = await entries.nextv(READ_BATCH); some.length > 0; some = isSound ? await entries.nextv(READ_BATCH) : []) {
      const sound: HeldBlob[] = []
      for (const [key, row] of some) {
        const held = readIndexRow(row, key)
        isSound = held !== null
        if (held === null) break
        last = key
        sound.push(held)
      }
      rows += sound.length
      yield sound
    }
  } catch (error) {
    if (!isCorruption(error)) throw error
    isSound = false
  } finally {
    await entries.close()
  }
  if (isSound && isAll(rows) === true) return
  const { walkDamaged } = await import('./damaged-walk.ts')
  let isTold = false
  for await (const sound of walkDamaged(index, last, () => { isTold = true; harmed() })) {
    rows += sound.length
    yield sound
  }
  // A wrong bit where LevelDB keeps what a row is hides it, and others, without a word.
  if (!isTold && (!isSound || isAll(rows) === false)) harmed()
}
