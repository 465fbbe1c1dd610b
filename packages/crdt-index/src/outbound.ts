// How an author's own change gets out: change the live document -> sign -> store (durable) -> project -> publish.
import * as Y from 'yjs'
import { applyUpdate, open, stage, type AuthorDocument, type LoadEnvelopes } from './documents/document.ts'
import type { MaterializedDocument } from './documents/materialize.ts'
import { noteApplied } from './documents/bounds.ts'
import { entryTimeMs } from './documents/schema.ts'
import { encodeEnvelope } from './envelope/envelope.ts'
import { verifyEnvelope } from './envelope/verify.ts'
import { CrdtIndexError } from './errors.ts'
import type { StampBook, StampNeed, StampOptions } from './envelope/stamp-book.ts'
import type { Signer } from './identity/keys.ts'
import type { Committer, Staging } from './inbound.ts'
import { MAX_AHEAD_MS, MAX_DEVICES, MAX_PARTS, MAX_STRUCTS, MAX_UPDATE_BYTES, PART_BYTES, PART_ENTRIES, SNAPSHOT_CLOSE_DELTAS, SNAPSHOT_ENTRY_SHARE, SNAPSHOT_MAX_DELTAS, SNAPSHOT_MIN_DELTAS } from './limits.ts'
import { EnvelopeKind, type Clock, type CommunityAddress, type EntryChange, type EntryValue, type EnvelopeHash, type RootName, type VerifiedEnvelope } from './model.ts'
import type { CommunityState } from './shards/communities.ts'
import type { Shard } from './shards/shard.ts'
import type { IndexStore, Rescue } from './store/index-store.ts'

export interface Entry {
  readonly root: RootName
  readonly key: string
  readonly value: EntryValue
}

/** The author's entry in the shard as it is now, all parts together. */
export type CurrentValue = (root: RootName, key: string) => Promise<EntryValue | undefined>

export interface DocumentWriter {
  /** Waits for the author's admission stamp. Errors: as StampBook.stamp. */
  admit (community: CommunityState, options?: StampOptions): Promise<void>
  /** Whether the author's stamp is known already. */
  isAdmitted (community: CommunityState): Promise<boolean>
  /** Waits for the stamp, while others may write, and writes entries of one shard; the callback gets the envelope's time, which no entry's own time may exceed. Resolves when they are on disk. */
  write (community: CommunityState, period: number, build: (timeMs: number, current: CurrentValue) => readonly Entry[] | Promise<readonly Entry[]>, atLeastMs?: number): Promise<void>
  /** Envelopes of this author came in from outside: before the next write the shard's device id is looked at again. */
  met (shard: Shard): void
  /** Writes again what incoming envelopes pushed out; the store remembers it until that is done. */
  rescue (communityOf: (address: CommunityAddress) => CommunityState | undefined): Promise<void>
  /** Snapshots of what has at least 8 uncovered deltas, so that a newcomer reads one envelope. */
  finish (communities: Iterable<CommunityState>): Promise<void>
}

export interface WriterPorts {
  readonly signer: Signer
  readonly store: IndexStore
  readonly load: LoadEnvelopes
  readonly committer: Committer
  readonly clock: Clock
  readonly exclusive: <T>(task: () => Promise<T>) => Promise<T>
  readonly publish: (community: CommunityState, envelope: Pick<VerifiedEnvelope, 'bytes' | 'hash'>) => void
  readonly randomUint32: () => number
  readonly stamps: StampBook
  /** Whether the community was not left meanwhile. */
  readonly isJoined: (community: CommunityState) => boolean
}

/** No device: the live document's clientID while nobody writes, so that it never looks like one of the data's clients. */
const NOBODY = 0
/** A part takes new devices only up to here; the rest is room for restored backups. */
const PART_DEVICES = MAX_DEVICES - 4
/** An overwrite stays in its part while the next snapshot surely passes the guard. */
const OVERWRITE_BYTES = Math.floor(MAX_UPDATE_BYTES * 0.85)
const OVERWRITE_STRUCTS = Math.floor(MAX_STRUCTS * 0.9)

export function createDocumentWriter ({ signer, store, load, committer, clock, exclusive, publish, randomUint32, stamps, isJoined }: WriterPorts): DocumentWriter {
  const { author } = signer
  /** Devices whose shard nobody else's envelopes came into since they were looked at. */
  const devices = new WeakMap<Shard, number>()
  const sequences = new WeakMap<AuthorDocument, { readonly device: number, readonly seq: number }>()
  const need = (community: CommunityState): StampNeed => ({ community: community.address, author, difficulty: community.genesis?.difficulty ?? 0 })

  async function deviceOf (shard: Shard): Promise<number> {
    const trusted = devices.get(shard)
    if (trusted !== undefined) return trusted
    const stored = await store.device(author, shard.community, shard.period)
    if (stored === undefined || await isTaken(shard, stored)) return await newDevice(shard)
    devices.set(shard, stored)
    return stored
  }

  /**
   * Whether somebody else writes with our clientID: this data folder is an older copy of one that went on, or was
   * copied. Then an envelope with our id is not of our making, or a snapshot has seen more of us than we wrote.
   */
  async function isTaken (shard: Shard, device: number): Promise<boolean> {
    for (const document of shard.documents(author)) {
      const last = await sequenceOf(document, device)
      for (const held of document.held.values()) {
        if ((held.seen.get(device) ?? 0) > last) return true
        if (held.device === device && !await store.isOwn(held.hash)) return true
      }
    }
    return false
  }

  /** The last number that the device used in the document, as its own record says. */
  async function sequenceOf (document: AuthorDocument, device: number): Promise<number> {
    const last = sequences.get(document) ?? await store.sequence(document.id)
    if (last !== undefined) sequences.set(document, last)
    return last?.device === device ? last.seq : 0
  }

  /** A fresh clientID that none of the author's documents in the shard has met. */
  async function newDevice (shard: Shard): Promise<number> {
    const met = new Set<number>([NOBODY])
    for (const { held } of shard.documents(author)) {
      for (const { device, seen } of held.values()) {
        met.add(device)
        for (const other of seen.keys()) met.add(other)
      }
    }
    let device = randomUint32()
    while (met.has(device)) device = randomUint32()
    await store.putDevice(author, shard.community, shard.period, device)
    devices.set(shard, device)
    return device
  }

  /** The part that an entry goes to: where its key lives, or the first that has room. */
  async function partFor (shard: Shard, { root, key }: Entry, device: number, timeMs: number): Promise<number> {
    const documents = shard.documents(author)
    for (const document of documents.toReversed()) {
      if (latestTimeMs([document]) > timeMs) continue
      const state = await open(document, load)
      if (state.entries.get(root)?.has(key) === true && hasRoom(document, state, device, OVERWRITE_BYTES, OVERWRITE_STRUCTS)) return document.id.part
    }
    const last = documents.at(-1)
    if (last === undefined) return 0
    if (latestTimeMs([last]) <= timeMs && hasRoom(last, await open(last, load), device, PART_BYTES, PART_ENTRIES)) return last.id.part
    if (last.id.part + 1 >= MAX_PARTS) throw new CrdtIndexError('BAD_ENTRY', `this author's ${MAX_PARTS} parts of ${shard.period} are full`)
    return last.id.part + 1
  }

  async function currentValue (shard: Shard, root: RootName, key: string): Promise<EntryValue | undefined> {
    for (const document of shard.documents(author).toReversed()) {
      const value = document.held.size === 0 ? undefined : (await open(document, load)).entries.get(root)?.get(key)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Signs what `change` does to the live document as a delta, and adds a snapshot when one is due. */
  async function compose (stamp: Uint8Array, shard: Shard, document: AuthorDocument, device: number, timeMs: number, entries: readonly Entry[]): Promise<Staging> {
    const state = await open(document, load, true)
    /** What others would refuse must not leave: null. */
    const sign = (kind: EnvelopeKind, seq: number, seen: ReadonlyMap<number, number>, update: Uint8Array): VerifiedEnvelope | null => {
      const verified = verifyEnvelope(encodeEnvelope({ ...document.id, device, seq, timeMs, kind, seen, stamp }, update, signer))
      return 'verdict' in verified ? null : verified
    }
    let seq = Math.max(lastSeq(document, device), await sequenceOf(document, device))
    const fresh: VerifiedEnvelope[] = []
    const changes: EntryChange[] = []
    try {
      if (entries.length > 0) {
        let update: Uint8Array | null = null
        const capture = (bytes: Uint8Array): void => { update = bytes }
        changes.push(...applyUpdate(state, document.id.period, doc => {
          doc.on('update', capture)
          doc.clientID = device
          try {
            doc.transact(() => { for (const { root, key, value } of entries) doc.getMap(root).set(key, value) })
          } finally {
            doc.clientID = NOBODY
            doc.off('update', capture)
          }
        }))
        if (update === null) throw new CrdtIndexError('BAD_ENTRY', 'the change changes nothing')
        const delta = sign(EnvelopeKind.delta, ++seq, new Map(), update)
        if (delta === null) throw new CrdtIndexError('BAD_ENTRY', 'the change would be refused by every peer')
        fresh.push(delta)
        noteApplied(delta.inspected, state)
      }
      const uncovered = [...document.held.values()].filter(({ kind }) => kind === EnvelopeKind.delta).length + fresh.length
      if (entries.length === 0 || uncovered > snapshotThreshold(state)) {
        const seen = seenBy(document, state)
        seen.set(device, ++seq)
        // A document in which a copied device wrote too may have no valid snapshot: its deltas stay, and a next part takes over.
        const whole = state.doc === null ? null : Y.encodeStateAsUpdate(state.doc)
        const snapshot = whole === null || whole.length > MAX_UPDATE_BYTES ? null : sign(EnvelopeKind.snapshot, seq, seen, whole)
        if (snapshot !== null) fresh.push(snapshot)
      }
    } catch (error) {
      document.state = null // the live document holds what was never signed
      throw error
    }
    return { shard, document, staged: stage(document, fresh), own: fresh.map(({ hash }) => hash), sequence: { document: document.id, device, seq }, advanced: { changes, state } }
  }

  async function commitAndPublish (community: CommunityState, stagings: readonly Staging[]): Promise<void> {
    await committer.commit(stagings, { durable: true, from: null })
    for (const { document, sequence } of stagings) if (sequence !== null) sequences.set(document, sequence)
    for (const { staged } of stagings) for (const envelope of staged.added) publish(community, envelope)
  }

  const writer: DocumentWriter = {
    async admit (community, options) {
      await stamps.stamp(need(community), options)
    },

    async isAdmitted (community) {
      return await stamps.known(need(community)) !== undefined
    },

    async write (community, period, build, atLeastMs = 0) {
      const stamp = stamps.atHand(need(community)) ?? await stamps.stamp(need(community))
      await exclusive(async () => {
        if (!isJoined(community)) throw new CrdtIndexError('NOT_JOINED', `${community.address} was left`)
        const shard = community.shard(period)
        const device = await deviceOf(shard)
        const nowMs = Math.max(clock(), atLeastMs)
        // An author's time never goes back within a document. A part that was written by a clock far ahead is left to itself:
        // peers keep out what is not due yet, and a next part goes on with the right time.
        const timeMs = Math.max(nowMs, latestTimeMs(shard.documents(author).filter(document => latestTimeMs([document]) <= nowMs + MAX_AHEAD_MS)))
        const byPart = new Map<number, Entry[]>()
        for (const entry of await build(timeMs, async (root, key) => await currentValue(shard, root, key))) {
          const part = await partFor(shard, entry, device, timeMs)
          byPart.set(part, [...byPart.get(part) ?? [], entry])
        }
        const stagings: Staging[] = []
        try {
          for (const [part, entries] of byPart) stagings.push(await compose(stamp, shard, shard.document(author, part), device, timeMs, entries))
        } catch (error) {
          for (const { document } of stagings) document.state = null
          throw error
        }
        if (stagings.length > 0) await commitAndPublish(community, stagings)
      })
    },

    met (shard) { devices.delete(shard) },

    async rescue (communityOf) {
      for (const pending of groupedByShard(await store.rescues(author))) {
        const [first] = pending
        const community = first === undefined ? undefined : communityOf(first.community)
        if (first === undefined || community === undefined) continue
        await writer.write(community, first.period, async (_timeMs, current) => {
          const entries: Entry[] = []
          for (const { root, key, value } of pending) {
            const now = await current(root, key)
            if (now === undefined || entryTimeMs(root, now) < entryTimeMs(root, value)) entries.push({ root, key, value })
          }
          return entries
        }, Math.max(...pending.map(({ root, value }) => entryTimeMs(root, value))))
        await store.write({ rescued: pending, durable: false })
      }
    },

    async finish (communities) {
      await exclusive(async () => {
        for (const community of communities) {
          const stamp = await stamps.known(need(community))
          if (stamp === undefined) continue // nothing of the author's is here
          for (const shard of community.shards.values()) {
            for (const document of shard.documents(author)) {
              const deltas = [...document.held.values()].filter(({ kind }) => kind === EnvelopeKind.delta).length
              if (deltas < SNAPSHOT_CLOSE_DELTAS) continue
              const timeMs = Math.max(clock(), latestTimeMs([document]))
              await commitAndPublish(community, [await compose(stamp, shard, document, await deviceOf(shard), timeMs, [])])
            }
          }
        }
      })
    }
  }
  return writer
}

function groupedByShard (rescues: readonly Rescue[]): Rescue[][] {
  return [...Map.groupBy(rescues, ({ community, period }) => `${community}/${period}`).values()]
}

function hasRoom (document: AuthorDocument, state: MaterializedDocument, device: number, maxBytes: number, maxEntries: number): boolean {
  let bytes = 0
  let deltas = 0
  for (const { byteLength, kind } of document.held.values()) {
    bytes += byteLength
    if (kind === EnvelopeKind.delta) deltas++
  }
  if (deltas > SNAPSHOT_MAX_DELTAS || state.excess.length > 0) return false // no snapshot folds them
  let structs = 0
  for (const clock of state.stateVector.values()) structs += clock
  return bytes < maxBytes && structs < maxEntries && (state.stateVector.has(device) || state.stateVector.size < PART_DEVICES)
}

function snapshotThreshold (state: MaterializedDocument): number {
  let entries = 0
  for (const map of state.entries.values()) entries += map.size
  return Math.min(SNAPSHOT_MAX_DELTAS, Math.max(SNAPSHOT_MIN_DELTAS, entries / SNAPSHOT_ENTRY_SHARE))
}

/** Highest seq that the device used in this document, as far as this peer knows. */
function lastSeq (document: AuthorDocument, device: number): number {
  let last = 0
  for (const held of document.held.values()) last = Math.max(last, held.device === device ? held.seq : 0, held.seen.get(device) ?? 0)
  return last
}

/** Per device the highest seq up to which everything is in the live document. */
function seenBy (document: AuthorDocument, state: MaterializedDocument): Map<number, number> {
  const seen = new Map<number, number>()
  const waiting = new Set<EnvelopeHash>(state.waiting)
  const deltas: Array<{ device: number, seq: number }> = []
  for (const held of document.held.values()) {
    if (waiting.has(held.hash)) continue
    if (held.kind === EnvelopeKind.delta) deltas.push(held)
    for (const [device, seq] of held.seen) seen.set(device, Math.max(seen.get(device) ?? 0, seq))
  }
  deltas.sort((a, b) => a.seq - b.seq)
  for (const { device, seq } of deltas) if (seq === (seen.get(device) ?? 0) + 1) seen.set(device, seq)
  return seen
}

function latestTimeMs (documents: readonly AuthorDocument[]): number {
  let latest = 0
  for (const { held } of documents) for (const { timeMs } of held.values()) latest = Math.max(latest, timeMs)
  return latest
}
