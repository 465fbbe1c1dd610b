// What happens to envelopes that come from outside, in this order and in no other:
// bound and decode -> verify signature, guard and stamp -> stage -> store -> project -> tell.
import { advance, revert, stage, type AuthorDocument, type LoadEnvelopes, type Staged } from './documents/document.ts'
import type { HotStates } from './documents/hot-states.ts'
import { decodeEnvelope } from './envelope/envelope.ts'
import { checkStamp } from './envelope/stamp.ts'
import { verifyEnvelope } from './envelope/verify.ts'
import { CrdtIndexError } from './errors.ts'
import { periodOf } from './identity/period.ts'
import { MAX_AHEAD_MS } from './limits.ts'
import type { AuthorId, Clock, EntryChange, EnvelopeHash, VerifiedEnvelope, Verdict } from './model.ts'
import type { CommunityState } from './shards/communities.ts'
import type { Shard } from './shards/shard.ts'
import type { IndexStore } from './store/index-store.ts'

const ACCEPT: Verdict = { verdict: 'accept' }
const ignore = (reason: string): Verdict => ({ verdict: 'ignore', reason })
const reject = (reason: string): Verdict => ({ verdict: 'reject', reason })

/** What one author's state in one shard went through, told once it is stored and projected. */
export interface Ingested {
  readonly shard: Shard
  readonly author: AuthorId
  readonly added: readonly VerifiedEnvelope[]
  readonly changes: readonly EntryChange[]
  /** Envelopes wait for others that were not delivered yet. */
  readonly waiting: boolean
  /** Name of the peer that delivered, null for what was written here. */
  readonly from: string | null
}

export interface Staging {
  readonly shard: Shard
  readonly document: AuthorDocument
  readonly staged: Staged
  /** Written by this database's own devices. */
  readonly own: readonly EnvelopeHash[]
  /** Already computed by the writer, which has the live document; otherwise null. */
  readonly changes: readonly EntryChange[] | null
}

interface TouchedAuthor {
  readonly shard: Shard
  readonly author: AuthorId
  /** By part. */
  readonly changes: Map<number, readonly EntryChange[]>
  readonly documents: AuthorDocument[]
  readonly added: VerifiedEnvelope[]
}

export interface Committer {
  /** Stores what was staged in one atomic write, then projects it. Nothing has changed when it fails. */
  commit (stagings: readonly Staging[], options: { durable: boolean, from: string | null }): Promise<void>
}

export function createCommitter ({ store, load, hot, onIngested }: { store: IndexStore, load: LoadEnvelopes, hot: HotStates, onIngested: (ingested: Ingested) => void }): Committer {
  return {
    async commit (stagings, { durable, from }) {
      const undo = stagings.map(({ document }) => ({ document, held: document.held }))
      const done: Array<{ staging: Staging, changes: readonly EntryChange[] }> = []
      try {
        for (const staging of stagings) {
          const changes = staging.changes ?? await advance(staging.document, staging.staged, load)
          staging.document.held = staging.staged.held
          done.push({ staging, changes })
        }
        await store.write({
          put: stagings.flatMap(({ document, staged }) => staged.added.map(({ hash, bytes }) => ({ document: document.id, hash, bytes }))),
          delete: stagings.flatMap(({ document, staged }) => staged.removed.map(hash => ({ document: document.id, hash }))),
          own: stagings.flatMap(({ own }) => own),
          durable
        })
      } catch (error) {
        for (const { document, held } of undo) {
          revert(document, held)
          hot.forget(document)
        }
        throw error
      }
      const authors = new Map<string, TouchedAuthor>()
      for (const { staging: { shard, document, staged }, changes } of done) {
        shard.held(document, staged.added.map(({ hash }) => hash), staged.removed)
        const name = `${shard.period}/${document.id.author}`
        const entry: TouchedAuthor = authors.get(name) ?? { shard, author: document.id.author, changes: new Map(), documents: [], added: [] }
        entry.changes.set(document.id.part, changes)
        entry.documents.push(document)
        entry.added.push(...staged.added)
        authors.set(name, entry)
      }
      for (const { shard, author, changes, documents, added } of authors.values()) {
        const effective = await shard.project(author, changes, load)
        for (const used of shard.documents(author)) hot.touch(used)
        onIngested({ shard, author, added, changes: effective, waiting: documents.some(({ state }) => (state?.waiting.length ?? 0) > 0), from })
      }
    }
  }
}

export interface Inbound {
  /** One verdict an envelope, in order. Throws STORAGE_FAILED only: a peer's fault is a verdict. */
  ingest (community: CommunityState, envelopes: readonly Uint8Array[], from: string): Promise<Verdict[]>
}

export function createInbound ({ committer, clock }: { committer: Committer, clock: Clock }): Inbound {
  return {
    async ingest (community, envelopes, from) {
      const verdicts: Verdict[] = []
      const byDocument = new Map<AuthorDocument, { shard: Shard, fresh: Map<EnvelopeHash, { envelope: VerifiedEnvelope, at: number }> }>()
      for (const [at, bytes] of envelopes.entries()) {
        const checked = check(community, bytes, clock())
        verdicts[at] = checked.verdict
        if (checked.envelope === null) continue
        const { header, hash } = checked.envelope
        const shard = community.shard(header.period)
        const document = shard.document(header.author, header.part)
        let entry = byDocument.get(document)
        if (entry === undefined) byDocument.set(document, entry = { shard, fresh: new Map() })
        if (entry.fresh.has(hash)) verdicts[at] = ignore('held')
        else entry.fresh.set(hash, { envelope: checked.envelope, at })
      }
      const stagings: Staging[] = []
      for (const [document, { shard, fresh }] of byDocument) {
        const staged = stage(document, [...fresh.values()].map(({ envelope }) => envelope))
        for (const { envelope, at } of fresh.values()) if (!staged.held.has(envelope.hash)) verdicts[at] = ignore('covered')
        if (staged.added.length > 0) stagings.push({ shard, document, staged, own: [], changes: null })
      }
      if (stagings.length > 0) await committer.commit(stagings, { durable: false, from })
      return verdicts
    }
  }
}

/** Everything that can be said of an envelope without changing anything. The cheap answers come before the signature. */
function check (community: CommunityState, bytes: Uint8Array, nowMs: number): { verdict: Verdict, envelope: VerifiedEnvelope | null } {
  const refused = (verdict: Verdict): { verdict: Verdict, envelope: null } => ({ verdict, envelope: null })
  if (community.genesis === null) return refused(ignore('genesis unknown'))
  let decoded
  try {
    decoded = decodeEnvelope(bytes)
  } catch (error) {
    if (error instanceof CrdtIndexError) return refused(reject(error.message))
    throw error
  }
  const { header, hash } = decoded
  if (header.community !== community.address) return refused(reject('another community'))
  if (community.shards.get(header.period)?.locate(hash) !== undefined) return refused(ignore('held'))
  if (!checkStamp(header, community.genesis.difficulty)) return refused(reject('admission stamp'))
  if (header.timeMs > nowMs + MAX_AHEAD_MS) return refused(ignore('ahead of time'))
  if (header.period > periodOf(nowMs + MAX_AHEAD_MS)) return refused(ignore('period ahead of time'))
  const verified = verifyEnvelope(decoded)
  return 'verdict' in verified ? refused(verified) : { verdict: ACCEPT, envelope: verified }
}
