// What this package keeps in a `level` database: envelopes as received, genesis blocks, and each local author's
// device ids and admission stamps. Keys are bytes, so that one range scan reads a document, a shard or a community in order.
import type { AbstractBatchOptions, AbstractIteratorOptions } from 'abstract-level'
import { CrdtIndexError } from '../errors.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId, CommunityAddress, DocumentId, Period } from '../model.ts'
import { createCheckpointRows, type CheckpointBatch, type CheckpointRows, type EnvelopeKey, type Operation, type Root, type ShardId, type Table } from './checkpoint-rows.ts'
import { createBudgetRows, type BudgetBatch, type BudgetRows } from './budget-rows.ts'
import { documentKey, envelopeKey, parseEnvelopeKey, periodRange, rangesWithout, startingWith } from './envelope-keys.ts'
import { openFormat } from './format.ts'
import { createMonthRows, type MonthRows } from './month-rows.ts'
import { createOwnRows, type DamagedRow, type OwnBatch, type OwnRows } from './own-rows.ts'
import { parseProof, proofKey, proofValue, type ProofKey, type StoredProof } from './proof-rows.ts'

export type { DamagedRow, Rescue, Sequence, UnsentEnvelope } from './own-rows.ts'

/**
 * The database that the index lies in: a `level` database or a sublevel of one. It stays the caller's, who opens and
 * closes it. Structural, because whether one abstract-level type fits another depends on the order in which a compiler
 * happens to look at the two.
 */
export interface Database {
  sublevel (name: string, options: typeof VIEW): unknown
}

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const

export interface StoredEnvelope extends EnvelopeKey { readonly bytes: Uint8Array }

export interface StoredCommunity {
  readonly address: CommunityAddress
  /** Undefined while only the address is known. */
  readonly genesis: Uint8Array | undefined
  readonly joinedAtMs: number
}

/** One atomic write: all of it is there after a crash, or nothing. */
export interface IndexBatch extends CheckpointBatch, BudgetBatch, OwnBatch {
  readonly put?: readonly StoredEnvelope[]
  readonly delete?: readonly EnvelopeKey[]
  /** Proofs of equivocation. */
  readonly proofs?: readonly StoredProof[]
  readonly dropProofs?: readonly ProofKey[]
  /** True: on disk before the promise resolves. What a peer sent may be asked for again, so it need not be. */
  readonly durable: boolean
}

export interface IndexStore extends Pick<OwnRows, 'isOwn' | 'device' | 'sequence' | 'unsent' | 'rescues' | 'stamp'> {
  /**
   * To be awaited before anything else. Errors: NEWER_FORMAT for a database that a newer release wrote, which is left as
   * it is. An older one is brought to this format. Returns which of the rows that only this database has were damaged
   * and so removed; their devices were given up, and the next write takes another id.
   */
  open (): Promise<readonly DamagedRow[]>
  /** In key order: all, or those of a community's periods, both ends included. */
  readAll (range?: { readonly community: CommunityAddress, readonly from: Period, readonly to?: Period }): AsyncIterable<StoredEnvelope>
  readDocument (document: DocumentId): Promise<StoredEnvelope[]>
  read (keys: readonly EnvelopeKey[]): Promise<Array<Uint8Array | undefined>>
  write (batch: IndexBatch): Promise<void>
  communities (): Promise<StoredCommunity[]>
  putCommunity (community: StoredCommunity): Promise<void>
  /**
   * Removes the community and every envelope of it. Gone in one durable write; what that leaves behind is deleted then, or, after
   * a crash or on a full disk, by the next `open`, and at the latest before the community is put again.
   */
  deleteCommunity (address: CommunityAddress): Promise<void>
  putDevice (...device: Parameters<OwnRows['putDevice']>): Promise<void>
  deleteDevice (...device: Parameters<OwnRows['deleteDevice']>): Promise<void>
  /** Proofs of equivocation, of one community or all. */
  proofs (community?: CommunityAddress): AsyncIterable<StoredProof>
  putStamp (...stamp: Parameters<OwnRows['putStamp']>): Promise<void>
  /** What is read of checkpoints; their heads and what ties them to the envelopes are written by `write`. */
  readonly checkpoints: Pick<CheckpointRows, 'heads' | 'marks' | 'clearMarks' | 'pieces' | 'clearPieces'>
  /** What storage budgets remember; what goes with envelopes is written by `write`. */
  readonly budgets: Pick<BudgetRows, 'read'>
  /** Null: as if none had been set. */
  putLimit (...limit: Parameters<BudgetRows['putLimit']>): Promise<void>
  putPreferred (...preferred: Parameters<BudgetRows['putPreferred']>): Promise<void>
  /** What is remembered of which months are kept. */
  readonly months: Pick<MonthRows, 'retained' | 'lastKnown' | 'dropping'>
  putRetained (...retained: Parameters<MonthRows['putRetained']>): Promise<void>
  /**
   * From here on the month is gone, but for documents of `stay`, in one durable write: `finishDrop` deletes the rest, now or,
   * after a crash, at the next start. `record`: what is remembered of it; null keeps what is there.
   */
  beginDrop (shard: ShardId, stay: readonly AuthorId[], record: Uint8Array | null): Promise<void>
  finishDrop (shard: ShardId, stay: readonly AuthorId[]): Promise<void>
  forgetLastKnown (shard: ShardId): Promise<void>
  /** Gives the room of a dropped month back, where the level can. */
  compactMonth (shard: ShardId): Promise<void>
  localAuthors: OwnRows['authors']
  /** Not durable: without its head a piece is nothing. */
  putPiece (...piece: Parameters<CheckpointRows['putPiece']>): Promise<void>
}

const COMMUNITY = 32
/** Behind a community's key in its table: it was left, and not all of it is deleted yet. Other releases look at keys of 32 bytes only. */
const LEFT = Uint8Array.of(0)
const NOTHING = new Uint8Array(0)

/** `sync` belongs to classic-level; other levels ignore it. */
const DURABLE = { sync: true } as AbstractBatchOptions<Uint8Array, Uint8Array>
const QUICK = {} as AbstractBatchOptions<Uint8Array, Uint8Array>
/** Of at most 256 KiB each, and usually a hundredth of that; twice as many are in memory. */
const ROWS_AT_ONCE = 100
/** Read ahead by classic-level (default 16 KiB, three envelopes); other levels ignore it. */
const READ_AHEAD = { highWaterMarkBytes: 1024 * 1024 } as AbstractIteratorOptions<Uint8Array, Uint8Array>

/** joinedAtMs (float64) || genesis bytes, which may be missing. */
function encodeCommunity (community: StoredCommunity): Uint8Array {
  const genesis = community.genesis ?? NOTHING
  const value = new Uint8Array(8 + genesis.length)
  new DataView(value.buffer).setFloat64(0, community.joinedAtMs)
  value.set(genesis, 8)
  return value
}

export function createIndexStore (db: Database): IndexStore {
  const root = db.sublevel('crdt-index', VIEW) as Root // the port leaves the database's own types open
  /** What all sublevels lie in. */
  const { db: whole } = root as unknown as { readonly db: Root }
  const table = (name: string): Table => root.sublevel<Uint8Array, Uint8Array>(name, VIEW)
  const envelopes = table('envelopes')
  const communities = table('communities')
  const proofs = table('proofs')
  const checkpoints = createCheckpointRows(table)
  const budgets = createBudgetRows(table)
  const months = createMonthRows(table)
  const own = createOwnRows(table)

  /** Says in this package's words why a write failed. */
  async function written (write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'LEVEL_DATABASE_NOT_OPEN') throw new CrdtIndexError('CLOSED', 'the database was closed', { cause })
      throw new CrdtIndexError('STORAGE_FAILED', `the database could not be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  /** The same to the whole database. */
  function withWholeKey (operation: Operation): Operation {
    const key = (operation.sublevel ?? root).prefixKey(operation.key, 'view')
    return operation.type === 'put' ? { type: 'put', key, value: operation.value } : { type: 'del', key }
  }

  async function commit (operations: Operation[], durable: boolean): Promise<void> {
    if (operations.length === 0) return
    const options = durable ? DURABLE : QUICK
    // Each level of sublevels would copy every operation once more, which takes longer than writing it. One that is closed has to say so.
    if (root.status !== 'open') await written(root.batch<Uint8Array, Uint8Array>(operations, options))
    else await written(whole.batch<Uint8Array, Uint8Array>(operations.map(withWholeKey), { ...VIEW, ...options }))
  }

  /** Left, and not all deleted. */
  const left = new Set<CommunityAddress>()

  async function deleteLeft (address: CommunityAddress): Promise<void> {
    const key = hexToBytes(address)
    const { lte } = startingWith(key)
    await written(envelopes.clear({ gte: key, lte }))
    await written(checkpoints.clearCommunity(address))
    await unmark(address)
  }

  async function unmark (address: CommunityAddress): Promise<void> {
    await commit([{ type: 'del', sublevel: communities, key: concatBytes(hexToBytes(address), LEFT) }], false)
    left.delete(address)
  }

  async function open (): Promise<readonly DamagedRow[]> {
    await openFormat(table('format'), own.sealed, async operations => { await commit(operations, true) })
    const { rows, operations } = await own.damaged()
    await commit([...operations], true)
    for await (const key of communities.keys()) if (key.length > COMMUNITY) left.add(bytesToHex(key.subarray(0, COMMUNITY)) as CommunityAddress)
    for (const address of [...left]) {
      const isJoined = await communities.get(hexToBytes(address)) !== undefined // by an earlier release: what lies there is in use
      await (isJoined ? unmark(address) : deleteLeft(address)).catch(() => {}) // a full disk must keep nobody from reading
    }
    return rows
  }

  return {
    open,
    checkpoints,
    budgets,
    async putLimit (...limit) { await commit([budgets.putLimit(...limit)], true) },
    async putPreferred (...preferred) { await commit([budgets.putPreferred(...preferred)], true) },
    months,
    async putRetained (...retained) { await commit([months.putRetained(...retained)], true) },
    async beginDrop (shard, stay, record) {
      await commit([
        months.putDropping(shard, stay),
        ...record === null ? [] : [months.putLastKnown(shard, record)],
        ...checkpoints.operations({ dropHeads: [shard] })
      ], true)
    },
    async finishDrop (shard, stay) {
      for (const range of rangesWithout(shard, stay)) await written(envelopes.clear(range))
      await written(checkpoints.clearPieces(shard, null))
      await commit([months.putDropping(shard, null)], false)
    },
    async forgetLastKnown (shard) { await commit([months.putLastKnown(shard, null)], false) },
    async compactMonth ({ community, period }) {
      const { gte, lte } = periodRange(community, period, period)
      const level = (root as unknown as { readonly db: object }).db as { compactRange?: (from: Uint8Array, to: Uint8Array, options: { keyEncoding: 'view' }) => Promise<void> }
      await level.compactRange?.(envelopes.prefixKey(gte, 'view'), envelopes.prefixKey(lte, 'view'), { keyEncoding: 'view' })
    },
    localAuthors: own.authors,
    async putPiece (...piece) { await commit([checkpoints.putPiece(...piece)], false) },
    async readDocument (document) {
      const rows = await envelopes.iterator(startingWith(documentKey(document))).all()
      return rows.flatMap(([key, bytes]) => {
        const parsed = parseEnvelopeKey(key)
        return parsed === null ? [] : [{ ...parsed, bytes }]
      })
    },
    async * readAll (range) {
      // The next rows are read while these are looked at: in a browser each read waits for a transaction.
      const rows = envelopes.iterator({ ...READ_AHEAD, ...range === undefined ? {} : periodRange(range.community, range.from, range.to) })
      const read = async (): Promise<Array<[Uint8Array, Uint8Array]>> => await rows.nextv(ROWS_AT_ONCE)
      let next = read()
      try {
        for (let found = await next; found.length > 0; found = await next) {
          next = read()
          next.catch(() => {}) // told when its turn comes
          for (const [key, bytes] of found) {
            const parsed = parseEnvelopeKey(key)
            if (parsed !== null) yield { ...parsed, bytes }
          }
        }
      } finally {
        await rows.close()
      }
    },
    async read (keys) {
      return await envelopes.getMany(keys.map(({ document, hash }) => envelopeKey(document, hash)))
    },
    async write ({ put = [], delete: gone = [], proofs: proven = [], dropProofs = [], durable, ...rest }) {
      await commit([
        ...checkpoints.operations(rest),
        ...budgets.operations(rest),
        ...own.operations(rest),
        ...put.map(({ document, hash, bytes }): Operation => ({ type: 'put', sublevel: envelopes, key: envelopeKey(document, hash), value: bytes })),
        ...gone.map(({ document, hash }): Operation => ({ type: 'del', sublevel: envelopes, key: envelopeKey(document, hash) })),
        ...dropProofs.map((proof): Operation => ({ type: 'del', sublevel: proofs, key: proofKey(proof) })),
        ...proven.map((proof): Operation => ({ type: 'put', sublevel: proofs, key: proofKey(proof), value: proofValue(proof) }))
      ], durable)
    },
    isOwn: own.isOwn,
    async communities () {
      const found: StoredCommunity[] = []
      for await (const [key, value] of communities.iterator()) {
        if (key.length !== COMMUNITY) continue
        found.push({
          address: bytesToHex(key) as CommunityAddress,
          joinedAtMs: value.length < 8 ? 0 : new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0),
          genesis: value.length > 8 ? value.slice(8) : undefined
        })
      }
      return found
    },
    async putCommunity (community) {
      if (left.has(community.address)) await deleteLeft(community.address)
      await commit([{ type: 'put', sublevel: communities, key: hexToBytes(community.address), value: encodeCommunity(community) }], true)
    },
    async deleteCommunity (address) {
      const from = hexToBytes(address)
      const { lte: to } = startingWith(from)
      const gone: Operation[] = [{ type: 'del', sublevel: communities, key: from }, { type: 'put', sublevel: communities, key: concatBytes(from, LEFT), value: NOTHING }]
      for await (const key of proofs.keys({ gte: from, lte: to })) gone.push({ type: 'del', sublevel: proofs, key })
      await commit([...gone, ...await own.forget(address), ...await checkpoints.forget(address), ...await budgets.forget(address), ...await months.forget(address)], true)
      left.add(address)
      await deleteLeft(address).catch(() => {}) // it is left: room comes back later
    },
    sequence: own.sequence,
    unsent: own.unsent,
    async * proofs (community) {
      const rows = community === undefined ? proofs.iterator() : proofs.iterator(startingWith(hexToBytes(community)))
      for await (const [key, value] of rows) {
        const proof = parseProof(key, value)
        if (proof !== null) yield proof
      }
    },
    rescues: own.rescues,
    device: own.device,
    async putDevice (...device) { await commit([own.putDevice(...device)], true) },
    async deleteDevice (...device) { await commit([own.deleteDevice(...device)], false) },
    stamp: own.stamp,
    async putStamp (...stamp) { await commit([own.putStamp(...stamp)], true) }
  }
}
