// A replica at the level of documents: the real staging, committing, projecting and proving, with a map for a disk and
// without signatures, so that ten thousand schedules fit a test. network.test.ts runs whole indexes.
import type { CommunityAddress, EnvelopeHash, VerifiedEnvelope } from '@seedbed/crdt-index'
import { open, stage, type AuthorDocument, type LoadEnvelopes } from '../../packages/crdt-index/src/documents/document.ts'
import { createHotStates } from '../../packages/crdt-index/src/documents/hot-states.ts'
import { inspectUpdate } from '../../packages/crdt-index/src/documents/guard.ts'
import { GuardError } from '../../packages/crdt-index/src/documents/guard-error.ts'
import { decodeEnvelope } from '../../packages/crdt-index/src/envelope/envelope.ts'
import { encodeHeader } from '../../packages/crdt-index/src/envelope/header.ts'
import { sha256 } from '../../packages/crdt-index/src/identity/sha256.ts'
import { createCommitter, type Staging } from '../../packages/crdt-index/src/inbound.ts'
import { createEquivocations, type Equivocations } from '../../packages/crdt-index/src/shards/equivocations.ts'
import { createShard, type Shard } from '../../packages/crdt-index/src/shards/shard.ts'
import type { IndexBatch, IndexStore } from '../../packages/crdt-index/src/store/index-store.ts'
import { PERIOD, TIME_MS } from '../../packages/crdt-index/test/documents/updates.ts'
import { signerOf } from './names.ts'
import type { SignedStatement } from './schedule.ts'

export const COMMUNITY = 'c0'.repeat(32) as CommunityAddress
/** So few that documents go cold all the time. */
const LIVE_ENTRIES = 40

/** The envelope as if its signature held; null where the guard refuses it. */
export function envelopeOf ({ author, part, device, seq, kind, seen, update: encoded }: SignedStatement): VerifiedEnvelope | null {
  const update = new Uint8Array(Buffer.from(encoded, 'base64'))
  const header = encodeHeader({
    community: COMMUNITY, period: PERIOD, author: signerOf(author).author, part, device, seq, timeMs: TIME_MS, kind, seen: new Map(seen),
    stamp: new Uint8Array(), updateLength: update.length, updateHash: sha256(update)
  })
  const envelope = decodeEnvelope(Buffer.concat([new Uint8Array(64), Uint8Array.of(header.length >> 8, header.length & 255), header, update]))
  try {
    return { ...envelope, state: 'verified', inspected: inspectUpdate(update, envelope.header) } as unknown as VerifiedEnvelope
  } catch (error) {
    if (error instanceof GuardError) return null
    throw error
  }
}

export interface Replica {
  shard: Shard
  /** What lies on its disk. */
  readonly rows: ReadonlyMap<EnvelopeHash, VerifiedEnvelope>
  /** Authors that it has proofs against. */
  readonly accused: ReadonlySet<string>
  deliver (envelopes: readonly VerifiedEnvelope[]): Promise<void>
  cool (): void
  restart (): Promise<void>
}

export async function createReplica (): Promise<Replica> {
  const rows = new Map<EnvelopeHash, VerifiedEnvelope>()
  const accused = new Set<string>()
  const load: LoadEnvelopes = async (_document, hashes) => hashes.map(hash => {
    const row = rows.get(hash)
    if (row === undefined) throw new Error(`${hash} counts, and is not stored`)
    return row
  })
  let arriving: ReadonlyMap<EnvelopeHash, VerifiedEnvelope> = new Map()
  const store = {
    async write ({ put = [], delete: gone = [] }: IndexBatch) {
      for (const { hash } of gone) if (!rows.delete(hash)) throw new Error(`${hash} is deleted, and was not stored`)
      for (const { hash } of put) {
        const envelope = arriving.get(hash)
        if (envelope !== undefined) rows.set(hash, envelope)
      }
    },
    isOwn: async () => false,
    proofs: async function * () {}
  } as unknown as IndexStore

  const begin = async (): Promise<{ shard: Shard, equivocations: Equivocations, commit: (stagings: readonly Staging[]) => Promise<void> }> => {
    const hot = createHotStates(LIVE_ENTRIES)
    const committer = createCommitter({ store, load, hot, unsent: { has: () => false, apply () {} }, isLocal: () => false, onIngested () {} })
    return {
      shard: createShard(COMMUNITY, PERIOD, null),
      equivocations: await createEquivocations({ store, load, clock: () => TIME_MS, onFound: ({ author }) => { accused.add(author) } }),
      commit: async stagings => { await committer.commit(stagings, { durable: false, from: 'somebody' }) }
    }
  }
  let { shard, equivocations, commit } = await begin()

  const replica: Replica = {
    get shard () { return shard },
    rows,
    accused,
    /** As inbound.ts does with a batch once all of it is verified. */
    async deliver (envelopes) {
      const byDocument = Map.groupBy(new Map(envelopes.filter(({ hash }) => shard.locate(hash) === undefined).map(envelope => [envelope.hash, envelope])).values(),
        ({ header }) => shard.document(header.author, header.part))
      const stagings: Staging[] = []
      for (const [document, fresh] of byDocument) {
        const staged = stage(document, fresh)
        await equivocations.examine(document, fresh, hash => staged.held.has(hash))
        if (staged.added.length > 0) stagings.push({ shard, document, staged, own: [], sequence: null, advanced: null })
      }
      arriving = new Map(envelopes.map(envelope => [envelope.hash, envelope]))
      if (stagings.length > 0) await commit(stagings)
    },
    cool () {
      for (const document of shard.all()) document.state = null
    },
    async restart () {
      const stored = [...rows.values()]
      rows.clear()
      ;({ shard, equivocations, commit } = await begin())
      await replica.deliver(stored)
    }
  }
  return replica
}

/** The author's entries as the replica has them. */
export async function statesOf (replica: Replica): Promise<Map<AuthorDocument, Awaited<ReturnType<typeof open>>>> {
  const load: LoadEnvelopes = async (_document, hashes) => hashes.flatMap(hash => replica.rows.get(hash) ?? [])
  const states = new Map<AuthorDocument, Awaited<ReturnType<typeof open>>>()
  for (const document of replica.shard.all()) states.set(document, await open(document, load))
  return states
}
