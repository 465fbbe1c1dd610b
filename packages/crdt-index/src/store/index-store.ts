// What this package keeps in a `level` database: envelopes as received, genesis blocks, and each local author's
// device ids and admission stamps. Keys are bytes, so that one range scan reads a document, a shard or a community in order.
import type { AbstractBatchOptions, AbstractIteratorOptions } from 'abstract-level'
import { decode, encode } from '@ipld/dag-cbor'
import { CrdtIndexError } from '../errors.ts'
import { bytesToHex, concatBytes, equalBytes, hexToBytes } from '../identity/encoding.ts'
import type { AuthorId, CommunityAddress, DocumentId, EntryValue, EnvelopeHash, Period, RootName } from '../model.ts'
import { createCheckpointRows, type CheckpointBatch, type CheckpointRows, type EnvelopeKey, type Operation, type Root, type ShardId, type Table } from './checkpoint-rows.ts'
import { createBudgetRows, type BudgetBatch, type BudgetRows } from './budget-rows.ts'
import { documentKey, envelopeKey, parseEnvelopeKey, periodRange, rangesWithout, startingWith } from './envelope-keys.ts'
import { openFormat, seal, unseal } from './format.ts'
import { createMonthRows, type MonthRows } from './month-rows.ts'
import { parseProof, proofKey, proofValue, type ProofKey, type StoredProof } from './proof-rows.ts'

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

/** The last number that an own device used in a document; it outlives the envelopes, which snapshots replace. */
export interface Sequence {
  readonly document: DocumentId
  readonly device: number
  readonly seq: number
}

/** An own entry that incoming envelopes pushed out, and that has to be written again. */
export interface Rescue {
  readonly author: AuthorId
  readonly community: CommunityAddress
  readonly period: Period
  readonly root: RootName
  readonly key: string
  readonly value: EntryValue
}

/** An own envelope that no other peer is known to have. */
export interface UnsentEnvelope {
  readonly community: CommunityAddress
  readonly hash: EnvelopeHash
}

/** One atomic write: all of it is there after a crash, or nothing. */
export interface IndexBatch extends CheckpointBatch, BudgetBatch {
  readonly put?: readonly StoredEnvelope[]
  readonly delete?: readonly EnvelopeKey[]
  /** Hashes that were written by this database's own devices. */
  readonly own?: readonly EnvelopeHash[]
  readonly sequences?: readonly Sequence[]
  readonly rescue?: readonly Rescue[]
  readonly rescued?: readonly Rescue[]
  readonly unsent?: readonly UnsentEnvelope[]
  readonly sent?: readonly UnsentEnvelope[]
  /** Proofs of equivocation. */
  readonly proofs?: readonly StoredProof[]
  readonly dropProofs?: readonly ProofKey[]
  /** True: on disk before the promise resolves. What a peer sent may be asked for again, so it need not be. */
  readonly durable: boolean
}

export interface IndexStore {
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
  /** Whether this database's own devices wrote the envelope. */
  isOwn (hash: EnvelopeHash): Promise<boolean>
  communities (): Promise<StoredCommunity[]>
  putCommunity (community: StoredCommunity): Promise<void>
  /** Removes the community and every envelope of it. */
  deleteCommunity (address: CommunityAddress): Promise<void>
  device (author: AuthorId, community: CommunityAddress, period: Period): Promise<number | undefined>
  putDevice (author: AuthorId, community: CommunityAddress, period: Period, device: number): Promise<void>
  /** The next write takes another device id. */
  deleteDevice (author: AuthorId, community: CommunityAddress, period: Period): Promise<void>
  sequence (document: DocumentId): Promise<{ readonly device: number, readonly seq: number } | undefined>
  unsent (): Promise<UnsentEnvelope[]>
  /** Proofs of equivocation, of one community or all. */
  proofs (community?: CommunityAddress): AsyncIterable<StoredProof>
  /** What still has to be written again for an author. */
  rescues (author: AuthorId): Promise<Rescue[]>
  /** A local author's admission stamp; it outlives leaving the community, because it was work. */
  stamp (author: AuthorId, community: CommunityAddress): Promise<Uint8Array | undefined>
  putStamp (author: AuthorId, community: CommunityAddress, stamp: Uint8Array): Promise<void>
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
  /** Everybody who has, or had, a device of their own here, or searched a stamp: they wrote here, or still do. */
  localAuthors (): Promise<AuthorId[]>
  /** Not durable: without its head a piece is nothing. */
  putPiece (...piece: Parameters<CheckpointRows['putPiece']>): Promise<void>
}

export interface DamagedRow {
  readonly what: 'device' | 'sequence' | 'rescue'
  readonly community: CommunityAddress | null
}

const COMMUNITY = 32
const NOTHING = new Uint8Array(0)

/** `sync` belongs to classic-level; other levels ignore it. */
const DURABLE = { sync: true } as AbstractBatchOptions<Uint8Array, Uint8Array>
const QUICK = {} as AbstractBatchOptions<Uint8Array, Uint8Array>
/** Of at most 256 KiB each, and usually a hundredth of that; twice as many are in memory. */
const ROWS_AT_ONCE = 100
/** Read ahead by classic-level (default 16 KiB, three envelopes); other levels ignore it. */
const READ_AHEAD = { highWaterMarkBytes: 1024 * 1024 } as AbstractIteratorOptions<Uint8Array, Uint8Array>

function sequenceKey ({ author, community, period, part }: DocumentId): Uint8Array {
  const key = new Uint8Array(32 + 32 + 4 + 2)
  key.set(deviceKey(author, community, period), 0)
  new DataView(key.buffer).setUint16(68, part)
  return key
}

function rescueKey ({ author, community, period, root, key }: Rescue): Uint8Array {
  return concatBytes(deviceKey(author, community, period), new TextEncoder().encode(`${root}/${key}`))
}

function unsentKey ({ community, hash }: UnsentEnvelope): Uint8Array {
  return concatBytes(hexToBytes(community), hexToBytes(hash))
}

function encodeNumbers (first: number, second: number): Uint8Array {
  const value = new Uint8Array(8)
  const view = new DataView(value.buffer)
  view.setUint32(0, first)
  view.setUint32(4, second)
  return value
}

function deviceKey (author: AuthorId, community: CommunityAddress, period: Period): Uint8Array {
  const key = new Uint8Array(32 + 32 + 4)
  key.set(hexToBytes(author), 0)
  key.set(hexToBytes(community), 32)
  new DataView(key.buffer).setUint32(64, period)
  return key
}

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
  const table = (name: string): Table => root.sublevel<Uint8Array, Uint8Array>(name, VIEW)
  const envelopes = table('envelopes')
  const communities = table('communities')
  const devices = table('devices')
  const own = table('own')
  const sequences = table('sequences')
  const rescues = table('rescues')
  const stamps = table('stamps')
  const unsent = table('unsent')
  const proofs = table('proofs')
  const checkpoints = createCheckpointRows(table)
  const budgets = createBudgetRows(table)

  const months = createMonthRows(table)

  /** Says in this package's words why a write failed. */
  async function written (write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (cause) {
      if ((cause as { code?: unknown }).code === 'LEVEL_DATABASE_NOT_OPEN') throw new CrdtIndexError('CLOSED', 'the database was closed', { cause })
      throw new CrdtIndexError('STORAGE_FAILED', `the database could not be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }

  async function commit (operations: Operation[], durable: boolean): Promise<void> {
    if (operations.length > 0) await written(root.batch<Uint8Array, Uint8Array>(operations, durable ? DURABLE : QUICK))
  }

  async function open (): Promise<DamagedRow[]> {
    await openFormat(table('format'), [devices, sequences, rescues], async operations => { await commit(operations, true) })
    const damaged: DamagedRow[] = []
    const gone: Operation[] = []
    for (const [what, owned, keyBytes] of [['device', devices, 68], ['sequence', sequences, 70], ['rescue', rescues, null]] as const) {
      for await (const [key, value] of owned.iterator()) {
        if ((keyBytes === null ? key.length > 68 : key.length === keyBytes) && unseal(key, value) !== null) continue
        gone.push({ type: 'del', sublevel: owned, key })
        if (key.length >= 68 && what === 'sequence') gone.push({ type: 'del', sublevel: devices, key: key.slice(0, 68) })
        damaged.push({ what, community: key.length >= 64 ? bytesToHex(key.subarray(32, 64)) as CommunityAddress : null })
      }
    }
    await commit(gone, true)
    return damaged
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
    async localAuthors () {
      const authors = new Set<AuthorId>()
      // A device is given up when its words are damaged; those that are left are the author's own all the same.
      for (const owned of [devices, sequences, stamps]) for await (const key of owned.keys()) if (key.length >= 32) authors.add(bytesToHex(key.subarray(0, 32)) as AuthorId)
      return [...authors]
    },
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
    async write ({ put = [], delete: gone = [], own: written = [], sequences: numbers = [], rescue = [], rescued = [], unsent: waiting = [], sent = [], proofs: proven = [], dropProofs = [], durable, ...rest }) {
      await commit([
        ...checkpoints.operations(rest),
        ...budgets.operations(rest),
        ...put.map(({ document, hash, bytes }): Operation => ({ type: 'put', sublevel: envelopes, key: envelopeKey(document, hash), value: bytes })),
        ...gone.map(({ document, hash }): Operation => ({ type: 'del', sublevel: envelopes, key: envelopeKey(document, hash) })),
        ...written.map((hash): Operation => ({ type: 'put', sublevel: own, key: hexToBytes(hash), value: NOTHING })),
        ...numbers.map(({ document, device, seq }): Operation => ({ type: 'put', sublevel: sequences, key: sequenceKey(document), value: seal(sequenceKey(document), encodeNumbers(device, seq)) })),
        ...rescue.map((entry): Operation => ({ type: 'put', sublevel: rescues, key: rescueKey(entry), value: seal(rescueKey(entry), encode(entry.value)) })),
        ...rescued.map((entry): Operation => ({ type: 'del', sublevel: rescues, key: rescueKey(entry) })),
        ...waiting.map((envelope): Operation => ({ type: 'put', sublevel: unsent, key: unsentKey(envelope), value: NOTHING })),
        ...sent.map((envelope): Operation => ({ type: 'del', sublevel: unsent, key: unsentKey(envelope) })),
        ...dropProofs.map((proof): Operation => ({ type: 'del', sublevel: proofs, key: proofKey(proof) })),
        ...proven.map((proof): Operation => ({ type: 'put', sublevel: proofs, key: proofKey(proof), value: proofValue(proof) }))
      ], durable)
    },
    async isOwn (hash) {
      return await own.get(hexToBytes(hash)) !== undefined
    },
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
      await commit([{ type: 'put', sublevel: communities, key: hexToBytes(community.address), value: encodeCommunity(community) }], true)
    },
    async deleteCommunity (address) {
      const from = hexToBytes(address)
      const { lte: to } = startingWith(from)
      // A device that lost its envelopes must not count on from the beginning under its old id.
      const forgotten: Operation[] = []
      for (const owned of [devices, sequences, rescues]) {
        for await (const key of owned.keys()) if (equalBytes(key.subarray(32, 64), from)) forgotten.push({ type: 'del', sublevel: owned, key })
      }
      for (const owned of [unsent, proofs]) for await (const key of owned.keys({ gte: from, lte: to })) forgotten.push({ type: 'del', sublevel: owned, key })
      await commit([{ type: 'del', sublevel: communities, key: from }, ...forgotten, ...await checkpoints.forget(address), ...await budgets.forget(address), ...await months.forget(address)], true)
      await written(envelopes.clear({ gte: from, lte: to }))
      await written(checkpoints.clearCommunity(address))
    },
    async sequence (document) {
      const key = sequenceKey(document)
      const value = unseal(key, await sequences.get(key))
      if (value?.length !== 8) return undefined
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      return { device: view.getUint32(0), seq: view.getUint32(4) }
    },
    async unsent () {
      const keys = await unsent.keys().all()
      return keys.map(key => ({ community: bytesToHex(key.subarray(0, COMMUNITY)) as CommunityAddress, hash: bytesToHex(key.subarray(COMMUNITY)) as EnvelopeHash }))
    },
    async * proofs (community) {
      const rows = community === undefined ? proofs.iterator() : proofs.iterator(startingWith(hexToBytes(community)))
      for await (const [key, value] of rows) {
        const proof = parseProof(key, value)
        if (proof !== null) yield proof
      }
    },
    async rescues (author) {
      const found: Rescue[] = []
      const from = hexToBytes(author)
      const to = new Uint8Array(32 + 32 + 4 + 128).fill(0xff)
      to.set(from)
      for await (const [key, sealed] of rescues.iterator({ gte: from, lte: to })) {
        const value = unseal(key, sealed)
        if (value === null) continue
        const [root = '', ...rest] = new TextDecoder().decode(key.subarray(68)).split('/')
        found.push({
          author,
          community: bytesToHex(key.subarray(32, 64)) as CommunityAddress,
          period: new DataView(key.buffer, key.byteOffset, key.byteLength).getUint32(64),
          root: root as RootName,
          key: rest.join('/'),
          value: decode(value)
        })
      }
      return found
    },
    async device (author, community, period) {
      const key = deviceKey(author, community, period)
      const value = unseal(key, await devices.get(key))
      return value?.length !== 4 ? undefined : new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0)
    },
    async putDevice (author, community, period, device) {
      const value = new Uint8Array(4)
      new DataView(value.buffer).setUint32(0, device)
      const key = deviceKey(author, community, period)
      await commit([{ type: 'put', sublevel: devices, key, value: seal(key, value) }], true)
    },
    async deleteDevice (author, community, period) {
      await commit([{ type: 'del', sublevel: devices, key: deviceKey(author, community, period) }], false)
    },
    async stamp (author, community) {
      return await stamps.get(concatBytes(hexToBytes(author), hexToBytes(community)))
    },
    async putStamp (author, community, stamp) {
      await commit([{ type: 'put', sublevel: stamps, key: concatBytes(hexToBytes(author), hexToBytes(community)), value: stamp }], true)
    }
  }
}
