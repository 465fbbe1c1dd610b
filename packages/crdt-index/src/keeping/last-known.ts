// What is remembered of a month that is dropped: its best posts with their totals, and the local authors' own ones.
import { decode, encode } from '@ipld/dag-cbor'
import { MAX_LAST_KNOWN_LABELS, MAX_LAST_KNOWN_POSTS } from '../limits.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, contentIdOfBytes } from '../identity/ids.ts'
import type { AuthorId, DocumentEntries } from '../model.ts'
import type { PostView } from '../views/item-view.ts'
import type { Label } from '../views/labels.ts'
import { createRecalledView, type LastKnown, type LastKnownPost } from '../views/recalled-shard.ts'
import type { ShardView } from '../views/shard-view.ts'

const VERSION = 1

export interface Remembering {
  readonly asOfMs: number
  /** What stays of the month: the entries of the authors who write here. */
  readonly local: ReadonlyMap<AuthorId, DocumentEntries>
  /** All who write here, also those who wrote nothing in the month. Default: those of `local`. */
  readonly locals?: readonly AuthorId[]
  /** Whose labels go before others': the founder and those whom the founder names. */
  readonly moderators: ReadonlySet<AuthorId>
  /** Default MAX_LAST_KNOWN_POSTS: of the best ones, and of local ones beyond them. */
  readonly maxPosts?: number
}

/** The best posts by score, the newer of equal ones first, and local ones. */
export function lastKnownOf (live: ShardView, { asOfMs, local, locals = [...local.keys()], moderators, maxPosts = MAX_LAST_KNOWN_POSTS }: Remembering): LastKnown {
  const { rows } = live
  const score = (row: number): number => rows.up[row]! - rows.down[row]!
  const bestFirst = [...rows.posts.row.subarray(0, rows.posts.count)]
    .sort((a, b) => score(b) - score(a) || rows.createdMs[b]! - rows.createdMs[a]! || (rows.itemOf(a) < rows.itemOf(b) ? -1 : 1))
  const isOwn = (row: number): boolean => local.has(rows.authorOf(row))
  const listed = [...bestFirst.slice(0, maxPosts), ...bestFirst.slice(maxPosts).filter(isOwn).slice(0, maxPosts)]
  const views = listed.map(row => live.postOf(row))
  const posts = views.map((post): LastKnownPost => ({
    author: post.author,
    contentId: post.contentId,
    length: post.length,
    createdMs: post.createdMs,
    title: live.revisions(post.item)?.[0]?.title ?? post.title,
    edit: post.revision.editedMs === null ? null : { ...post.revision, editedMs: post.revision.editedMs },
    up: 0,
    down: 0,
    comments: 0,
    otherRevision: post.otherRevision,
    labels: labelsOf(live, post, moderators)
  }))
  // What local words add by themselves, as the month will be without the others.
  const left = createRecalledView({ community: live.community, period: live.period, lastKnown: { asOfMs, posts, locals }, local })
  return {
    asOfMs,
    locals,
    posts: posts.map((post, at) => {
      const view = views[at] as PostView
      const rest = left.item(view.item)
      return { ...post, up: view.up - (rest?.up ?? 0), down: view.down - (rest?.down ?? 0), comments: view.comments - (rest?.kind === 'post' ? rest.comments : 0) }
    })
  }
}

function labelsOf (live: ShardView, { item }: PostView, moderators: ReadonlySet<AuthorId>): Label[] {
  const labels = live.labels(item)
  return [...labels.filter(({ author }) => moderators.has(author)), ...labels.filter(({ author }) => !moderators.has(author))].slice(0, MAX_LAST_KNOWN_LABELS)
}

export function encodeLastKnown ({ asOfMs, posts, locals }: LastKnown): Uint8Array {
  return encode([VERSION, asOfMs, posts.map(({ author, contentId, length, createdMs, title, edit, up, down, comments, otherRevision, labels }) => [
    hexToBytes(author), hexToBytes(contentId), length, createdMs, title,
    edit === null ? null : [hexToBytes(edit.contentId), edit.length, edit.editedMs, edit.title],
    up, down, comments, otherRevision,
    labels.map(label => [hexToBytes(label.author), label.label, label.reason, label.labelledMs])
  ]), ...locals === null ? [] : [locals.map(hexToBytes)]])
}

/** Null for what a later release may have written. The row is sealed: what has the version is what was written. */
export function decodeLastKnown (bytes: Uint8Array): LastKnown | null {
  const [version, asOfMs, posts, locals] = decode<[number, number, StoredPost[], Uint8Array[]?]>(bytes)
  if (version !== VERSION) return null
  return {
    asOfMs,
    locals: locals?.map(authorIdOfBytes) ?? null,
    posts: posts.map(([author, contentId, length, createdMs, title, edit, up, down, comments, otherRevision, labels]) => ({
      author: authorIdOfBytes(author), contentId: contentIdOfBytes(contentId), length, createdMs, title,
      edit: edit === null ? null : { contentId: contentIdOfBytes(edit[0]), length: edit[1], editedMs: edit[2], title: edit[3] },
      up, down, comments, otherRevision,
      labels: labels.map(([by, label, reason, labelledMs]) => ({ author: authorIdOfBytes(by), label, reason, labelledMs }))
    }))
  }
}

type StoredPost = [Uint8Array, Uint8Array, number, number, string, [Uint8Array, number, number, string | null] | null, number, number, number, number, Array<[Uint8Array, string, string, number]>]
