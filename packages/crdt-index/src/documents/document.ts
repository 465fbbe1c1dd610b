// One author document as this peer holds it: which envelopes count, and, while it is in use, its state.
import type * as Y from 'yjs'
import { EnvelopeKind, type DocumentId, type EntryChange, type EnvelopeHash, type EnvelopeHeader, type RootName, type VerifiedEnvelope } from '../model.ts'
import { CrdtIndexError } from '../errors.ts'
import { applyWithinBounds, isOrderFree, isReady } from './bounds.ts'
import { chain } from './chains.ts'
import { claimsOf, type Claims } from './contradiction.ts'
import { entryOf, materialize, type ChainedDocument, type LiveDocument, type MaterializedDocument, type MaterializeOptions } from './materialize.ts'
import { isNext, reduce } from './reduce.ts'
import { singleMap } from './single-map.ts'
import { equalValues } from './values.ts'

/** What is remembered of an envelope that counts; its bytes lie in the store. */
export type HeldEnvelope = Claims & Pick<EnvelopeHeader, 'seen' | 'timeMs' | 'updateLength'> & { readonly hash: EnvelopeHash, readonly byteLength: number }

export interface AuthorDocument {
  readonly id: DocumentId
  /** The reduced set in canonical order. */
  held: ReadonlyMap<EnvelopeHash, HeldEnvelope>
  /** Null while the document is cold: nobody used it lately. */
  state: MaterializedDocument | null
  /** What it was counted with in its community's storage; whoever counts keeps it. */
  bytes: number
}

/** Loads and trusts what the store holds of a document, in the order asked. */
export type LoadEnvelopes = (document: DocumentId, hashes: readonly EnvelopeHash[]) => Promise<VerifiedEnvelope[]>

export interface Staged {
  /** Envelopes that count from now on, in the order they came. */
  readonly added: readonly VerifiedEnvelope[]
  /** Envelopes that no longer count. */
  readonly removed: readonly EnvelopeHash[]
  readonly held: ReadonlyMap<EnvelopeHash, HeldEnvelope>
}

export function createDocument (id: DocumentId): AuthorDocument {
  return { id, held: new Map(), state: null, bytes: 0 }
}

export function heldOf (envelope: VerifiedEnvelope): HeldEnvelope {
  const { header: { seen, timeMs, updateLength }, hash, bytes } = envelope
  const { device, seq, kind, from, to, others } = claimsOf(envelope)
  // Field by field, as a checkpoint's: what is spread into an object lies beside it, in half as much memory again.
  return { hash, device, seq, kind, from, to, timeMs, updateLength, byteLength: bytes.length, seen, others }
}

/** What the document's reduced set becomes with more envelopes; changes nothing. */
export function stage (document: AuthorDocument, fresh: readonly VerifiedEnvelope[]): Staged {
  const [only] = fresh
  if (only !== undefined && fresh.length === 1 && document.held.size === 0) { // how nearly all come to a newcomer
    return { added: fresh, removed: [], held: singleMap(only.hash, heldOf(only)) }
  }
  const next = fresh.length === 1 && only !== undefined ? heldOf(only) : null
  if (next !== null && isNext(document.held.values(), next)) return { added: fresh, removed: [], held: new Map(document.held).set(next.hash, next) }
  const candidates = new Map(document.held)
  for (const envelope of fresh) candidates.set(envelope.hash, heldOf(envelope))
  const held = new Map(reduce(candidates.values()).map(envelope => [envelope.hash, envelope]))
  return {
    added: fresh.filter(envelope => held.has(envelope.hash) && !document.held.has(envelope.hash)),
    removed: [...document.held.keys()].filter(hash => !held.has(hash)),
    held
  }
}

/**
 * The document's state as the store has it, computed when it is cold. Readers call it while writers commit, so what was
 * read is kept only if nothing was committed meanwhile; otherwise it is read again. Throws STORAGE_FAILED for a writer
 * (`needsDoc`) when stored envelopes are gone or damaged: nothing may be signed on top of a part.
 */
export async function open (document: AuthorDocument, load: LoadEnvelopes, needsDoc = false): Promise<MaterializedDocument> {
  const { state, missing } = await read(document, load, { needsDoc })
  if (needsDoc && missing > 0) throw new CrdtIndexError('STORAGE_FAILED', `${missing} stored envelopes of the document cannot be read`)
  return state
}

/** The state that the document has, or that is kept from now on unless envelopes are missing. `goesOn`: with what deltas can be applied to. */
async function read (document: AuthorDocument, load: LoadEnvelopes, { needsDoc = false, goesOn = false }: Pick<MaterializeOptions, 'needsDoc' | 'goesOn'>): Promise<{ readonly state: MaterializedDocument, readonly missing: number }> {
  for (;;) {
    const { state, held } = document
    if (state !== null && !(needsDoc && state.doc === null) && !(goesOn && !isLive(state) && !isChained(state))) return { state, missing: 0 }
    const envelopes = await load(document.id, [...held.keys()])
    if (document.held !== held || document.state !== state) continue
    const opened = materialize(envelopes, { period: document.id.period, needsDoc, goesOn })
    const missing = held.size - envelopes.length
    if (missing === 0) document.state = opened
    return { state: opened, missing }
  }
}

/**
 * Whether applying the delta to the live document gives the same as applying the whole set in canonical order:
 * it continues its device's clock without gap or overlap, all it refers to is here, nothing waits or was left out, and
 * nothing has to be placed between concurrent items, which only the canonical order does alike on all peers.
 */
function continues (document: AuthorDocument, state: MaterializedDocument, { header, inspected }: VerifiedEnvelope): boolean {
  if (header.kind !== EnvelopeKind.delta || !(isLive(state) || isChained(state)) || state.waiting.length > 0 || state.excess.length > 0) return false
  for (const [client, { from }] of inspected.ranges) {
    if ((state.stateVector.get(client) ?? 0) !== from) return false
  }
  for (const held of document.held.values()) {
    if (held.device === header.device && held.seq >= header.seq) return false
  }
  return isReady(inspected, state.stateVector) && (!isLive(state) || isOrderFree(inspected, state))
}

/**
 * Whether the delta builds on what is not here. Then it changes nothing, in whatever order it comes, and the document
 * need not be read again for it: otherwise an author could make every small envelope cost the whole document.
 */
function onlyWaits (state: MaterializedDocument, { header, inspected }: VerifiedEnvelope): boolean {
  return header.kind === EnvelopeKind.delta && (isLive(state) || isChained(state)) && !isReady(inspected, state.stateVector)
}

function isLive (state: MaterializedDocument): state is LiveDocument {
  return state.doc !== null
}

function isChained (state: MaterializedDocument): state is ChainedDocument {
  return state.chains !== null
}

/** Changes the live document and returns which keys it changed. */
export function applyUpdate (state: MaterializedDocument, period: number, change: (doc: Y.Doc) => void): EntryChange[] {
  if (!isLive(state)) throw new Error('a document without a Y.Doc cannot be changed in place')
  const { doc } = state
  const changes: EntryChange[] = []
  const collect = (transaction: Y.Transaction): void => {
    for (const [root, type] of doc.share) {
      for (const key of transaction.changed.get(type as never) ?? []) {
        if (key === null) continue
        const name = root as RootName
        const before = state.entries.get(name)?.get(key)
        const after = entryOf(name, key, (type as unknown as Y.Map<unknown>).get(key), period)
        if (before === undefined && after === undefined) continue
        changes.push({ root: name, key, before, after })
      }
    }
  }
  doc.on('afterTransaction', collect)
  try {
    change(doc)
  } finally {
    doc.off('afterTransaction', collect)
  }
  for (const { root, key, after } of changes) {
    let entries = state.entries.get(root)
    if (entries === undefined) state.entries.set(root, entries = new Map())
    if (after === undefined) entries.delete(key)
    else entries.set(key, after)
  }
  return changes
}

/** What a staged set does to a document: held and state take effect once the set is stored. */
export interface Advance {
  readonly changes: readonly EntryChange[]
  readonly state: MaterializedDocument
}

/**
 * Computes what a staged set makes of the document. The store still has the old set: whoever calls writes the new one
 * and then calls `settle`, or `revert` if that fails, because a live document may have been changed in place already.
 */
export async function advance (document: AuthorDocument, staged: Staged, load: LoadEnvelopes): Promise<Advance> {
  const changes: EntryChange[] = []
  const state = document.state ?? (goesOn(document, staged) ? await readWhole(document, load) : null)
  if (state !== null && staged.removed.length === 0) {
    const inOrder = staged.added.toSorted((a, b) => a.header.device - b.header.device || a.header.seq - b.header.seq)
    let applied = 0
    for (const envelope of inOrder) {
      if (onlyWaits(state, envelope)) {
        state.waiting.push(envelope.hash)
        applied++
        continue
      }
      if (!continues(document, state, envelope)) break
      const { update, inspected } = envelope
      const made = isChained(state)
        ? chain(state, update, inspected, document.id.period)
        : applyUpdate(state, document.id.period, doc => { applyWithinBounds(update, inspected, { ...state, doc }) })
      if (made === null) break
      changes.push(...made)
      applied++
    }
    if (applied === inOrder.length) return { changes: merged(changes), state }
  }
  const before = document.held.size === 0 ? null : state ?? await open(document, load)
  const after = materialize(await inStaged(document, staged, load), { period: document.id.period, needsDoc: false })
  const rest = diff(before?.entries ?? null, after.entries)
  return { changes: changes.length === 0 ? rest : merged([...changes, ...rest]), state: after }
}

/** Whether only deltas come: then a cold document is read once, and goes on from there. */
function goesOn ({ held }: AuthorDocument, { added, removed }: Staged): boolean {
  return held.size > 0 && removed.length === 0 && added.every(({ header: { kind } }) => kind === EnvelopeKind.delta)
}

/** Null where something of it is missing. */
async function readWhole (document: AuthorDocument, load: LoadEnvelopes): Promise<MaterializedDocument | null> {
  const { state, missing } = await read(document, load, { goesOn: true })
  return missing === 0 ? state : null
}

/** Reads what `advance` will go on from, so that several are read at once; what cannot be read is its to tell. */
export async function warm (document: AuthorDocument, staged: Staged, load: LoadEnvelopes): Promise<void> {
  if (document.state === null && goesOn(document, staged)) await readWhole(document, load).catch(() => {})
}

/** All envelopes that count once the set is stored, in canonical order, as far as they can be read. */
async function inStaged (document: AuthorDocument, { added, held }: Staged, load: LoadEnvelopes): Promise<readonly VerifiedEnvelope[]> {
  if (added.length === held.size && added.length === 1) return added
  const known = new Map(added.map(envelope => [envelope.hash, envelope]))
  const missing = [...held.keys()].filter(hash => !known.has(hash))
  if (missing.length > 0) for (const envelope of await load(document.id, missing)) known.set(envelope.hash, envelope)
  return [...held.keys()].flatMap(hash => known.get(hash) ?? [])
}

/** The staged set is stored: it counts from now on. */
export function settle (document: AuthorDocument, staged: Staged, { state }: Pick<Advance, 'state'>): void {
  document.held = staged.held
  document.state = state
}

/** One change a key, from before the first to after the last. */
function merged (changes: readonly EntryChange[]): EntryChange[] {
  const byKey = new Map<string, EntryChange>()
  for (const change of changes) {
    const name = `${change.root}/${change.key}`
    const earlier = byKey.get(name)
    byKey.set(name, earlier === undefined ? change : { ...change, before: earlier.before })
  }
  return [...byKey.values()]
}

/** The staged set could not be stored: a live document that was changed in place is forgotten. */
export function revert (document: AuthorDocument): void {
  document.state = null
}

type Entries = MaterializedDocument['entries']

/** What has to change for one state's entries to become another's; null: none. */
export function diff (before: Entries | null, after: Entries): EntryChange[] {
  const changes: EntryChange[] = []
  for (const [root, entries] of after) {
    const old = before?.get(root)
    entries.forEach((value, key) => { // an iterator makes a pair of each, of a newcomer's million votes too
      const previous = old?.get(key)
      if (previous === undefined || !equalValues(previous, value)) changes.push({ root, key, before: previous, after: value })
    })
  }
  for (const [root, entries] of before ?? []) {
    const now = after.get(root)
    for (const [key, value] of entries) if (now?.get(key) === undefined) changes.push({ root, key, before: value, after: undefined })
  }
  return changes
}
