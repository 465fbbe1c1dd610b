// The views' rules once more, computed from whole author states, with sets and sorts and no thought of speed.
import { bytesToHex, decodeBase64url } from '../../src/identity/encoding.ts'
import { itemIdOf, itemIdOfBytes } from '../../src/identity/ids.ts'
import type { AuthorId, ContentId, EntryValue, ItemId } from '../../src/model.ts'
import type { ItemView, PostView, ThreadNode } from '../../src/views/item-view.ts'
import type { Revision } from '../../src/views/revisions.ts'
import type { World } from './world.ts'

interface Naive {
  readonly items: Map<ItemId, ItemView>
  readonly revisions: Map<ItemId, Revision[]>
  readonly rows: number
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length === 20
const hexOf = (bytes: Uint8Array): ContentId => bytesToHex(bytes) as ContentId
const contentOfKey = (key: string): ContentId => hexOf(decodeBase64url(key) ?? new Uint8Array())
const compare = (a: string | number, b: string | number): number => a < b ? -1 : a > b ? 1 : 0

export function recompute ({ states, community, period }: World): Naive {
  const entries = (author: AuthorId, root: 'posts' | 'comments' | 'votes' | 'edits' | 'deletions'): Array<[string, EntryValue]> => [...states.get(author)?.get(root) ?? []]
  const listed = new Map<ItemId, { author: AuthorId, contentId: ContentId, length: number, createdMs: number, title: string | null, hangs: { root: ItemId, parent: ItemId } | null }>()
  const named = new Set<ItemId>()
  for (const author of states.keys()) {
    for (const [key, [length, createdMs, root, parent]] of entries(author, 'comments')) {
      if (!isBytes(root) || !isBytes(parent)) continue
      const contentId = contentOfKey(key)
      listed.set(itemIdOf(author, contentId), { author, contentId, length: Number(length), createdMs: Number(createdMs), title: null, hangs: { root: itemIdOfBytes(root), parent: itemIdOfBytes(parent) } })
    }
    for (const [key, [length, createdMs, title]] of entries(author, 'posts')) {
      if (typeof title !== 'string' || typeof createdMs !== 'number') continue
      const month = new Date(createdMs).toISOString().slice(0, 7).replace('-', '')
      if (Number(month) !== period) continue
      const contentId = contentOfKey(key)
      listed.set(itemIdOf(author, contentId), { author, contentId, length: Number(length), createdMs, title, hangs: null })
    }
  }

  const attached = new Set<ItemId>()
  for (let size = -1; size !== attached.size;) {
    size = attached.size
    for (const [item, { hangs }] of listed) {
      if (hangs === null) continue
      const root = listed.get(hangs.root)
      if (root === undefined || root.hangs !== null) continue
      if (hangs.parent === hangs.root || (attached.has(hangs.parent) && listed.get(hangs.parent)?.hangs?.root === hangs.root)) attached.add(item)
    }
  }

  const items = new Map<ItemId, ItemView>()
  const revisions = new Map<ItemId, Revision[]>()
  for (const [item, { author, contentId, length, createdMs, title, hangs }] of listed) {
    const first: Revision = { contentId, length, editedMs: null, title }
    const edits = entries(author, 'edits')
      .filter(([, [of]]) => isBytes(of) && itemIdOfBytes(of) === item)
      .map(([key, [, length, editedMs, title]]) => ({ contentId: contentOfKey(key), length: Number(length), editedMs: Number(editedMs), title: title as string | null }))
      .sort((a, b) => compare(a.editedMs, b.editedMs) || compare(a.contentId, b.contentId))
    const revision = edits.at(-1) ?? first
    const votes = [...states.keys()].filter(voter => voter !== author)
      .map(voter => states.get(voter)?.get('votes')?.get(item))
      .filter(value => value !== undefined && (value[0] === 1 || value[0] === -1)) as EntryValue[]
    const up = votes.filter(([value]) => value === 1).length
    const down = votes.length - up
    const common = {
      item, contentId, length, author, community, period, createdMs, up, down, score: up - down,
      otherRevision: votes.filter(([, , cast]) => (isBytes(cast) ? hexOf(cast) : contentId) !== revision.contentId).length,
      revision,
      deleted: states.get(author)?.get('deletions')?.has(item) ?? false
    }
    const comments = [...attached].filter(other => listed.get(other)?.hangs?.root === item).length
    items.set(item, hangs === null
      ? { kind: 'post', ...common, title: revision.title ?? title ?? '', comments }
      : { kind: 'comment', ...common, ...hangs, attached: attached.has(item) })
    revisions.set(item, [first, ...edits])
    named.add(item)
    if (hangs !== null) named.add(hangs.root).add(hangs.parent)
  }
  for (const author of states.keys()) {
    for (const [item, [value]] of entries(author, 'votes')) if (value === 1 || value === -1) named.add(item as ItemId)
    for (const [, [item]] of entries(author, 'edits')) if (isBytes(item)) named.add(itemIdOfBytes(item))
  }
  return { items, revisions, rows: named.size }
}

/** Another spelling of the interval than the one under test. */
function wilson (up: number, down: number): number {
  if (up === 0) return 0
  const n = up + down
  const z2 = 1.96 ** 2
  return (up + z2 / 2 - 1.96 * Math.sqrt(up * down / n + z2 / 4)) / (n + z2)
}

export function naiveThread ({ items }: Naive, root: ItemId, sort: 'best' | 'new' | 'old'): ThreadNode[] | undefined {
  if (items.get(root)?.kind !== 'post') return undefined
  const below = (parent: ItemId, depth: number): ThreadNode[] => {
    const answers = [...items.values()]
      .filter(view => view.kind === 'comment')
      .filter(view => view.attached && view.root === root && view.parent === parent)
      .sort((a, b) => (sort === 'best' ? compare(wilson(b.up, b.down), wilson(a.up, a.down)) : 0) ||
        (sort === 'old' ? a.createdMs - b.createdMs : b.createdMs - a.createdMs) ||
        compare(a.contentId, b.contentId) || compare(a.item, b.item))
    const nodes: ThreadNode[] = []
    for (const answer of answers) nodes.push({ ...answer, depth }, ...below(answer.item, depth + 1))
    return nodes
  }
  return below(root, 0)
}

export function naiveFeed (shards: readonly Naive[], sort: 'top' | 'new' | 'hot', windowMs: number, nowMs: number): PostView[] {
  const rank = ({ score, createdMs }: PostView): number => sort === 'top' ? score : sort === 'new' ? createdMs : Math.round(1e6 * (Math.sign(score) * Math.log10(Math.max(Math.abs(score), 1)) + createdMs / 1000 / 45000))
  return shards.flatMap(({ items }) => [...items.values()])
    .filter(view => view.kind === 'post')
    .filter(view => !view.deleted && view.createdMs <= nowMs + 600_000 && (sort !== 'top' || view.createdMs >= nowMs - windowMs))
    .sort((a, b) => rank(b) - rank(a) || b.createdMs - a.createdMs || compare(a.contentId, b.contentId) || compare(a.item, b.item) || compare(a.community, b.community))
}
