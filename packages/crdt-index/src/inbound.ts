// What happens to envelopes that come from outside, in this order and in no other:
// bound, decode and stamp -> verify signatures, guard -> stage -> keep proofs aside -> store -> project -> tell.
import { advance, open, revert, settle, stage, type Advance, type AuthorDocument, type LoadEnvelopes, type Staged } from './documents/document.ts'
import type { HotStates } from './documents/hot-states.ts'
import { entryTimeMs } from './documents/schema.ts'
import { decodeEnvelope } from './envelope/envelope.ts'
import { checkStamp } from './envelope/stamp.ts'
import { verifyEnvelopes } from './envelope/verify.ts'
import { CrdtIndexError } from './errors.ts'
import { periodOf } from './identity/period.ts'
import { keepsDocument, type Keeping } from './keeping/keeping.ts'
import type { Relayed } from './keeping/relayed.ts'
import { MAX_AHEAD_MS } from './limits.ts'
import { AHEAD_OF_TIME, type AuthorId, type Clock, type DocumentId, type EntryChange, type EnvelopeHash, type UnverifiedEnvelope, type VerifiedEnvelope, type Verdict } from './model.ts'
import type { CommunityState } from './shards/communities.ts'
import type { Equivocations } from './shards/equivocations.ts'
import type { Shard } from './shards/shard.ts'
import type { Unsent, UnsentChange } from './shards/unsent.ts'
import type { IndexStore, Rescue, Sequence, UnsentEnvelope } from './store/index-store.ts'

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
  /** The last number that an own device used in the document; null for what others wrote. */
  readonly sequence: Sequence | null
  /** Already computed by the writer, which has the live document; otherwise null. */
  readonly advanced: Advance | null
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

export interface CommitterPorts {
  readonly store: IndexStore
  readonly load: LoadEnvelopes
  readonly hot: HotStates
  readonly unsent: Pick<Unsent, 'has' | 'apply'>
  /** Whether the author writes here too, so that nothing of what was written here may be lost to what comes in. */
  readonly isLocal: (author: AuthorId) => boolean
  readonly onIngested: (ingested: Ingested) => void
}

/** Own entries that what came in replaced by older ones or took away: a restored backup met what was written after it. */
function endangered ({ author, community, period }: DocumentId, changes: readonly EntryChange[]): Rescue[] {
  return changes.flatMap(({ root, key, before, after }) => before === undefined || (after !== undefined && entryTimeMs(root, after) >= entryTimeMs(root, before))
    ? []
    : [{ author, community, period, root, key, value: before }])
}

export function createCommitter ({ store, load, hot, unsent, isLocal, onIngested }: CommitterPorts): Committer {
  /** What is replaced takes its place in the queue along: a snapshot of what others have already has nothing new for them. */
  function unsentChange (stagings: readonly Staging[]): UnsentChange {
    const change = { unsent: [] as UnsentEnvelope[], sent: [] as UnsentEnvelope[] }
    for (const { document: { id: { community } }, staged, own, advanced } of stagings) {
      const replaced = staged.removed.filter(hash => unsent.has(community, hash))
      change.sent.push(...replaced.map(hash => ({ community, hash })))
      if (own.length === 0 || (replaced.length === 0 && advanced?.changes.length === 0)) continue
      change.unsent.push(...staged.added.map(({ hash }) => ({ community, hash })))
    }
    return change
  }

  return {
    async commit (stagings, { durable, from }) {
      const done: Array<{ staging: Staging, advanced: Advance }> = []
      const waiting = unsentChange(stagings)
      try {
        for (const staging of stagings) {
          done.push({ staging, advanced: staging.advanced ?? await advance(staging.document, staging.staged, load) })
          // Projecting needs all parts of an author; what may fail to be read is read before anything is written.
          for (const part of staging.shard.documents(staging.document.id.author)) if (part !== staging.document && part.held.size > 0) await open(part, load)
        }
        await store.write({
          put: stagings.flatMap(({ document, staged }) => staged.added.map(({ hash, bytes }) => ({ document: document.id, hash, bytes }))),
          delete: stagings.flatMap(({ document, staged }) => staged.removed.map(hash => ({ document: document.id, hash }))),
          own: stagings.flatMap(({ own }) => own),
          sequences: stagings.flatMap(({ sequence }) => sequence ?? []),
          rescue: from === null ? [] : done.flatMap(({ staging: { document }, advanced }) => isLocal(document.id.author) ? endangered(document.id, advanced.changes) : []),
          ...waiting,
          durable
        })
        unsent.apply(waiting)
      } catch (error) {
        for (const { document } of stagings) {
          revert(document)
          hot.forget(document)
        }
        throw error
      }
      for (const { staging: { document, staged }, advanced } of done) settle(document, staged, advanced)
      const authors = new Map<string, TouchedAuthor>()
      for (const { staging: { shard, document, staged }, advanced: { changes } } of done) {
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
  /**
   * One verdict an envelope, in order. One call at a time: what is held may not change between the first look and the
   * commit. Throws STORAGE_FAILED only: a peer's fault is a verdict.
   */
  ingest (community: CommunityState, envelopes: readonly Uint8Array[], from: string): Promise<Verdict[]>
}

export interface InboundPorts {
  readonly committer: Committer
  readonly equivocations: Pick<Equivocations, 'examine'>
  readonly clock: Clock
  /** What is valid and not kept is accepted all the same, so that others get it, and goes no further here. */
  readonly keeping: Keeping
  readonly relayed: Relayed
}

export function createInbound ({ committer, equivocations, clock, keeping, relayed }: InboundPorts): Inbound {
  return {
    async ingest (community, envelopes, from) {
      const verdicts: Verdict[] = []
      const candidates: Array<{ envelope: UnverifiedEnvelope, at: number }> = []
      for (const [at, bytes] of envelopes.entries()) {
        const checked = check(community, bytes, clock(), relayed)
        if ('verdict' in checked) verdicts[at] = checked
        else candidates.push({ envelope: checked, at })
      }
      const byDocument = new Map<AuthorDocument, { shard: Shard, fresh: Map<EnvelopeHash, { envelope: VerifiedEnvelope, at: number }> }>()
      for (const [i, verified] of (await verifyEnvelopes(candidates.map(({ envelope }) => envelope))).entries()) {
        const at = candidates[i]?.at ?? 0
        verdicts[at] = 'verdict' in verified ? verified : ACCEPT
        if ('verdict' in verified) continue
        const { header, hash } = verified
        if (!keepsDocument(keeping, header)) {
          if (relayed.has(hash)) verdicts[at] = ignore('held')
          else relayed.add(hash)
          continue
        }
        const shard = community.shard(header.period)
        const document = shard.document(header.author, header.part)
        let entry = byDocument.get(document)
        if (entry === undefined) byDocument.set(document, entry = { shard, fresh: new Map() })
        if (entry.fresh.has(hash)) verdicts[at] = ignore('held')
        else entry.fresh.set(hash, { envelope: verified, at })
      }
      const stagings: Staging[] = []
      for (const [document, { shard, fresh }] of byDocument) {
        const envelopes = [...fresh.values()].map(({ envelope }) => envelope)
        const staged = stage(document, envelopes)
        await equivocations.examine(document, envelopes, hash => staged.held.has(hash))
        for (const { envelope, at } of fresh.values()) if (!staged.held.has(envelope.hash)) verdicts[at] = ignore('covered')
        if (staged.added.length > 0) stagings.push({ shard, document, staged, own: [], sequence: null, advanced: null })
      }
      if (stagings.length > 0) await committer.commit(stagings, { durable: false, from })
      return verdicts
    }
  }
}

/** The cheap answers, which come before the signature and change nothing: why an envelope goes no further, or the envelope. */
function check (community: CommunityState, bytes: Uint8Array, nowMs: number, relayed: Relayed): Verdict | UnverifiedEnvelope {
  if (community.genesis === null) return ignore('genesis unknown')
  let decoded
  try {
    decoded = decodeEnvelope(bytes)
  } catch (error) {
    if (error instanceof CrdtIndexError) return reject(error.message)
    throw error
  }
  const { header, hash } = decoded
  if (header.community !== community.address) return reject('another community')
  if (community.shards.get(header.period)?.locate(hash) !== undefined || relayed.has(hash)) return ignore('held')
  if (!checkStamp(header, community.genesis.difficulty)) return reject('admission stamp')
  if (header.timeMs > nowMs + MAX_AHEAD_MS) return ignore(AHEAD_OF_TIME)
  if (header.period > periodOf(nowMs + MAX_AHEAD_MS)) return ignore(AHEAD_OF_TIME)
  return decoded
}
