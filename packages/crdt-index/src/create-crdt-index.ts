import { createCheckpointTimer } from './checkpoint/checkpoint-timer.ts'
import { createJournal } from './checkpoint/journal.ts'
import { createCommitter, createInbound, type Ingested } from './inbound.ts'
import { createDocumentWriter, type DocumentWriter } from './outbound.ts'
import { createAuthorWriter } from './author-writer.ts'
import type { AuthorWriter, CommunityInfo, CrdtIndex, CrdtIndexOptions, IndexEvents } from './crdt-index.ts'
import type { LoadEnvelopes } from './documents/document.ts'
import { createHotStates } from './documents/hot-states.ts'
import { createGenesis, decodeGenesis, type Genesis } from './envelope/genesis.ts'
import { createBatchVerifier } from './envelope/batch-verifier.ts'
import { createStampBook } from './envelope/stamp-book.ts'
import { createStampFinder } from './envelope/stamp-finder.ts'
import { restoreEnvelope } from './envelope/verify.ts'
import { CrdtIndexError } from './errors.ts'
import { createBudgets } from './keeping/budgets.ts'
import type { Keeping } from './keeping/keeping.ts'
import { createLocalAuthors } from './keeping/local-authors.ts'
import { createMonths } from './keeping/months.ts'
import { createRelayed } from './keeping/relayed.ts'
import { createRetention, parseRetain } from './keeping/retention.ts'
import { CHECKPOINT_INTERVAL_MS, CHECKPOINT_MIN_ENVELOPES, MAX_COMMUNITY_BYTES } from './limits.ts'
import { createEvents } from './events.ts'
import { topicOf } from './identity/ids.ts'
import { isPeriod } from './identity/period.ts'
import type { Signer } from './identity/keys.ts'
import { META_PERIOD, type AuthorId, type CommunityAddress, type DocumentId, type EnvelopeHash } from './model.ts'
import { createMutex } from './mutex.ts'
import { createOpening } from './opening.ts'
import { createReplica } from './replica.ts'
import { createRescuer } from './rescuer.ts'
import { createAuthorEntries } from './shards/author-entries.ts'
import { createCommunityState, type CommunityState } from './shards/communities.ts'
import { describeStatus } from './shards/community-status.ts'
import { envelopesOf } from './shards/envelopes.ts'
import { createEquivocations } from './shards/equivocations.ts'
import { createUnsent } from './shards/unsent.ts'
import { createIndexStore, type IndexStore } from './store/index-store.ts'
import { createReadTogether } from './store/read-together.ts'
import type { SessionResult } from './sync/session.ts'
import { OFFLINE } from './sync/sync-status.ts'
import { createSynchroniser, type Synchroniser } from './sync/synchroniser.ts'
import { createQueries } from './views/queries.ts'

const DEFAULT_LIVE_ENTRIES = 100_000
const DEFAULT_SYNC_INTERVAL_MS = 30_000
const GENESIS_NONCE_BYTES = 16
/** Where envelopes came from that no peer gave; no peer has this name. */
const NO_PEER = ''

/** Reads what the database holds and starts to exchange it. */
export async function createCrdtIndex (options: CrdtIndexOptions): Promise<CrdtIndex> {
  const { db, clock = Date.now, randomUint32 = secureUint32, maxLiveEntries = DEFAULT_LIVE_ENTRIES, syncIntervalMs = DEFAULT_SYNC_INTERVAL_MS } = options
  const { stampFinder } = options
  if (options.transport instanceof Promise) options.transport.catch(() => {}) // told when the database is read
  const database = createIndexStore(db)
  const damagedRows = await database.open()
  const journal = createJournal(database)
  const store: IndexStore = { ...database, write: journal.write }
  const exclusive = createMutex()
  const events = createEvents<IndexEvents>()
  /** Told to the first who listens: nobody can before the start is over. */
  let damagedAtStart: Array<IndexEvents['damaged']> | null = []
  const hot = createHotStates(maxLiveEntries)
  const communities = new Map<CommunityAddress, CommunityState>()
  const writers = new Map<AuthorId, { documents: DocumentWriter, writer: AuthorWriter }>()
  let synchroniser: Synchroniser | null = null
  let closed: Promise<void> | null = null

  const onDamaged = (damaged: IndexEvents['damaged']): void => {
    if (damagedAtStart === null) events.emit('damaged', damaged)
    else damagedAtStart.push(damaged)
  }
  const readTogether = createReadTogether(database.read)
  const read: LoadEnvelopes = async (document, hashes) => {
    const stored = await readTogether(hashes.map(hash => ({ document, hash })))
    return hashes.flatMap((hash, at) => {
      const bytes = stored[at]
      return (bytes === undefined ? null : restoreEnvelope(bytes, hash)) ?? []
    })
  }
  const load: LoadEnvelopes = async (document, hashes) => {
    const envelopes = await read(document, hashes)
    if (envelopes.length < hashes.length) void reportDamage(document, hashes)
    return envelopes
  }
  /** A reader may find nothing only because a commit replaced what it looks for; what still counts and cannot be read is damaged. */
  async function reportDamage (document: DocumentId, hashes: readonly EnvelopeHash[]): Promise<void> {
    await new Promise(resolve => setTimeout(resolve, 0))
    await exclusive(async () => {
      const shard = communities.get(document.community)?.shards.get(document.period)
      const counted = hashes.filter(hash => shard?.locate(hash) !== undefined)
      const state = communities.get(document.community)
      if (state === undefined || (await read(document, counted)).length === counted.length) return
      const rows = await store.read(counted.map(hash => ({ document, hash })))
      for (const [at, hash] of counted.entries()) if (rows[at] === undefined) onDamaged({ what: 'envelope', community: document.community, hash })
      await opening.again(state, document.period) // which tells of those that are there and damaged
      events.emit('communities', { community: document.community })
      synchroniser?.syncNow(document.community).catch(() => {})
    }).catch(() => {}) // the database is closed or down: nothing can be said
  }

  const ingested = ({ shard, author, changes, waiting, from }: Ingested): void => {
    events.emit('change', { community: shard.community, period: shard.period, author, changes, from })
    if (from === null) {
      if (changes.length > 0 && !retention.keepsPeriod(shard.community, shard.period)) { // who answers wants to see what is answered
        months.want(shard.community, shard.period)
        synchroniser?.syncNow(shard.community).catch(() => {}) // peers' faults are in the status, and the timer asks again
      }
      const state = budgets.isOver(shard.community) ? communities.get(shard.community) : undefined
      if (state !== undefined) exclusive(async () => { await enforce(state) }).catch(() => {}) // the database is down: with the next envelope
      return
    }
    if (waiting) synchroniser?.request(shard.community, from)
    // Another device of a local author wrote. What that pushed out lies in the store until it is written again.
    writers.get(author)?.documents.met(shard)
    rescuer.rescue(author)
  }
  const finder = stampFinder ?? createStampFinder()
  const stamps = createStampBook({
    store,
    finder,
    held: async (community, author) => {
      for (const shard of communities.get(community)?.shards.values() ?? []) {
        for (const document of shard.documents(author)) {
          const [hash] = document.held.keys()
          const [envelope] = hash === undefined ? [] : await load(document.id, [hash])
          if (envelope !== undefined) return envelope.header.stamp
        }
      }
      return undefined
    },
    onProgress: ({ community, author }, progress, found) => { events.emit('stamp', { community, author, ...progress, found }) }
  })
  const rescuer = createRescuer(async author => { await writers.get(author)?.documents.rescue(address => communities.get(address)) })
  const opening = createOpening({ store, journal, load, hot, communities, onDamaged })
  const unsent = await createUnsent(store, community => { if (closed === null) events.emit('sync', { community }) })
  const committer = createCommitter({ store, load, hot, unsent, isLocal: author => writers.has(author), onIngested: ingested })
  const equivocations = await createEquivocations({ store, load: read, clock, onFound: equivocation => { events.emit('equivocation', equivocation) } })
  const locals = createLocalAuthors()
  const relayed = createRelayed()
  const budgets = createBudgets({
    store, load, committer, hot, clock, exclusive,
    isLocal: locals.isLocal,
    maxBytes: maxBytesOf(options.storage?.maxBytesPerCommunity ?? MAX_COMMUNITY_BYTES),
    onPartial: community => { events.emit('storage', { community, ...budgets.status(community) }) },
    onOpened (community) {
      relayed.clear()
      synchroniser?.keepingChanged(community)
      synchroniser?.syncNow(community).catch(() => {}) // peers' faults are in the status, and the timer asks again
    }
  })
  const retention = createRetention({
    clock,
    usual: parseRetain(options.retain ?? 'all'),
    chosen: new Map([...await store.months.retained()].map(([community, months]) => [community, months === 0 ? 'all' : { months }]))
  })
  const keeping: Keeping = { ...budgets, ...retention, ...locals }
  const months = createMonths({
    store, communities, retention, locals, load, clock, exclusive, opening,
    moderatorsOf: community => [...founderOf(community), ...queries.moderators(community)],
    onShown: community => { events.emit('communities', { community }) },
    onKeeping (community) {
      relayed.clear()
      synchroniser?.keepingChanged(community)
      events.emit('sync', { community })
    }
  })
  const verifier = createBatchVerifier(options.openVerifyPool === undefined ? {} : { openPool: options.openVerifyPool })
  const inbound = createInbound({ committer, verifier, equivocations, clock, exclusive, isJoined: community => communities.get(community.address) === community, keeping, relayed, enforce })

  /** What cannot be dropped now, on a full disk say, is dropped later. */
  async function enforce (state: CommunityState): Promise<void> {
    await budgets.enforce(state).catch((error: unknown) => {
      if (!(error instanceof CrdtIndexError)) throw error
    })
  }

  function joined (address: CommunityAddress): CommunityState {
    const state = communities.get(address)
    if (state === undefined) throw new CrdtIndexError('NOT_JOINED', `not a member of ${address}`)
    return state
  }

  function founderOf (address: CommunityAddress): AuthorId[] {
    const founder = communities.get(address)?.genesis?.founder ?? null
    return founder === null ? [] : [founder]
  }

  async function admit (address: CommunityAddress, genesis: Genesis | null, joinedAtMs: number): Promise<CommunityState> {
    const state = createCommunityState({ address, joinedAtMs, genesis, genesisBytes: genesis?.bytes })
    const isKnown = communities.has(address)
    await store.putCommunity({ address, genesis: genesis?.bytes, joinedAtMs })
    if (isKnown) await opening.community(state) // the genesis was damaged: what lies there can be read again
    communities.set(address, state)
    await budgets.open(state)
    if (isKnown) await months.recall(address)
    synchroniser?.join(address)
    events.emit('communities', { community: address })
    return state
  }

  const replica = createReplica({
    keeping,
    communities,
    load: store.read,
    ingest: inbound.ingest,
    acceptGenesis: async (state, genesis) => {
      await exclusive(async () => { if (communities.get(state.address) === state && state.genesis === null) await admit(state.address, genesis, state.joinedAtMs) })
    }
  })

  // Who began to write here after a drop that failed stays too.
  const local = await store.localAuthors()
  for (const { stay, ...month } of await store.months.dropping()) await store.finishDrop(month, [...stay, ...local])
  await exclusive(async () => { await opening.all(damagedRows) })
  for (const author of local) locals.add(author)
  const checkpoints = createCheckpointTimer({
    store, journal, communities, exclusive,
    unseen: opening.unseen,
    onUnreadable: reportDamage,
    minEnvelopes: options.checkpoints?.minEnvelopes ?? CHECKPOINT_MIN_ENVELOPES
  }, options.checkpoints?.intervalMs ?? CHECKPOINT_INTERVAL_MS)
  const transport = await options.transport
  for (const signer of options.signers ?? []) writerOf(signer)
  await exclusive(async () => {
    for (const state of communities.values()) await budgets.open(state)
    await months.recall()
  })
  synchroniser = transport === undefined
    ? null
    : createSynchroniser({ transport, replica, clock, intervalMs: syncIntervalMs, topicOf, onBegin: session, onProgress: (community, { shards }) => { months.heard(community, shards, false) }, onChange: community => { events.emit('sync', { community }) } })
  for (const address of communities.keys()) synchroniser?.join(address)
  for (const author of writers.keys()) rescuer.rescue(author)
  months.enforce().catch(() => {}) // a full disk: with the next look

  /** Equal digests at the end, or all of a part: the peer has whatever was here of the shard at the beginning. */
  function session (community: CommunityAddress): (result: SessionResult) => void {
    const before = unsent.all(community)
    return ({ status, shards }) => {
      months.heard(community, shards, status === 'done')
      if (status !== 'done') return
      const differing = shards.filter(({ equal, given }) => !equal && given !== true).flatMap(({ period }) => communities.get(community)?.shards.get(period) ?? [])
      unsent.sent(community, before.filter(hash => differing.every(shard => shard.locate(hash) === undefined)))
    }
  }

  function describe (state: CommunityState): CommunityInfo {
    const words = state.shards.get(META_PERIOD)?.meta?.description()
    return {
      address: state.address,
      slug: state.genesis?.slug ?? null,
      founder: state.genesis?.founder ?? null,
      difficulty: state.genesis?.difficulty ?? null,
      title: words?.title ?? null,
      about: words?.about ?? null,
      joinedAtMs: state.joinedAtMs
    }
  }

  function writerOf (signer: Signer): { documents: DocumentWriter, writer: AuthorWriter } {
    if (!locals.isLocal(signer.author)) {
      locals.add(signer.author)
      relayed.clear() // their words of months that are not kept are kept from now on
      for (const community of communities.keys()) synchroniser?.keepingChanged(community)
      for (const state of communities.values()) if (budgets.leavesOut(state.address)) exclusive(async () => { await budgets.restand(state) }).catch(() => {}) // a full disk: with the next look
    }
    let pen = writers.get(signer.author)
    if (pen === undefined) {
      const documents = createDocumentWriter({
        signer, store, load, committer, clock, exclusive, randomUint32, stamps,
        isJoined: community => communities.get(community.address) === community,
        publish: ({ address }, { bytes, hash }) => synchroniser?.publish(address, bytes, () => { unsent.sent(address, [hash]) })
      })
      pen = { documents, writer: createAuthorWriter({ author: signer.author, documents, joined }) }
      writers.set(signer.author, pen)
    }
    return pen
  }

  const queries = createQueries({ communities, joined, clock, weightOf: options.weightOf ?? null })
  const index: CrdtIndex = {
    communities: () => [...communities.values()].map(describe),
    community: address => {
      const state = communities.get(address)
      return state === undefined ? undefined : describe(state)
    },
    genesis: address => communities.get(address)?.genesisBytes,
    async create ({ founder, slug, difficulty = 0, title, signal }) {
      const nonce = crypto.getRandomValues(new Uint8Array(GENESIS_NONCE_BYTES))
      const genesis = createGenesis({ founder, slug, difficulty, nonce })
      await stamps.stamp({ community: genesis.address, author: founder.author, difficulty }, signal === undefined ? {} : { signal }) // nothing is made when it is given up
      const state = await exclusive(async () => await admit(genesis.address, genesis, clock()))
      if (title !== undefined) await writerOf(founder).writer.define({ community: genesis.address, title })
      return describe(state)
    },
    async join (address, bytes) {
      const genesis = bytes === undefined ? null : decodeGenesis(bytes)
      if (genesis !== null && genesis.address !== address) throw new CrdtIndexError('BAD_GENESIS', 'this genesis has another address')
      return await exclusive(async () => {
        const known = communities.get(address)
        if (known !== undefined && (known.genesis !== null || genesis === null)) return describe(known)
        return describe(await admit(address, genesis, known?.joinedAtMs ?? clock()))
      })
    },
    async leave (address) {
      await exclusive(async () => {
        const state = joined(address)
        synchroniser?.leave(address)
        stamps.forget(address)
        unsent.forget(address)
        equivocations.forget(address)
        budgets.forget(address)
        months.forget(address)
        await store.deleteCommunity(address)
        journal.forget(address)
        communities.delete(address)
        for (const shard of state.shards.values()) for (const document of shard.all()) hot.forget(document)
        events.emit('communities', { community: address })
      })
    },
    envelopes: address => envelopesOf(joined(address), async document => await exclusive(async () => await store.read([...document.held.keys()].map(hash => ({ document: document.id, hash }))))),
    ingest: async (address, envelopes) => {
      joined(address)
      return await replica.ingest(address, envelopes, NO_PEER)
    },
    writer: signer => writerOf(signer).writer,
    ...queries,
    ...createAuthorEntries({ communities, load, hot }),
    status: address => describeStatus(joined(address), { unsent, retention, budgets, syncStatus: community => synchroniser?.status(community) ?? OFFLINE }),
    async retain (address, retain) {
      joined(address)
      await months.retain(address, retain)
      if (closed === null) synchroniser?.syncNow(address).catch(() => {}) // peers' faults are in the status, and the timer asks again
    },
    async want (address, period, { signal } = {}) {
      joined(address)
      signal?.throwIfAborted()
      if (!isPeriod(period)) throw new TypeError(`${String(period)} is no month`)
      const wasKept = retention.keepsPeriod(address, period)
      months.want(address, period)
      if ((wasKept && index.holding(address, period) === 'whole') || synchroniser === null) return { holding: index.holding(address, period) }
      const wait = months.whole(address, period)
      const options = signal === undefined ? {} : { signal }
      const session = synchroniser.foreground(address, period, options).then(async ({ sessions }) => {
        if (!sessions.some(({ result }) => result.shards.some(({ equal }) => equal))) await synchroniser.syncNow(address, options)
      })
      session.catch(() => {}) // told below, unless the month was whole before
      try {
        await Promise.race([wait.reached, session])
      } finally {
        wait.stop()
      }
      return { holding: index.holding(address, period) }
    },
    async release (address, period) {
      joined(address)
      retention.release(address, period)
      await months.enforce({ isAsked: true })
    },
    holding (address, period) {
      const envelopes = joined(address).shards.get(period)?.envelopeCount ?? 0
      return envelopes === 0 ? 'absent' : index.status(address).shards.find(shard => shard.period === period)?.holding ?? 'absent'
    },
    async budget (address, maxBytes) {
      const bytes = maxBytes === null ? null : maxBytesOf(maxBytes)
      const state = joined(address)
      await exclusive(async () => { if (communities.get(address) === state) await budgets.limit(state, bytes) })
      await budgets.shrink(state)
    },
    async prefer (address, authors) {
      await exclusive(async () => { await budgets.prefer(joined(address), authors) })
    },
    async equivocations (address) {
      if (address !== undefined) joined(address)
      return await equivocations.all(address)
    },
    async sync (address, callOptions = {}) {
      joined(address)
      await synchroniser?.syncNow(address, callOptions)
    },
    on (name, listener) {
      const off = events.on(name, listener)
      if (name === 'damaged') {
        const damaged = damagedAtStart
        damagedAtStart = null
        queueMicrotask(() => { for (const each of damaged ?? []) events.emit('damaged', each) })
      }
      return off
    },
    close () {
      closed ??= (async () => {
        rescuer.close()
        stamps.close()
        verifier.close()
        if (stampFinder === undefined) finder.close()
        try {
          for (const { documents } of writers.values()) await documents.finish(communities.values())
        } catch (error) { // a snapshot that did not fit on the disk is made at a later close: nothing is lost
          if (!(error instanceof CrdtIndexError) || error.code !== 'STORAGE_FAILED') throw error
        } finally {
          await synchroniser?.close()
          await inbound.idle()
          await unsent.close()
          await checkpoints.close()
          budgets.close()
          months.close()
          await exclusive(async () => {})
          events.clear()
        }
      })()
      return closed
    },
    [Symbol.asyncDispose]: async () => { await index.close() }
  }
  return index
}

/** Throws a TypeError for what is no number of bytes; Infinity is one. */
function maxBytesOf (bytes: number): number {
  if (!(bytes >= 0)) throw new TypeError('a storage budget is a number of bytes')
  return bytes
}

function secureUint32 (): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1))
  return value === 0 ? 1 : value
}
