// The views' rules once more, computed from whole author states, with sets and sorts and no thought of speed.
import { bytesToHex, decodeBase64url } from '../../src/identity/encoding.ts'
import { authorIdOfBytes, itemIdOf, itemIdOfBytes } from '../../src/identity/ids.ts'
import type { AuthorId, ContentId, EntryValue, ItemId } from '../../src/model.ts'
import type { CommentNode, CommentView, ItemView, JudgedItem, JudgedPost, ThreadNode } from '../../src/views/item-view.ts'
import type { Label } from '../../src/views/labels.ts'
import type { NotificationItem } from '../../src/views/notifications.ts'
import type { Judgement, Treatment } from '../../src/views/policy.ts'
import type { Revision } from '../../src/views/revisions.ts'
import type { World } from './world.ts'

export interface Naive {
  readonly items: Map<ItemId, ItemView>
  readonly labels: Map<ItemId, Label[]>
  readonly revisions: Map<ItemId, Revision[]>
  readonly rows: number
}

const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.length === 20
const hexOf = (bytes: Uint8Array): ContentId => bytesToHex(bytes) as ContentId
const contentOfKey = (key: string): ContentId => hexOf(decodeBase64url(key) ?? new Uint8Array())
const compare = (a: string | number, b: string | number): number => a < b ? -1 : a > b ? 1 : 0

/** `weightOf`: in ten-thousandths. */
export function recompute ({ states, community, period }: World, weightOf: (author: AuthorId) => number = () => 10_000): Naive {
  const entries = (author: AuthorId, root: 'posts' | 'comments' | 'votes' | 'edits' | 'deletions' | 'labels'): Array<[string, EntryValue]> => [...states.get(author)?.get(root) ?? []]
  const listed = new Map<ItemId, { author: AuthorId, contentId: ContentId, length: number, createdMs: number, title: string | null, hangs: { root: ItemId, parent: ItemId, mentions: AuthorId[] } | null }>()
  const named = new Set<ItemId>()
  for (const author of states.keys()) {
    for (const [key, [length, createdMs, root, parent, mentions = []]] of entries(author, 'comments')) {
      if (!isBytes(root) || !isBytes(parent)) continue
      const contentId = contentOfKey(key)
      listed.set(itemIdOf(author, contentId), { author, contentId, length: Number(length), createdMs: Number(createdMs), title: null, hangs: { root: itemIdOfBytes(root), parent: itemIdOfBytes(parent), mentions: (mentions as Uint8Array[]).map(authorIdOfBytes) } })
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
  const labels = new Map<ItemId, Label[]>()
  for (const [item, { author, contentId, length, createdMs, title, hangs }] of listed) {
    const first: Revision = { contentId, length, editedMs: null, title }
    const edits = entries(author, 'edits')
      .filter(([, [of]]) => isBytes(of) && itemIdOfBytes(of) === item)
      .map(([key, [, length, editedMs, title]]) => ({ contentId: contentOfKey(key), length: Number(length), editedMs: Number(editedMs), title: title as string | null }))
      .sort((a, b) => compare(a.editedMs, b.editedMs) || compare(a.contentId, b.contentId))
    const revision = edits.at(-1) ?? first
    const cast = [...states.keys()].filter(voter => voter !== author).map(voter => ({ voter, value: states.get(voter)?.get('votes')?.get(item) }))
      .filter((vote): vote is { voter: AuthorId, value: EntryValue } => vote.value !== undefined && (vote.value[0] === 1 || vote.value[0] === -1))
    const votes = cast.map(({ value }) => value)
    const weighted = (side: 1 | -1): number => cast.filter(({ value }) => value[0] === side).reduce((sum, { voter }) => sum + weightOf(voter), 0) / 10_000
    const up = votes.filter(([value]) => value === 1).length
    const down = votes.length - up
    const isDeleted = (of: ItemId, by: AuthorId | undefined): boolean => by !== undefined && (states.get(by)?.get('deletions')?.has(of) ?? false)
    const common = {
      item, contentId, length, author, community, period, createdMs, up, down, score: up - down, voters: votes.length, weightedUp: weighted(1), weightedDown: weighted(-1),
      otherRevision: votes.filter(([, , cast]) => (isBytes(cast) ? hexOf(cast) : contentId) !== revision.contentId).length,
      revision,
      asOfMs: null,
      deleted: isDeleted(item, author)
    }
    const comments = [...attached].filter(other => listed.get(other)?.hangs?.root === item && !isDeleted(other, listed.get(other)?.author)).length
    items.set(item, hangs === null
      ? { kind: 'post', ...common, title: revision.title ?? title ?? '', comments }
      : { kind: 'comment', ...common, ...hangs, attached: attached.has(item) })
    revisions.set(item, [first, ...edits])
    named.add(item)
    if (hangs !== null) named.add(hangs.root).add(hangs.parent)
  }
  for (const author of states.keys()) {
    for (const [item, [value]] of entries(author, 'votes')) if (value === 1 || value === -1) named.add(item as ItemId)
    for (const [item, [name, reason, seconds]] of entries(author, 'labels')) {
      if (name === '') continue
      named.add(item as ItemId)
      labels.set(item as ItemId, [...labels.get(item as ItemId) ?? [], { author, label: String(name), reason: String(reason), labelledMs: Number(seconds) * 1000 }])
    }
    for (const [, [item]] of entries(author, 'edits')) if (isBytes(item)) named.add(itemIdOfBytes(item))
  }
  return { items, revisions, labels, rows: named.size }
}

/** Another spelling of the interval than the one under test. */
function wilson (up: number, down: number): number {
  if (up === 0) return 0
  const n = up + down
  const z2 = 1.96 ** 2
  return (up + z2 / 2 - 1.96 * Math.sqrt(up * down / n + z2 / 4)) / (n + z2)
}

/** What a reader wants, in the simplest terms: `hidden` and `folded` are names of labels. */
export interface NaivePolicy { readonly muted: readonly AuthorId[], readonly moderators: readonly AuthorId[], readonly hidden: readonly string[], readonly folded: readonly string[], readonly reader?: AuthorId }

const judge = ({ labels }: Naive, { item, author }: ItemView, policy: NaivePolicy | null): Judgement => {
  if (policy === null) return { treatment: 'show', labels: [] }
  const followed = (labels.get(item) ?? []).filter(({ author }) => policy.moderators.includes(author)).sort((a, b) => b.labelledMs - a.labelledMs || compare(a.author, b.author))
  const treatment: Treatment = policy.muted.includes(author) || followed.some(({ label }) => policy.hidden.includes(label)) ? 'hide'
    : followed.some(({ label }) => policy.folded.includes(label)) ? 'fold' : 'show'
  return { treatment: treatment === 'hide' && author === policy.reader ? 'fold' : treatment, labels: followed }
}
const judged = <T extends ItemView>(naive: Naive, view: T, policy: NaivePolicy | null): T & Judgement => ({ ...view, ...judge(naive, view, policy) })
const shows = (naive: Naive, view: ItemView, policy: NaivePolicy | null): boolean => !view.deleted && judge(naive, view, policy).treatment !== 'hide'

export type NaiveCommentSort = 'best' | 'top' | 'new' | 'old' | 'controversial'
const controversy = (up: number, down: number): number => up > 0 && down > 0 ? (up + down) ** (up > down ? down / up : up / down) : 0

function answersTo ({ items }: Naive, parent: ItemId, sort: NaiveCommentSort): CommentView[] {
  const rank = ({ weightedUp: up, weightedDown: down, createdMs }: CommentView): number => ({
    best: Math.round(1e9 * wilson(up, down)), top: up - down, new: createdMs, old: -createdMs, controversial: Math.round(1e6 * controversy(up, down))
  })[sort]
  return [...items.values()].filter(view => view.kind === 'comment').filter(view => view.attached && view.parent === parent)
    .sort((a, b) => compare(rank(b), rank(a)) || b.createdMs - a.createdMs || compare(a.contentId, b.contentId) || compare(a.item, b.item))
}

/** `withGaps`: whether a deleted comment without anything shown below it is listed. */
export function naiveThread (naive: Naive, root: ItemId, sort: NaiveCommentSort, policy: NaivePolicy | null = null, withGaps = true): ThreadNode[] | undefined {
  const parent = naive.items.get(root)
  if (parent === undefined || (parent.kind === 'comment' && !parent.attached)) return undefined
  const shownBelow = (item: ItemId): number => answersTo(naive, item, 'new').reduce((sum, answer) => sum + (shows(naive, answer, policy) ? 1 : 0) + shownBelow(answer.item), 0)
  const isListed = (answer: CommentView): boolean => shows(naive, answer, policy) || shownBelow(answer.item) > 0 || (withGaps && answer.deleted)
  const below = (of: ItemId, depth: number): ThreadNode[] => answersTo(naive, of, sort).flatMap(answer => !isListed(answer) ? [] : [{ ...judged(naive, answer, policy), depth, below: shownBelow(answer.item) }, ...below(answer.item, depth + 1)])
  return below(root, 0)
}

/** Follows every cursor; each comment with its depth as if the thread had been listed whole. */
export function followed (ask: (item: ItemId, after?: string) => { items: CommentNode[], next: string | null } | undefined, root: ItemId): ThreadNode[] {
  const answers = (item: ItemId, depth: number, after?: string): ThreadNode[] => {
    const page = ask(item, after)
    if (page === undefined) throw new Error(`${item} is not listed`)
    const nodes: ThreadNode[] = []
    // Behind the last node of a subtree come the answers that its cursor leads to, innermost first.
    const open: CommentNode[] = []
    const close = (until: number): void => {
      while (open.length > until) {
        const node = open.pop()
        if (node !== undefined && node.next !== null) nodes.push(...answers(node.item, depth + node.depth + 1, node.next))
      }
    }
    for (const node of page.items) {
      close(node.depth)
      open.push(node)
      const { next: _next, ...shown } = node
      nodes.push({ ...shown, depth: depth + node.depth })
    }
    close(0)
    return page.next === null ? nodes : [...nodes, ...answers(item, depth, page.next)]
  }
  return answers(root, 0)
}

export type NaiveFeedSort = 'top' | 'new' | 'hot' | 'rising' | 'controversial'
const DAY_MS = 86_400_000

export function naiveFeed (shards: readonly Naive[], sort: NaiveFeedSort, windowMs: number, nowMs: number, policy: NaivePolicy | null = null): JudgedPost[] {
  const rank = ({ weightedUp, weightedDown, createdMs }: ItemView): number => {
    const score = weightedUp - weightedDown
    return {
      top: Math.round(score * 10_000),
      new: createdMs,
      hot: Math.round(1e6 * (Math.sign(score) * Math.log10(Math.max(Math.abs(score), 1)) + createdMs / 1000 / 45000)),
      rising: Math.round(1e6 * score / (Math.max(0, (nowMs - createdMs) / 3_600_000) + 2)),
      controversial: Math.round(1e6 * controversy(weightedUp, weightedDown))
    }[sort]
  }
  const fromMs = nowMs - (sort === 'top' || sort === 'controversial' ? windowMs : sort === 'rising' ? DAY_MS : Infinity)
  return shards.flatMap(naive => [...naive.items.values()].filter(view => view.kind === 'post').filter(view => shows(naive, view, policy)).map(view => judged(naive, view, policy)))
    .filter(view => view.createdMs <= nowMs + 600_000 && view.createdMs >= fromMs && (sort !== 'rising' || rank(view) > 0))
    .sort((a, b) => compare(rank(b), rank(a)) || inOrder(a, b))
}

const inOrder = (a: ItemView, b: ItemView): number => b.createdMs - a.createdMs || compare(a.contentId, b.contentId) || compare(a.item, b.item) || compare(a.community, b.community) || a.period - b.period

export function naiveAuthored (shards: readonly Naive[], author: AuthorId, sort: 'new' | 'top', kind: 'posts' | 'comments' | 'all', nowMs: number, policy: NaivePolicy | null = null): JudgedItem[] {
  return shards.flatMap(naive => [...naive.items.values()].filter(view => view.author === author && shows(naive, view, policy)).map(view => judged(naive, view, policy)))
    .filter(view => view.createdMs <= nowMs + 600_000 && (view.kind === 'post' ? kind !== 'comments' : view.attached && kind !== 'posts'))
    .sort((a, b) => (sort === 'top' ? compare(b.weightedUp - b.weightedDown, a.weightedUp - a.weightedDown) : 0) || inOrder(a, b))
}

export function naiveNotifications (shards: readonly Naive[], author: AuthorId, readUntilMs: number, nowMs: number, policy: NaivePolicy | null = null): NotificationItem[] {
  return shards.flatMap(naive => [...naive.items.values()].filter(view => view.kind === 'comment').flatMap((view): NotificationItem[] => {
    if (!view.attached || view.author === author || view.createdMs > nowMs + 600_000 || !shows(naive, view, policy)) return []
    const isReply = naive.items.get(view.parent)?.author === author
    if (!isReply && !view.mentions.includes(author)) return []
    return [{ reason: isReply ? 'reply' : 'mention', comment: judged(naive, view, policy), unread: view.createdMs > readUntilMs }]
  })).sort((a, b) => inOrder(a.comment, b.comment))
}
