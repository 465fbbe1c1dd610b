// How checkpoints lie in the database, and what is written beside envelopes so that one is never believed when it is stale:
//   checkpoints:    community (32) || period (4) -> the head, written last, by which the rest is found and checked
//   checkpoint:     community || period || generation (4) || number (4) -> a piece of its columns
//   changed:        document (70) -> seal of the key: its envelopes are no longer those of the checkpoint
//   superseded:     document || hash -> seal of the key: the envelope counts no more, and is kept because the checkpoint counts it
import type { AbstractBatchOperation, AbstractLevel, AbstractSublevel } from 'abstract-level'
import { bytesToHex, concatBytes, hexToBytes } from '../identity/encoding.ts'
import type { CommunityAddress, DocumentId, EnvelopeHash, Period } from '../model.ts'
import { seal, unseal } from './format.ts'
import { documentKey, DOCUMENT_KEY_BYTES, parseDocumentKey, parseEnvelopeKey, envelopeKey } from './envelope-keys.ts'

export type Root = AbstractLevel<Uint8Array, Uint8Array, Uint8Array>
export type Table = AbstractSublevel<Root, Uint8Array, Uint8Array, Uint8Array>
export type Operation = AbstractBatchOperation<Root, Uint8Array, Uint8Array>

export interface ShardId {
  readonly community: CommunityAddress
  readonly period: Period
}

export interface EnvelopeKey {
  readonly document: DocumentId
  readonly hash: EnvelopeHash
  /** Of the envelope, where whoever names it knows. */
  readonly byteLength?: number
}

export interface StoredHead extends ShardId { readonly head: Uint8Array }

/** What of a batch concerns checkpoints. */
export interface CheckpointBatch {
  /** Documents that differ from the checkpoint from now on, and those that no longer do. */
  readonly changed?: readonly DocumentId[]
  readonly unchanged?: readonly DocumentId[]
  readonly supersede?: readonly EnvelopeKey[]
  /** Counts again, or is deleted in this batch. */
  readonly unsupersede?: readonly EnvelopeKey[]
  readonly heads?: readonly StoredHead[]
  readonly dropHeads?: readonly ShardId[]
}

/** What is known of the difference between checkpoints and envelopes. */
export interface Marks {
  readonly changed: readonly DocumentId[]
  readonly superseded: readonly EnvelopeKey[]
  /** Rows that are not what was written: nobody knows of which shard they were, so no checkpoint can be believed. */
  readonly damaged: ReadonlyArray<{ readonly table: 'changed' | 'superseded', readonly key: Uint8Array }>
}

export interface CheckpointRows {
  operations (batch: CheckpointBatch): Operation[]
  heads (): Promise<StoredHead[]>
  marks (): Promise<Marks>
  /** Removes damaged marks. */
  clearMarks (damaged: Marks['damaged']): Promise<void>
  /** Pieces of a generation, in order. */
  pieces (shard: ShardId, generation: number): Promise<Uint8Array[]>
  putPiece (shard: ShardId, generation: number, number: number, piece: Uint8Array): Operation
  /** Removes all generations of a shard but one. */
  clearPieces (shard: ShardId, keep: number | null): Promise<void>
  /** Deletes what concerns a community. */
  forget (community: CommunityAddress): Promise<Operation[]>
  clearCommunity (community: CommunityAddress): Promise<void>
}

const NOTHING = new Uint8Array(0)
const SHARD_KEY_BYTES = 36
const PIECES_AT_ONCE = 64

function shardKey ({ community, period }: ShardId): Uint8Array {
  const key = new Uint8Array(SHARD_KEY_BYTES)
  key.set(hexToBytes(community))
  new DataView(key.buffer).setUint32(32, period)
  return key
}

function numbered (prefix: Uint8Array, ...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * numbers.length)
  for (const [at, number] of numbers.entries()) new DataView(bytes.buffer).setUint32(4 * at, number)
  return concatBytes(prefix, bytes)
}

const LAST = 2 ** 32 - 1

export function createCheckpointRows (table: (name: string) => Table): CheckpointRows {
  const checkpoints = table('checkpoints')
  const checkpoint = table('checkpoint')
  const changed = table('changed')
  const superseded = table('superseded')
  const ofCommunity = (community: CommunityAddress): { gte: Uint8Array, lte: Uint8Array } => {
    const from = hexToBytes(community)
    return { gte: from, lte: concatBytes(from, new Uint8Array(DOCUMENT_KEY_BYTES).fill(0xff)) }
  }
  return {
    operations: ({ changed: now = [], unchanged = [], supersede = [], unsupersede = [], heads = [], dropHeads = [] }) => [
      ...unchanged.map((document): Operation => ({ type: 'del', sublevel: changed, key: documentKey(document) })),
      ...now.map((document): Operation => ({ type: 'put', sublevel: changed, key: documentKey(document), value: seal(documentKey(document), NOTHING) })),
      ...unsupersede.map(({ document, hash }): Operation => ({ type: 'del', sublevel: superseded, key: envelopeKey(document, hash) })),
      ...supersede.map(({ document, hash }): Operation => ({ type: 'put', sublevel: superseded, key: envelopeKey(document, hash), value: seal(envelopeKey(document, hash), NOTHING) })),
      ...dropHeads.map((shard): Operation => ({ type: 'del', sublevel: checkpoints, key: shardKey(shard) })),
      ...heads.map((shard): Operation => ({ type: 'put', sublevel: checkpoints, key: shardKey(shard), value: shard.head }))
    ],
    async heads () {
      const rows = await checkpoints.iterator().all()
      return rows.filter(([key]) => key.length === SHARD_KEY_BYTES).map(([key, head]) => ({
        community: bytesToHex(key.subarray(0, 32)) as CommunityAddress,
        period: new DataView(key.buffer, key.byteOffset).getUint32(32),
        head
      }))
    },
    async marks () {
      const marks = { changed: [] as DocumentId[], superseded: [] as EnvelopeKey[], damaged: [] as Array<Marks['damaged'][number]> }
      for await (const [key, value] of changed.iterator()) {
        const document = unseal(key, value) === null ? null : parseDocumentKey(key)
        if (document === null) marks.damaged.push({ table: 'changed', key })
        else marks.changed.push(document)
      }
      for await (const [key, value] of superseded.iterator()) {
        const envelope = unseal(key, value) === null ? null : parseEnvelopeKey(key)
        if (envelope === null) marks.damaged.push({ table: 'superseded', key })
        else marks.superseded.push(envelope)
      }
      return marks
    },
    async clearMarks (damaged) {
      for (const { table, key } of damaged) await (table === 'changed' ? changed : superseded).del(key)
    },
    async pieces (shard, generation) {
      const prefix = shardKey(shard)
      const pieces: Uint8Array[] = []
      const rows = checkpoint.values({ gte: numbered(prefix, generation, 0), lte: numbered(prefix, generation, LAST), highWaterMarkBytes: 4 * 1024 * 1024 } as object)
      try {
        for (let found = await rows.nextv(PIECES_AT_ONCE); found.length > 0; found = await rows.nextv(PIECES_AT_ONCE)) pieces.push(...found)
      } finally {
        await rows.close()
      }
      return pieces
    },
    putPiece: (shard, generation, number, piece) => ({ type: 'put', sublevel: checkpoint, key: numbered(shardKey(shard), generation, number), value: piece }),
    async clearPieces (shard, keep) {
      const prefix = shardKey(shard)
      const all = { gte: numbered(prefix, 0, 0), lte: numbered(prefix, LAST, LAST) }
      if (keep === null) {
        await checkpoint.clear(all)
        return
      }
      await checkpoint.clear({ gte: all.gte, lt: numbered(prefix, keep, 0) })
      await checkpoint.clear({ gt: numbered(prefix, keep, LAST), lte: all.lte })
    },
    async forget (community) {
      const operations: Operation[] = []
      for (const owned of [checkpoints, changed, superseded]) for await (const key of owned.keys(ofCommunity(community))) operations.push({ type: 'del', sublevel: owned, key })
      return operations
    },
    async clearCommunity (community) { await checkpoint.clear(ofCommunity(community)) }
  }
}
