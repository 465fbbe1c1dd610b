// The index, made of the bodies again where it is damaged. Loaded only then.
import type { AbstractBatchOperation, AbstractBatchOptions, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { platform } from '#platform'
import { MAX_BODY_BYTES } from '../limits.ts'
import { parseInfoHash } from '../torrent-ref.ts'
import { req2Of } from './blob-store.ts'
import { isCorruption } from './corruption.ts'
import { walkDamaged } from './damaged-walk.ts'
import { encodeIndexRow, INDEX_ROW_BYTES, readIndexRowOf } from './index-row.ts'

type Rows = AbstractLevel<Uint8Array, Uint8Array, Uint8Array>
type Table = AbstractSublevel<Rows, Uint8Array, Uint8Array, Uint8Array>

type Write = AbstractBatchOperation<Table, Uint8Array, Uint8Array>

const READ_BATCH = 1000
const HASH_BYTES = 20
const NOTHING = new Uint8Array(0)
/** Classic-level's: on disk once it resolves; others ignore it. */
const SYNC: AbstractBatchOptions<Uint8Array, Uint8Array> & { sync: boolean } = { sync: true }

/**
 * Writes the rows of all bodies anew, since the database may hide sound ones from who lists them, and takes away those
 * that are no body's: a wrong bit in a key left them. Reads all bodies once, a block of the disk at a time.
 */
export async function mendIndex (index: Table, bodies: Table): Promise<void> {
  const entries = bodies.iterator()
  let isWhole = true
  try {
    for (let some = await entries.nextv(READ_BATCH); some.length > 0; some = await entries.nextv(READ_BATCH)) {
      const rows = some.flatMap(([infoHash, { length }]) => infoHash.length === HASH_BYTES && length > 0 && length <= MAX_BODY_BYTES ? { infoHash, length, key: keyOf(infoHash) } : [])
      const held = await Promise.all(rows.map(async ({ key }) => await index.get(key).catch(orUndefined)))
      await index.batch(rows.map(({ infoHash, length, key }, i): Write => {
        const usedSeconds = readIndexRowOf(held[i] ?? NOTHING, infoHash)?.usedSeconds ?? 0
        return { type: 'put', key, value: platform.toStore(encodeIndexRow(infoHash, { length, usedSeconds }, new Uint8Array(INDEX_ROW_BYTES))) }
      }), SYNC)
    }
  } catch (error) {
    if (!isCorruption(error)) throw error
    isWhole = false // bodies that nobody can read have to be put again
  } finally {
    await entries.close()
  }
  if (!isWhole) return // a row may be that of such a body
  const nobodys: Uint8Array[] = []
  for await (const _ of walkDamaged(index, undefined, key => { if (key !== null) nobodys.push(key) })) void _
  if (nobodys.length > 0) await index.batch(nobodys.map((key): Write => ({ type: 'del', key })), SYNC)
}

function keyOf (infoHash: Uint8Array): Uint8Array {
  return platform.fromHex(req2Of(parseInfoHash(platform.toHex(infoHash))))
}

function orUndefined (error: unknown): undefined {
  if (!isCorruption(error)) throw error
}
