// When and how a shard is saved: in the background after a while, and at close, where reading the shard again would take
// longer than writing it. Others wait only while the columns are copied, in slices.
import { platform } from '#platform'
import { isIntact } from '../envelope/verify.ts'
import type { Exclusive } from '../mutex.ts'
import { CHECKPOINT_CHANGED_SHARE, CHECKPOINT_MAX_CHANGED, CHECKPOINT_MAX_SUPERSEDED, CHECKPOINT_MAX_SUPERSEDED_BYTES, CHECKPOINT_PAUSE_MS, CHECKPOINT_SLICE_MS } from '../limits.ts'
import type { CommunityAddress, DocumentId, EnvelopeHash } from '../model.ts'
import type { CommunityState } from '../shards/communities.ts'
import type { Shard } from '../shards/shard.ts'
import type { IndexStore } from '../store/index-store.ts'
import { createSlices, inSlices } from '../slices.ts'
import { checksumOf, cut, encodeHead } from './checkpoint-format.ts'
import type { Saving } from './columns.ts'
import { saveHeld } from './held-columns.ts'
import type { Journal } from './journal.ts'

export interface Checkpointer {
  /** Saves what is due. One call at a time; what cannot be written is tried again later. */
  run (): Promise<void>
  /** Saves what is due once more, and nothing after that. */
  close (): Promise<void>
}

export interface CheckpointerPorts {
  readonly store: Pick<IndexStore, 'checkpoints' | 'putPiece' | 'read'>
  readonly journal: Journal
  readonly communities: ReadonlyMap<CommunityAddress, CommunityState>
  readonly exclusive: Exclusive
  /** Shards whose envelopes nobody has looked at since the start. */
  readonly unseen: Iterable<Shard>
  /** Resolves when what to do about it is done. */
  readonly onUnreadable: (document: DocumentId, hashes: readonly EnvelopeHash[]) => Promise<void>
  /** Shards that hold fewer are read from their envelopes. */
  readonly minEnvelopes: number
}

function * save (shard: Shard, columns: Map<string, Uint8Array>): Saving {
  yield * saveHeld(shard, columns)
  if (shard.month !== null) yield * shard.month.save(columns)
  if (shard.meta !== null) yield * shard.meta.save(columns)
}

export function createCheckpointer ({ store, journal, communities, exclusive, unseen, onUnreadable, minEnvelopes }: CheckpointerPorts): Checkpointer {
  let running: Promise<void> | null = null
  let closed = false
  const toSee = new Set(unseen)

  const isHere = (shard: Shard): boolean => communities.get(shard.community)?.shards.get(shard.period) === shard

  function isDue (shard: Shard): boolean {
    const { changed, superseded, supersededBytes } = journal.unsaved(shard)
    if (superseded > CHECKPOINT_MAX_SUPERSEDED || supersededBytes > CHECKPOINT_MAX_SUPERSEDED_BYTES) return true // however little is left
    if (shard.envelopeCount < minEnvelopes) return false
    return changed === null || changed > CHECKPOINT_MAX_CHANGED || changed * CHECKPOINT_CHANGED_SHARE > shard.envelopeCount
  }

  async function write (shard: Shard): Promise<void> {
    const columns = new Map<string, Uint8Array>()
    const saved = await exclusive(async () => {
      if (!isHere(shard)) return null
      const began = journal.begin(shard)
      await inSlices(save(shard, columns), createSlices(CHECKPOINT_SLICE_MS))
      return { ...began, envelopes: shard.envelopeCount }
    })
    if (saved === null) return
    const checksums: Uint8Array[] = []
    for (const piece of cut(columns)) {
      await store.putPiece(shard, saved.generation, checksums.length, piece)
      checksums.push(checksumOf(piece))
      await platform.nextTask()
    }
    const head = encodeHead(shard, { ...saved, columns: new Map([...columns].map(([name, { length }]) => [name, length])), checksums })
    const isSaved = await exclusive(async () => {
      if (isHere(shard)) await journal.finish(shard, saved, head)
      return isHere(shard)
    })
    await store.checkpoints.clearPieces(shard, isSaved ? saved.generation : null)
  }

  /** A start from a checkpoint believes that the envelopes are there: now they are looked at, a few at a time. */
  async function look (shard: Shard): Promise<void> {
    let beganMs = performance.now()
    for (const { id, held } of [...shard.all()]) {
      if (closed || !isHere(shard)) return
      const keys = [...held.keys()].map(hash => ({ document: id, hash }))
      const rows = await store.read(keys)
      const unreadable = keys.filter(({ hash }, at) => {
        const bytes = rows[at]
        return bytes === undefined || !isIntact(bytes, hash)
      })
      if (unreadable.length > 0) await onUnreadable(id, unreadable.map(({ hash }) => hash))
      if (performance.now() - beganMs < CHECKPOINT_SLICE_MS) continue
      await new Promise(resolve => setTimeout(resolve, CHECKPOINT_PAUSE_MS))
      beganMs = performance.now()
    }
  }

  async function all (): Promise<void> {
    for (const shard of closed ? [] : [...toSee]) {
      await look(shard).catch(() => {}) // the database is down: reading says so to whoever reads
      toSee.delete(shard)
    }
    for (const community of [...communities.values()]) {
      for (const shard of [...community.shards.values()]) {
        if (!isDue(shard)) continue
        try {
          await write(shard)
        } catch { // a full disk: the checkpoint before, if any, holds on with what changed since
          if (journal.unsaved(shard).changed === null) await exclusive(async () => { await journal.drop(shard, [], []) }).catch(() => {})
        }
      }
    }
  }

  const run = async (): Promise<void> => {
    running ??= all().finally(() => { running = null })
    await running
  }
  return {
    run,
    async close () {
      if (closed) return
      closed = true
      await running
      await run()
    }
  }
}
