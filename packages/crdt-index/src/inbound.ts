// What happens to envelopes that come from outside, in this order and in no other:
// bound, decode and stamp -> verify signatures, guard -> stage -> keep proofs aside -> store -> project -> tell.
import { AloneEnvelopes, type Alone } from './documents/alone.ts'
import { advance, revert, settle, stage, warm, type Advance, type AuthorDocument, type LoadEnvelopes, type Staged } from './documents/document.ts'
import type { HotStates } from './documents/hot-states.ts'
import { entryTimeMs } from './documents/schema.ts'
import { decodeEnvelope } from './envelope/envelope.ts'
import { checkStamp } from './envelope/stamp.ts'
import type { BatchVerifier } from './envelope/batch-verifier.ts'
import { BAD_STAMP, concludeProof } from './envelope/verify.ts'
import { CrdtIndexError } from './errors.ts'
import { periodOf } from './identity/period.ts'
import { keepsDocument, type Keeping } from './keeping/keeping.ts'
import type { Relayed } from './keeping/relayed.ts'
import { GUARDED_TOGETHER_BYTES, INGEST_PIECE_BYTES, LARGE_INGEST_BYTES, MAX_AHEAD_MS, MAX_LARGE_INGESTS, READ_TOGETHER_BYTES, VERIFY_BESIDE_MIN } from './limits.ts'
import { AHEAD_OF_TIME, COVERED, type AuthorId, type Clock, type DocumentId, type EntryChange, type EnvelopeHash, type UnverifiedEnvelope, type VerifiedEnvelope, type Verdict } from './model.ts'
import type { Exclusive } from './mutex.ts'
import { createSemaphore } from './semaphore.ts'
import { createSlices, type Slices } from './slices.ts'
import type { CommunityState } from './shards/communities.ts'
import type { Equivocations } from './shards/equivocations.ts'
import { openParts } from './shards/open-parts.ts'
import type { Shard } from './shards/shard.ts'
import type { Unsent, UnsentChange } from './shards/unsent.ts'
import type { BudgetBatch } from './store/budget-rows.ts'
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

/** A document whose new state is known and not yet in force. */
interface Done {
  readonly staging: Staging
  readonly advanced: Advance
  /** Puts back what has grown cold of the author's other documents in the shard: they hold what they held. */
  readonly reopen: () => void
}

interface TouchedAuthor {
  readonly shard: Shard
  readonly author: AuthorId
  readonly of: Done[]
}

export interface Committer {
  /**
   * Stores what was staged, and what is given beside it, in one atomic write, then projects it. Nothing has changed when it
   * fails. `slices`: of the caller's task that goes on here.
   */
  commit (stagings: readonly Staging[], options: { durable: boolean, from: string | null, beside?: BudgetBatch, slices?: Slices }): Promise<void>
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
    async commit (stagings, { durable, from, beside = {}, slices = createSlices() }) {
      const done: Done[] = []
      let warmed = 0
      const waiting = unsentChange(stagings)
      try {
        for (const [at, staging] of stagings.entries()) {
          if (slices.isOver) await slices.rest()
          if (at === warmed) warmed = await warmFrom(stagings, at)
          const advanced = staging.advanced ?? await advance(staging.document, staging.staged, load)
          // Projecting needs all parts of an author; what may fail to be read is read before anything is written.
          done.push({ staging, advanced, reopen: await openParts(staging.shard, staging.document.id.author, load, staging.document) })
        }
        await store.write({
          put: stagings.flatMap(({ document, staged }) => staged.added.map(({ hash, bytes }) => ({ document: document.id, hash, bytes }))),
          delete: stagings.flatMap(({ document, staged }) => staged.removed.map(hash => ({ document: document.id, hash, byteLength: document.held.get(hash)?.byteLength ?? 0 }))),
          own: stagings.flatMap(({ own }) => own),
          sequences: stagings.flatMap(({ sequence }) => sequence ?? []),
          rescue: from === null ? [] : done.flatMap(({ staging: { document }, advanced }) => isLocal(document.id.author) ? endangered(document.id, advanced.changes) : []),
          ...waiting,
          ...beside,
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
      slices.begin() // others had their turn while the disk was written
      // What is read between two authors shows some of a batch and not the rest, as if it had come in two; of one author,
      // what is held, the digest and the views change within one task.
      for (const author of authorsOf(done)) {
        if (slices.isOver) await slices.rest()
        settleAuthor(author, from)
      }
    }
  }

  /** Reads cold documents together, as many as are no long work; returns where the rest begins. A database that is asked once for each takes ten times as long. */
  async function warmFrom (stagings: readonly Staging[], from: number): Promise<number> {
    let bytes = 0
    let to = from
    do bytes += stagings[to]!.document.bytes
    while (++to < stagings.length && bytes + stagings[to]!.document.bytes <= READ_TOGETHER_BYTES)
    await Promise.all(stagings.slice(from, to).map(async ({ document, staged, advanced }) => { if (advanced === null) await warm(document, staged, load) }))
    return to
  }

  function settleAuthor ({ shard, author, of }: TouchedAuthor, from: string | null): void {
    const changes = new Map<number, readonly EntryChange[]>()
    const added: VerifiedEnvelope[] = []
    for (const { staging: { document, staged }, advanced, reopen } of of) {
      reopen()
      settle(document, staged, advanced)
      shard.held(document, staged.added.map(({ hash }) => hash), staged.removed)
      changes.set(document.id.part, advanced.changes)
      added.push(...staged.added)
    }
    const effective = shard.project(author, changes)
    const waits = of.some(({ staging: { document } }) => (document.state?.waiting.length ?? 0) > 0)
    for (const used of shard.documents(author)) hot.pass(used)
    onIngested({ shard, author, added, changes: effective, waiting: waits, from })
  }
}

/** By author and shard, in the order of their first document. */
function authorsOf (done: readonly Done[]): Iterable<TouchedAuthor> {
  const authors = new Map<string, TouchedAuthor>()
  for (const each of done) {
    const { staging: { shard, document: { id: { author } } } } = each
    const name = `${shard.period}/${author}`
    const known = authors.get(name)
    if (known === undefined) authors.set(name, { shard, author, of: [each] })
    else known.of.push(each)
  }
  return authors.values()
}

export interface Inbound {
  /**
   * One verdict an envelope, in order. What depends on the envelopes alone is found out beside other calls, the rest in
   * turn. Throws STORAGE_FAILED only: a peer's fault is a verdict.
   */
  ingest (community: CommunityState, envelopes: readonly Uint8Array[], from: string): Promise<Verdict[]>
  /** Resolves when no call is under way, whatever becomes of them. */
  idle (): Promise<void>
}

export interface InboundPorts {
  readonly committer: Committer
  readonly verifier: Pick<BatchVerifier, 'check'>
  readonly equivocations: Pick<Equivocations, 'examine'>
  readonly clock: Clock
  /** What is held may not change between the look at it and the commit. */
  readonly exclusive: Exclusive
  /** Whether the community is still the one that is joined; it may be left while envelopes are checked. */
  readonly isJoined: (community: CommunityState) => boolean
  /** What is valid and not kept is accepted all the same, so that others get it, and goes no further here. */
  readonly keeping: Keeping
  readonly relayed: Relayed
  /** What no longer fits is dropped before the next batch comes. */
  readonly enforce: (community: CommunityState) => Promise<void>
}

/** An envelope whose proof was checked, by its place in the batch: with what is wrong with that, or why it goes no further. */
type Checked = { readonly envelope: UnverifiedEnvelope, readonly flaw: number } | Verdict
/** The same after the guard read it. */
type Looked = VerifiedEnvelope | Verdict

export function createInbound ({ committer, verifier, equivocations, clock, exclusive, isJoined, keeping, relayed, enforce }: InboundPorts): Inbound {
  const large = createSemaphore(MAX_LARGE_INGESTS)

  /** All that needs no look at what is held, but for one that spares the work, up to the guard. Changes nothing. */
  async function look (community: CommunityState, envelopes: readonly Uint8Array[], slices: Slices): Promise<Checked[]> {
    const looked: Checked[] = []
    const candidates: Array<{ envelope: UnverifiedEnvelope, at: number }> = []
    for (const [at, bytes] of envelopes.entries()) {
      if (slices.isOver) await slices.rest()
      const checked = check(community, bytes, clock(), relayed)
      if ('verdict' in checked) looked[at] = checked
      else candidates.push({ envelope: checked, at })
    }
    const flaws = await verifier.check(candidates.map(({ envelope }) => envelope), community.genesis?.difficulty ?? 0, slices)
    for (const [i, { envelope, at }] of candidates.entries()) looked[at] = { envelope, flaw: flaws[i]! }
    return looked
  }

  async function guard (checked: readonly Checked[], slices: Slices): Promise<Looked[]> {
    const looked: Looked[] = []
    for (const each of checked) {
      if (slices.isOver) await slices.rest()
      looked.push('verdict' in each ? each : concludeProof(each.envelope, each.flaw))
    }
    return looked
  }

  /** The first `again` of them counted for nothing before, in an earlier part of the call. */
  async function take (community: CommunityState, looked: readonly Looked[], again: number, from: string, slices: Slices): Promise<Verdict[]> {
    if (!isJoined(community)) return looked.map(() => ignore('not joined'))
    const verdicts: Verdict[] = []
    const byDocument = new Map<AuthorDocument, { shard: Shard, fresh: Map<EnvelopeHash, Alone> }>()
    for (const [at, verified] of looked.entries()) {
      if (slices.isOver) await slices.rest()
      verdicts[at] = 'verdict' in verified ? verified : ACCEPT
      if ('verdict' in verified) continue
      const { header, hash } = verified
      if (keeping.keepsPeriod(header.community, header.period)) keeping.meet(header, verified.bytes.length)
      if (!keepsDocument(keeping, header)) {
        if (relayed.has(hash)) verdicts[at] = ignore('held')
        else relayed.add(hash)
        continue
      }
      const shard = community.shard(header.period)
      const document = shard.document(header.author, header.part)
      let entry = byDocument.get(document)
      if (entry === undefined) byDocument.set(document, entry = { shard, fresh: new Map() })
      if (document.held.has(hash) || entry.fresh.has(hash)) verdicts[at] = ignore('held') // since it was looked at, or twice in one batch
      else entry.fresh.set(hash, { envelope: verified, at })
    }
    const stagings: Staging[] = []
    for (const [document, { shard, fresh }] of byDocument) {
      if (slices.isOver) await slices.rest()
      const envelopes = [...fresh.values()].map(({ envelope }) => envelope)
      const staged = stage(document, envelopes)
      const examined = again === 0 ? undefined : new Set([...fresh.values()].filter(({ at }) => at < again).map(({ envelope }) => envelope.hash))
      await equivocations.examine(document, envelopes, hash => staged.held.has(hash), examined)
      for (const { envelope, at } of fresh.values()) if (!staged.held.has(envelope.hash)) verdicts[at] = ignore(COVERED)
      if (staged.added.length > 0) stagings.push({ shard, document, staged, own: [], sequence: null, advanced: null })
    }
    if (stagings.length > 0) await committer.commit(stagings, { durable: false, from, slices })
    await enforce(community)
    return verdicts
  }

  const isLargeBatch = (envelopes: readonly Uint8Array[]): boolean => envelopes.length >= VERIFY_BESIDE_MIN || sizeOf(envelopes) > LARGE_INGEST_BYTES
  const running = new Set<Promise<Verdict[]>>()

  return {
    async ingest (community, envelopes, from) {
      const isLarge = isLargeBatch(envelopes)
      const run = async (): Promise<Verdict[]> => {
        const slices = createSlices()
        if (isLarge) await slices.rest() // who brought them has kept others waiting already: a frame was read
        const verdicts: Verdict[] = []
        const [first = [], ...rest] = isLarge ? piecesOf(envelopes) : [envelopes]
        let looking = look(community, first, slices)
        const alone = new AloneEnvelopes()
        for (let left = rest.length; left >= 0; left--) {
          const checked = await looking
          const next = rest.shift()
          if (next !== undefined) { // threads check it while the one before is taken in
            looking = look(community, next, createSlices())
            looking.catch(() => {}) // told when its turn comes
          }
          const parts = isLarge ? partsOf(checked) : [checked]
          for (const [part, together] of parts.entries()) {
            const looked = await guard(together, slices)
            const isLast = left === 0 && part === parts.length - 1
            const again = alone.take(looked.filter(isVerified))
            const before = verdicts.length
            const all = [...again, ...looked.map((envelope, n) => ({ envelope, at: before + n }))]
            const taken = await exclusive(async () => await take(community, all.map(({ envelope }) => envelope), again.length, from, slices))
            for (const [n, { at }] of all.entries()) verdicts[at] = taken[n]!
            if (!isLast) alone.keep(all.flatMap(({ envelope, at }) => isCovered(verdicts[at]!) && isVerified(envelope) ? { envelope, at } : []))
          }
        }
        return verdicts
      }
      const call = isLarge ? large(run) : run()
      running.add(call)
      try {
        return await call
      } finally {
        running.delete(call)
      }
    },
    async idle () {
      while (running.size > 0) await Promise.allSettled(running)
    }
  }
}

function isCovered (verdict: Verdict): boolean {
  return verdict.verdict === 'ignore' && verdict.reason === COVERED
}

function isVerified (looked: Looked): looked is VerifiedEnvelope {
  return !('verdict' in looked)
}

/**
 * In order, about as many bytes in each as are taken in at once, and enough envelopes for threads to check. It is as if
 * each had come with those before it that had counted for nothing, as many as a document takes.
 */
function piecesOf (envelopes: readonly Uint8Array[]): Array<readonly Uint8Array[]> {
  const count = Math.min(Math.ceil(sizeOf(envelopes) / INGEST_PIECE_BYTES), Math.floor(envelopes.length / VERIFY_BESIDE_MIN))
  if (count <= 1) return [envelopes]
  return Array.from({ length: count }, (_, n) => envelopes.slice(Math.round(n * envelopes.length / count), Math.round((n + 1) * envelopes.length / count)))
}

/** In order, what the guard reads at once: at least one envelope, and then as many bytes as fit. */
function partsOf (checked: readonly Checked[]): Array<readonly Checked[]> {
  const parts: Checked[][] = []
  let part: Checked[] = []
  let bytes = 0
  for (const each of checked) {
    const length = 'verdict' in each ? 0 : each.envelope.bytes.length
    if (part.length > 0 && bytes + length > GUARDED_TOGETHER_BYTES) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(each)
    bytes += length
  }
  return [...parts, part]
}

function sizeOf (envelopes: readonly Uint8Array[]): number {
  return envelopes.reduce((sum, { length }) => sum + length, 0)
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
  const { difficulty } = community.genesis
  const isAhead = header.timeMs > nowMs + MAX_AHEAD_MS || header.period > periodOf(nowMs + MAX_AHEAD_MS)
  // Other stamps are held against it with the signature. What is kept out until due waits in a room that has to be paid for.
  if ((difficulty === 0 || isAhead) && !checkStamp(header, difficulty)) return reject(BAD_STAMP)
  return isAhead ? ignore(AHEAD_OF_TIME) : decoded
}
