// What a set of envelopes means, computed once more with no thought of speed and no memory of how it arrived: the digest
// by hand, each document by one Y.Doc, the views by sets and sorts.
import { createHash } from 'node:crypto'
import type { AuthorId, CommunityAddress, EntryValue, EnvelopeHash, ItemId, RootName, VerifiedEnvelope } from '@seedbed/crdt-index'
import * as Y from 'yjs'
import { entriesOf, materialize } from '../../packages/crdt-index/src/documents/materialize.ts'
import { reduce } from '../../packages/crdt-index/src/documents/reduce.ts'
import { PERIOD } from '../../packages/crdt-index/test/documents/updates.ts'
import { recompute } from '../../packages/crdt-index/test/views/naive.ts'
import type { World } from '../../packages/crdt-index/test/views/world.ts'
import { COMMUNITY, statesOf, type Replica } from './replica.ts'
import { ITEMS } from './names.ts'

export interface Picture {
  readonly digest: string
  /** `author/part root key value`, sorted. */
  readonly entries: readonly string[]
  /** The same with an author's parts merged: `author root key value`, sorted. */
  readonly merged: readonly string[]
  /** Every item that is listed, as a reader sees it. */
  readonly items: readonly string[]
}

type Entries = ReadonlyMap<RootName, ReadonlyMap<string, EntryValue>>

/** Documents whose bounds left something out; a schedule that never gets there shows less than it says. */
export const met = { excess: 0, waiting: 0 }

export function canonical (envelopes: Iterable<VerifiedEnvelope>, community: CommunityAddress = COMMUNITY): Picture {
  const documents = Map.groupBy(new Map([...envelopes].map(envelope => [envelope.hash, envelope])).values(), ({ header: { author, part } }) => `${author}/${part}`)
  const hashes: EnvelopeHash[] = []
  const states: Part[] = []
  for (const all of documents.values()) {
    const reduced = reduce(all.map(envelope => ({ ...envelope, ...envelope.header })))
    hashes.push(...reduced.map(({ hash }) => hash))
    const [first] = all
    if (first !== undefined) states.push({ author: first.header.author, part: first.header.part, entries: stateOf(reduced as unknown as VerifiedEnvelope[]) })
  }
  const merged = merge(states)
  const { items } = recompute({ states: merged, community, period: PERIOD } as unknown as World)
  return { digest: digestOf(hashes), ...listed(states, merged), items: itemsOf(item => items.get(item)) }
}

export async function pictureOf (replica: Replica): Promise<Picture> {
  const states = [...await statesOf(replica)].map(([{ id: { author, part } }, { entries }]): Part => ({ author, part, entries }))
  return {
    digest: Buffer.from(replica.shard.summary().digest).toString('hex'),
    ...listed(states, merge(states)),
    items: itemsOf(item => replica.shard.month?.item(item))
  }
}

/** Every item that is listed, by whatever knows them. */
export function itemsOf (find: (item: ItemId) => object | undefined): string[] {
  return ITEMS.flatMap(item => itemText(find(item)))
}

interface Part { readonly author: AuthorId, readonly part: number, readonly entries: Entries }

/** Of an author's parts that hold one key, the highest counts. */
function merge (parts: readonly Part[]): Map<AuthorId, Map<RootName, Map<string, EntryValue>>> {
  const merged = new Map<AuthorId, Map<RootName, Map<string, EntryValue>>>()
  for (const { author, entries } of parts.toSorted((a, b) => a.part - b.part)) {
    const whole = merged.get(author) ?? new Map<RootName, Map<string, EntryValue>>()
    merged.set(author, whole)
    for (const [root, keys] of entries) for (const [key, value] of keys) whole.set(root, (whole.get(root) ?? new Map<string, EntryValue>()).set(key, value))
  }
  return merged
}

function listed (parts: readonly Part[], merged: ReadonlyMap<AuthorId, Entries>): Pick<Picture, 'entries' | 'merged'> {
  return {
    entries: parts.flatMap(({ author, part, entries }) => spelled(`${author}/${part}`, entries)).sort(),
    merged: [...merged].flatMap(([author, entries]) => spelled(author, entries)).sort()
  }
}

/** Pass after pass in canonical order: what has all that it needs is applied. Bounds are materialize's own business. */
function stateOf (reduced: readonly VerifiedEnvelope[]): Entries {
  const { excess, waiting } = materialize(reduced, { period: PERIOD, needsDoc: true })
  if (waiting.length > 0) met.waiting++
  if (excess.length > 0) met.excess++
  const left = new Set(excess)
  const doc = new Y.Doc()
  doc.clientID = 0
  let rest = reduced.filter(({ hash }) => !left.has(hash))
  for (let before = -1; before !== rest.length;) {
    before = rest.length
    rest = rest.filter(({ update, inspected }) => {
      const reached = Y.decodeStateVector(Y.encodeStateVector(doc))
      if ([...inspected.needs].some(([client, clock]) => (reached.get(client) ?? 0) < clock)) return true
      Y.applyUpdate(doc, update)
      return false
    })
  }
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) throw new Error('something pends in Yjs')
  return entriesOf(doc, PERIOD)
}

function digestOf (hashes: readonly string[]): string {
  return createHash('sha256').update(Buffer.concat([...hashes].sort().map(hash => Buffer.from(hash, 'hex')))).digest('hex')
}

function spelled (name: string, state: ReadonlyMap<RootName, ReadonlyMap<string, EntryValue>>): string[] {
  return [...state].flatMap(([root, keys]) => [...keys].map(([key, value]) => `${name} ${root} ${key} ${value.map(part => part instanceof Uint8Array ? Buffer.from(part).toString('hex') : String(part)).join(' ')}`))
}

function itemText (item: object | undefined): string[] {
  return item === undefined ? [] : [JSON.stringify(Object.entries(item).sort(([a], [b]) => a < b ? -1 : 1))]
}

