// How an index comes back from its database: shards from their checkpoints and what changed since, the others envelope by
// envelope. What is damaged is reported and dropped, so that peers are asked for it; a checkpoint that could be stale, torn
// or of another release is dropped too.
import type { Journal } from './checkpoint/journal.ts'
import { createDocument, diff, stage, type LoadEnvelopes } from './documents/document.ts'
import type { HotStates } from './documents/hot-states.ts'
import { materialize } from './documents/materialize.ts'
import { decodeGenesis, type Genesis } from './envelope/genesis.ts'
import { restoreEnvelope } from './envelope/verify.ts'
import type { IndexEvents } from './crdt-index.ts'
import { CrdtIndexError } from './errors.ts'
import type { CommunityAddress, DocumentId, EntryChange, EnvelopeHash, Period, VerifiedEnvelope } from './model.ts'
import { createCommunityState, type CommunityState } from './shards/communities.ts'
import { openParts } from './shards/open-parts.ts'
import { createShard, type Shard } from './shards/shard.ts'
import { createSlices, inSlices } from './slices.ts'
import type { EnvelopeKey, Marks, StoredHead } from './store/checkpoint-rows.ts'
import type { DamagedRow, IndexStore, StoredEnvelope } from './store/index-store.ts'

export interface Opening {
  /** Reads the database once. */
  all (damagedRows: readonly DamagedRow[]): Promise<void>
  /** Reads what the database has of a community whose genesis was not known before. */
  community (state: CommunityState): Promise<void>
  /** Reads a shard again whose envelopes turned out to be damaged, and gives them up. To be called when nobody writes. */
  again (state: CommunityState, period: Period): Promise<void>
  /** Shards that a checkpoint gave: their envelopes were not looked at. */
  readonly unseen: ReadonlySet<Shard>
}

export interface OpeningPorts {
  readonly store: IndexStore
  readonly journal: Journal
  readonly load: LoadEnvelopes
  readonly hot: HotStates
  readonly communities: Map<CommunityAddress, CommunityState>
  readonly onDamaged: (damaged: IndexEvents['damaged']) => void
}

/** What lies beside the envelopes of one shard. */
interface Beside {
  head: StoredHead | null
  readonly changed: DocumentId[]
  readonly superseded: EnvelopeKey[]
}

const LAST_PERIOD = 2 ** 32 - 1

export function createOpening ({ store, journal, load, hot, communities, onDamaged }: OpeningPorts): Opening {
  const unseen = new Set<Shard>()

  /** Throws where `load` would return less: what is half read may not be projected. */
  const loadAll: LoadEnvelopes = async (document, hashes) => {
    const envelopes = await load(document, hashes)
    if (envelopes.length < hashes.length) throw new CrdtIndexError('STORAGE_FAILED', 'a stored envelope cannot be read')
    return envelopes
  }

  async function readBeside (): Promise<{ readonly beside: ReadonlyMap<string, Beside>, readonly damagedMarks: Marks['damaged'] }> {
    const beside = new Map<string, Beside>()
    const of = ({ community, period }: { readonly community: CommunityAddress, readonly period: Period }): Beside => {
      const name = `${community}/${period}`
      let found = beside.get(name)
      if (found === undefined) beside.set(name, found = { head: null, changed: [], superseded: [] })
      return found
    }
    const { changed, superseded, damaged } = await store.checkpoints.marks()
    for (const head of await store.checkpoints.heads()) of(head).head = head
    for (const document of changed) of(document).changed.push(document)
    for (const key of superseded) of(key.document).superseded.push(key)
    return { beside, damagedMarks: damaged }
  }

  function genesisOf (address: CommunityAddress, bytes: Uint8Array | undefined): Genesis | null {
    if (bytes === undefined) return null
    try {
      const genesis = decodeGenesis(bytes)
      if (genesis.address === address) return genesis
    } catch (error) {
      if (!(error instanceof CrdtIndexError)) throw error
    }
    onDamaged({ what: 'community', community: address, hash: null })
    return null
  }

  async function readCommunity (state: CommunityState, beside: ReadonlyMap<string, Beside>): Promise<void> {
    const superseded = new Set<EnvelopeHash>()
    const restored: Period[] = []
    for (const [name, each] of beside) {
      if (!name.startsWith(`${state.address}/`)) continue
      const period = Number(name.slice(state.address.length + 1))
      const generation = each.head === null ? null : await restoreShard(state, period, each)
      if (generation !== null) {
        journal.adopt({ community: state.address, period }, generation, each.changed, each.superseded)
        restored.push(period)
        continue
      }
      if (each.head !== null) onDamaged({ what: 'checkpoint', community: state.address, hash: null })
      for (const { hash } of each.superseded) superseded.add(hash)
      await dropCheckpoint(state.address, period, each)
    }
    let from = 0
    for (const period of [...restored.sort((a, b) => a - b), null]) {
      const to = period === null ? LAST_PERIOD : period - 1
      if (to >= from) await readEnvelopes(period => state.shard(period), { community: state.address, from, to }, superseded)
      from = (period ?? 0) + 1
    }
  }

  /** A mark is damaged, and nobody knows of which shard it was: no checkpoint can be believed. */
  async function distrust (beside: ReadonlyMap<string, Beside>, damagedMarks: Marks['damaged']): Promise<void> {
    let isGone = true
    for (const each of beside.values()) {
      if (each.head === null) continue
      const { community, period } = each.head
      isGone = await dropCheckpoint(community, period, each) && isGone
      each.head = null
      onDamaged({ what: 'checkpoint', community, hash: null })
    }
    if (isGone) await store.checkpoints.clearMarks(damagedMarks).catch(() => {}) // otherwise the next start finds it again
  }

  /** False: it is still in the database. */
  async function dropCheckpoint (community: CommunityAddress, period: Period, { changed, superseded }: Pick<Beside, 'changed' | 'superseded'>): Promise<boolean> {
    try {
      await journal.drop({ community, period }, changed, superseded)
      await store.checkpoints.clearPieces({ community, period }, null)
      return true
    } catch { // on a full disk what is written from now on is marked as different from it instead
      journal.adopt({ community, period }, 0, changed, superseded)
      return false
    }
  }

  /** The generation of the checkpoint that the shard was restored from, or null. */
  async function restoreShard (state: CommunityState, period: Period, { head: stored, changed, superseded }: Beside): Promise<number | null> {
    const name = { community: state.address, period }
    const shard = createShard(state.address, period, state.genesis?.founder ?? null)
    try {
      const { decodeHead, join, restoreHeld } = await import('./checkpoint/restore.ts')
      const head = stored === null ? null : decodeHead(name, stored.head)
      const pieces = head === null ? [] : await store.checkpoints.pieces(name, head.generation)
      const slices = createSlices()
      const columns = head === null ? null : await inSlices(join(head, pieces), slices)
      if (head === null || columns === null) return null
      await inSlices(restoreHeld(shard, columns), slices)
      if (shard.month !== null) await inSlices(shard.month.restore(columns), slices)
      if (shard.meta !== null) await inSlices(shard.meta.restore(columns), slices)
      if (shard.envelopeCount !== head.envelopes) return null
      await catchUp(shard, changed, new Set(superseded.map(({ hash }) => hash)))
      state.adopt(shard)
      unseen.add(shard)
      return head.generation
    } catch { // whatever it is: the envelopes are the truth
      for (const document of shard.all()) hot.forget(document)
      return null
    }
  }

  /** Brings a restored shard from what its checkpoint says to what the envelopes say. */
  async function catchUp (shard: Shard, changed: readonly DocumentId[], superseded: ReadonlySet<EnvelopeHash>): Promise<void> {
    const slices = createSlices()
    for (const [author, documents] of Map.groupBy(changed, ({ author }) => author)) {
      if (slices.isOver) await slices.rest()
      const changes = new Map<number, readonly EntryChange[]>()
      for (const id of documents) changes.set(id.part, await catchUpDocument(shard, id, superseded))
      const reopen = await openParts(shard, author, loadAll)
      reopen()
      shard.project(author, changes)
      for (const document of shard.documents(author)) hot.touch(document)
    }
  }

  async function catchUpDocument (shard: Shard, id: DocumentId, superseded: ReadonlySet<EnvelopeHash>): Promise<EntryChange[]> {
    const envelopes = new Map<EnvelopeHash, VerifiedEnvelope>()
    for (const record of await store.readDocument(id)) {
      const envelope = restoreRecord(record)
      if (envelope === null) throw new CrdtIndexError('STORAGE_FAILED', 'a stored envelope is damaged')
      envelopes.set(envelope.hash, envelope)
    }
    const inOrder = (hashes: Iterable<EnvelopeHash>): VerifiedEnvelope[] => [...hashes].map(hash => {
      const envelope = envelopes.get(hash)
      if (envelope === undefined) throw new CrdtIndexError('STORAGE_FAILED', 'a stored envelope is missing')
      return envelope
    })
    const document = shard.document(id.author, id.part)
    const old = document.held
    const before = materialize(inOrder(old.keys()), { period: id.period })
    const { held } = stage(createDocument(id), [...envelopes.values()].filter(({ hash }) => !superseded.has(hash)))
    document.held = held
    document.state = materialize(inOrder(held.keys()), { period: id.period })
    shard.held(document, [...held.keys()].filter(hash => !old.has(hash)), [...old.keys()].filter(hash => !held.has(hash)))
    return diff(before.entries, document.state.entries)
  }

  async function readEnvelopes (shardOf: (period: Period) => Shard, range: Parameters<IndexStore['readAll']>[0], superseded: ReadonlySet<EnvelopeHash>): Promise<void> {
    const slices = createSlices()
    let group: StoredEnvelope[] = []
    for await (const record of store.readAll(range)) {
      if (superseded.has(record.hash)) continue
      const last = group.at(-1)?.document
      if (last !== undefined && !isSame(last, record.document)) {
        if (slices.isOver) await slices.rest()
        await readGroup(shardOf, group)
        group = []
      }
      group.push(record)
    }
    if (group.length > 0) await readGroup(shardOf, group)
  }

  /** All stored envelopes of one document. */
  async function readGroup (shardOf: (period: Period) => Shard, records: readonly StoredEnvelope[]): Promise<void> {
    const envelopes: VerifiedEnvelope[] = []
    const damaged: StoredEnvelope[] = []
    for (const record of records) {
      const envelope = restoreRecord(record)
      if (envelope === null) damaged.push(record)
      else envelopes.push(envelope)
    }
    if (damaged.length > 0) await giveUp(damaged)
    const [first] = envelopes
    if (first === undefined) return
    const shard = shardOf(first.header.period)
    const document = shard.document(first.header.author, first.header.part)
    const reopen = await openParts(shard, document.id.author, load, document)
    const staged = stage(document, envelopes)
    const byHash = new Map(envelopes.map(envelope => [envelope.hash, envelope]))
    reopen()
    document.state = materialize([...staged.held.keys()].flatMap(hash => byHash.get(hash) ?? []), { period: shard.period, needsDoc: false })
    document.held = staged.held
    shard.held(document, [...staged.held.keys()], [])
    const changes: EntryChange[] = []
    for (const [root, entries] of document.state.entries) {
      for (const [key, value] of entries) changes.push({ root, key, before: undefined, after: value })
    }
    shard.project(document.id.author, new Map([[document.id.part, changes]]))
    for (const part of shard.documents(document.id.author)) hot.pass(part)
  }

  /**
   * What was written here is never deleted: a later release may read it. Peers are asked for the rest, and the author goes
   * on as another device, because what cannot be read may have used up clocks of this one.
   */
  async function giveUp (damaged: readonly StoredEnvelope[]): Promise<void> {
    const foreign: StoredEnvelope[] = []
    for (const record of damaged) if (!await store.isOwn(record.hash)) foreign.push(record)
    const { author, community, period } = (damaged[0] as StoredEnvelope).document
    await store.write({ delete: foreign, durable: false })
    await store.deleteDevice(author, community, period)
    for (const { hash } of damaged) onDamaged({ what: 'envelope', community, hash })
  }

  return {
    async all (damagedRows) {
      for (const { what, community } of damagedRows) if (community !== null) onDamaged({ what, community, hash: null })
      const { beside, damagedMarks } = await readBeside()
      for (const { address, genesis: bytes, joinedAtMs } of await store.communities()) {
        const genesis = genesisOf(address, bytes)
        communities.set(address, createCommunityState({ address, joinedAtMs, genesis, genesisBytes: genesis === null ? undefined : bytes }))
      }
      if (damagedMarks.length > 0) await distrust(beside, damagedMarks)
      for (const state of communities.values()) if (state.genesis !== null) await readCommunity(state, beside)
    },
    async community (state) { await readCommunity(state, (await readBeside()).beside) },
    async again (state, period) {
      const name = { community: state.address, period }
      const { changed, superseded } = (await readBeside()).beside.get(`${state.address}/${period}`) ?? { changed: [], superseded: [] }
      await dropCheckpoint(state.address, period, { changed, superseded })
      const shard = createShard(state.address, period, state.genesis?.founder ?? null)
      await readEnvelopes(() => shard, { ...name, from: period, to: period }, new Set(superseded.map(({ hash }) => hash)))
      for (const document of state.shards.get(period)?.all() ?? []) hot.forget(document)
      state.adopt(shard)
    },
    unseen
  }
}

/** Null for a damaged one; one that lies under another document's key is damaged too. */
function restoreRecord ({ document, hash, bytes }: StoredEnvelope): VerifiedEnvelope | null {
  const envelope = restoreEnvelope(bytes, hash)
  return envelope !== null && isSame(envelope.header, document) ? envelope : null
}

function isSame (a: DocumentId, b: DocumentId): boolean {
  return a.author === b.author && a.part === b.part && a.period === b.period && a.community === b.community
}
