// What changed since a shard's checkpoint: written in the same batches as the changes, so that a checkpoint is never older
// than what is known about it. Envelopes that stop counting stay in the store until the next checkpoint, because the
// difference is what they said and what is said now.
import type { CommunityAddress, DocumentId, EnvelopeHash, Period } from '../model.ts'
import type { EnvelopeKey, ShardId } from '../store/checkpoint-rows.ts'
import type { IndexBatch, IndexStore } from '../store/index-store.ts'

/** Of one shard that has a checkpoint, or is about to. */
interface Ledger {
  /** Counts the moments at which the shard was saved; what changed later has a higher one. */
  epoch: number
  /** The generation of the checkpoint in the store; null before the first. */
  generation: number | null
  readonly changed: Map<string, { readonly document: DocumentId, readonly epoch: number }>
  readonly superseded: Map<EnvelopeHash, EnvelopeKey & { readonly epoch: number }>
}

export interface Unsaved {
  /** Null: the shard has no checkpoint. */
  readonly changed: number | null
  readonly superseded: number
  /** Of those superseded since the start. */
  readonly supersededBytes: number
}

export interface Journal {
  /** As the store's, and keeps account. */
  write (batch: IndexBatch): Promise<void>
  unsaved (shard: ShardId): Unsaved
  /** The shard is being saved now: what changes from here on is not in it. */
  begin (shard: ShardId): { readonly epoch: number, readonly generation: number }
  /** The pieces are written: the head makes them the checkpoint, in one batch with the end of the old one. */
  finish (shard: ShardId, saved: { readonly epoch: number, readonly generation: number }, head: Uint8Array): Promise<void>
  /** Takes over what a checkpoint that was read, and what lies beside it, say. */
  adopt (shard: ShardId, generation: number, changed: readonly DocumentId[], superseded: readonly EnvelopeKey[]): void
  /** There is no checkpoint of the shard any more. */
  drop (shard: ShardId, changed: readonly DocumentId[], superseded: readonly EnvelopeKey[]): Promise<void>
  forget (community: CommunityAddress): void
}

/** More rows than this in one batch would hold up others. */
const ROWS_A_BATCH = 1000

const shardName = ({ community, period }: { readonly community: CommunityAddress, readonly period: Period }): string => `${community}/${period}`
const documentName = ({ author, part }: DocumentId): string => `${author}/${part}`

export function createJournal (store: Pick<IndexStore, 'write'>): Journal {
  const ledgers = new Map<string, Ledger>()

  function ledgerOf (shard: ShardId): Ledger {
    const name = shardName(shard)
    let ledger = ledgers.get(name)
    if (ledger === undefined) ledgers.set(name, ledger = { epoch: 0, generation: null, changed: new Map(), superseded: new Map() })
    return ledger
  }

  /** Rows that nothing needs once the checkpoint is gone or newer: envelopes first, so that a crash in between leaves no envelope without its mark. */
  async function release (changed: readonly DocumentId[], superseded: readonly EnvelopeKey[]): Promise<void> {
    for (let at = 0; at < superseded.length; at += ROWS_A_BATCH) {
      const some = superseded.slice(at, at + ROWS_A_BATCH)
      await store.write({ delete: some, unsupersede: some, durable: false })
    }
    for (let at = 0; at < changed.length; at += ROWS_A_BATCH) await store.write({ unchanged: changed.slice(at, at + ROWS_A_BATCH), durable: false })
  }

  return {
    async write (batch) {
      const changed = new Map<string, DocumentId>()
      const supersede: EnvelopeKey[] = []
      const gone: EnvelopeKey[] = []
      const unsupersede: EnvelopeKey[] = []
      const note = (document: DocumentId): Ledger | undefined => {
        const ledger = ledgers.get(shardName(document))
        if (ledger !== undefined && ledger.changed.get(documentName(document))?.epoch !== ledger.epoch) changed.set(`${shardName(document)}/${documentName(document)}`, document)
        return ledger
      }
      for (const { document, hash } of batch.put ?? []) if (note(document)?.superseded.has(hash) === true) unsupersede.push({ document, hash })
      for (const key of batch.delete ?? []) (note(key.document) === undefined ? gone : supersede).push(key)
      await store.write({ ...batch, delete: gone, changed: [...changed.values()], supersede, unsupersede })
      // Only what is written is known: a batch that failed is noted again by the next one.
      for (const document of changed.values()) {
        const ledger = ledgers.get(shardName(document))
        ledger?.changed.set(documentName(document), { document, epoch: ledger.epoch })
      }
      for (const { document, hash } of unsupersede) ledgers.get(shardName(document))?.superseded.delete(hash)
      for (const key of supersede) {
        const ledger = ledgers.get(shardName(key.document))
        ledger?.superseded.set(key.hash, { ...key, epoch: ledger.epoch })
      }
    },
    unsaved (shard) {
      const ledger = ledgers.get(shardName(shard))
      let supersededBytes = 0
      for (const { byteLength = 0 } of ledger?.superseded.values() ?? []) supersededBytes += byteLength
      return { changed: ledger === undefined || ledger.generation === null ? null : ledger.changed.size, superseded: ledger?.superseded.size ?? 0, supersededBytes }
    },
    begin (shard) {
      const ledger = ledgerOf(shard)
      ledger.epoch++
      return { epoch: ledger.epoch, generation: ((ledger.generation ?? 0) + ledger.epoch) % 2 ** 32 }
    },
    async finish (shard, { epoch, generation }, head) {
      const ledger = ledgerOf(shard)
      // A document that changed before and after has its mark renewed; one that changed only before loses it.
      const changed = [...ledger.changed.values()].filter(entry => entry.epoch < epoch).map(({ document }) => document)
      const superseded = [...ledger.superseded.values()].filter(entry => entry.epoch < epoch)
      await store.write({ heads: [{ ...shard, head }], unchanged: changed, delete: superseded, unsupersede: superseded, durable: false })
      ledger.generation = generation
      for (const document of changed) ledger.changed.delete(documentName(document))
      for (const { hash } of superseded) ledger.superseded.delete(hash)
    },
    adopt (shard, generation, changed, superseded) {
      const ledger = ledgerOf(shard)
      ledger.generation = generation
      for (const document of changed) ledger.changed.set(documentName(document), { document, epoch: 0 })
      for (const key of superseded) ledger.superseded.set(key.hash, { ...key, epoch: 0 })
    },
    async drop (shard, changed, superseded) {
      const ledger = ledgers.get(shardName(shard))
      await store.write({ dropHeads: [shard], durable: false })
      ledgers.delete(shardName(shard))
      await release([...changed, ...[...ledger?.changed.values() ?? []].map(({ document }) => document)], [...superseded, ...ledger?.superseded.values() ?? []])
    },
    forget (community) {
      for (const name of [...ledgers.keys()]) if (name.startsWith(`${community}/`)) ledgers.delete(name)
    }
  }
}
