// The state of one document: Yjs applied to its reduced envelopes in canonical order, or, where one complete
// snapshot is all there is, what the guard already read from it.
import * as Y from 'yjs'
import type { DocumentEntries, EntryValue, EnvelopeHash, Period, RootName, VerifiedEnvelope } from '../model.ts'
import { applyWithinBounds, isReady, noUsage, type Usage } from './bounds.ts'
import { chain, noChains, type Chained, type Chains } from './chains.ts'
import { fitsEntry, fitsPeriod, rootsOf } from './shapes.ts'

export { isReady } from './bounds.ts'

/** A Yjs clientID that no device has, so that Yjs never meets its own in what it applies. */
const READER_CLIENT_ID = 0
/** Yjs would draw a random one for each document; nothing here looks at it. */
const DOC_GUID = 'seedbed'

export interface MaterializedDocument {
  /** Live entries, each of its root's exact shape. Only with a Y.Doc or chains do they change, along with them. */
  readonly entries: DocumentEntries
  /** Null where no Y.Doc was needed. Its clientID is 0: a writer sets its own. */
  readonly doc: Y.Doc | null
  /** What deltas go on from where there is no Y.Doc; null where there is one, and where nothing has to go on. */
  readonly chains: Chains | null
  /** Yjs client -> clock reached. */
  readonly stateVector: Map<number, number>
  /** Not applied: what they build on is not here. */
  readonly waiting: EnvelopeHash[]
  /** Not applied: the document would go over its bounds, as only a hostile author's can. */
  readonly excess: EnvelopeHash[]
  readonly usage: Usage
}

/** A document that can be changed in place. */
export interface LiveDocument extends MaterializedDocument {
  readonly entries: Map<RootName, Map<string, EntryValue>>
  readonly doc: Y.Doc
}

/** The same without Yjs, as long as it is plain. */
export type ChainedDocument = MaterializedDocument & Chained

export interface MaterializeOptions {
  readonly period: Period
  /** Makes a Y.Doc even where the entries could be read without one. */
  readonly needsDoc?: boolean
  /** Deltas will be applied to it: with a Y.Doc, or chains where they do. */
  readonly goesOn?: boolean
}

/**
 * Makes a document's state from its envelopes as `reduce` returned them. Goes through them until nothing more can
 * be applied; what is applied when depends on the given order alone, so equal sets give equal states.
 */
export function materialize (envelopes: readonly VerifiedEnvelope[], { period, needsDoc = false, goesOn = false }: MaterializeOptions): MaterializedDocument {
  const direct = needsDoc ? null : (goesOn ? null : readDirectly(envelopes)) ?? readChained(envelopes, period)
  if (direct !== null) return direct
  const doc = new Y.Doc({ guid: DOC_GUID })
  doc.clientID = READER_CLIENT_ID
  const state = { doc, stateVector: new Map<number, number>(), usage: noUsage() }
  const excess: EnvelopeHash[] = []
  let waiting = envelopes
  doc.transact(() => {
    let before: number
    do {
      before = waiting.length
      waiting = waiting.filter(({ hash, update, inspected }) => {
        if (!isReady(inspected, state.stateVector)) return true
        if (!applyWithinBounds(update, inspected, state)) excess.push(hash)
        return false
      })
    } while (waiting.length < before)
  })
  return { ...state, chains: null, entries: entriesOf(doc, period), waiting: waiting.map(({ hash }) => hash), excess }
}

/** The live entries of a Y.Doc; what has not its root's shape is left out. */
export function entriesOf (doc: Y.Doc, period: Period): Map<RootName, Map<string, EntryValue>> {
  const entries = new Map<RootName, Map<string, EntryValue>>()
  for (const root of rootsOf(period)) {
    const keys = new Map<string, EntryValue>()
    for (const [key, value] of doc.getMap(root)) {
      const entry = entryOf(root, key, value, period)
      if (entry !== undefined) keys.set(key, entry)
    }
    if (keys.size > 0) entries.set(root, keys)
  }
  return entries
}

/** A value as Yjs returns it, if it is an entry of that root, key and shard. */
export function entryOf (root: RootName, key: string, value: unknown, period: Period): EntryValue | undefined {
  return fitsEntry(root, key, value) && fitsPeriod(root, value, period) ? value : undefined
}

function readDirectly (envelopes: readonly VerifiedEnvelope[]): MaterializedDocument | null {
  const [only, ...others] = envelopes
  if (only === undefined) return { entries: new Map(), doc: null, chains: null, stateVector: new Map(), waiting: [], excess: [], usage: noUsage() }
  if (others.length > 0 || only.inspected.entries === null) return null
  const { entries, ranges, structCount, weight } = only.inspected
  return {
    entries,
    doc: null,
    chains: null,
    stateVector: new Map([...ranges].map(([client, { to }]) => [client, to])),
    waiting: [],
    excess: [],
    usage: { structs: structCount, weight, conflicts: 0 }
  }
}

/** Null where Yjs has to say. */
function readChained (envelopes: readonly VerifiedEnvelope[], period: Period): ChainedDocument | null {
  const state: ChainedDocument = { entries: new Map(), doc: null, chains: noChains(), stateVector: new Map(), waiting: [], excess: [], usage: noUsage() }
  let left = envelopes
  for (let before = -1; before !== left.length;) {
    before = left.length
    const waiting: VerifiedEnvelope[] = []
    for (const envelope of left) {
      if (!isReady(envelope.inspected, state.stateVector)) waiting.push(envelope)
      else if (chain(state, envelope.update, envelope.inspected, period) === null) return null
    }
    left = waiting
  }
  for (const { hash } of left) state.waiting.push(hash)
  return state
}
