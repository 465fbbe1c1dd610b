// Author states, and views that were told of them change by change.
import { bytesToHex, bytesToBase64url, hexToBytes } from '../../src/identity/encoding.ts'
import { bytesOfItemId, contentIdOfBytes, itemIdOf, parseAuthorId, parseCommunityAddress } from '../../src/identity/ids.ts'
import type { AuthorId, CommunityAddress, ContentId, EntryChange, EntryValue, ItemId, Period, RootName } from '../../src/model.ts'
import { NONE } from '../../src/views/columns.ts'
import type { ThreadNode } from '../../src/views/item-view.ts'
import { createJudges } from '../../src/views/policy.ts'
import { createShardView, type ShardView } from '../../src/views/shard-view.ts'
import { listThread, type CommentSort } from '../../src/views/thread.ts'

export interface Write { readonly root: RootName, readonly key: string, readonly value: EntryValue | undefined }
export type AuthorState = Map<RootName, Map<string, EntryValue>>

export const authorNumber = (n: number): AuthorId => parseAuthorId(bytesToHex(new Uint8Array(32).fill(n + 1)))
export const communityNumber = (n: number): CommunityAddress => parseCommunityAddress(bytesToHex(new Uint8Array(32).fill(n + 100)))

/** Content ids share their first bytes, so that whatever hashes by them collides. */
export function contentNumber (n: number): { readonly id: ContentId, readonly key: string, readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(16, n)
  return { id: contentIdOfBytes(bytes), key: bytesToBase64url(bytes), bytes }
}

export const itemNumber = (author: number, content: number): ItemId => itemIdOf(authorNumber(author), contentNumber(content).id)
export const itemBytes = (item: ItemId): Uint8Array => bytesOfItemId(item)

export class World {
  readonly community: CommunityAddress
  readonly period: Period
  readonly states = new Map<AuthorId, AuthorState>()
  readonly view: ShardView

  constructor (period: Period = 202402, community: CommunityAddress = communityNumber(0)) {
    this.period = period
    this.community = community
    this.view = createShardView({ community, period })
  }

  /** The whole thread of a listed post, as somebody without a policy sees it. */
  thread (root: ItemId, sort: CommentSort = 'best'): ThreadNode[] | undefined {
    const row = this.view.rowOf(root)
    return row === NONE || this.view.item(root)?.kind !== 'post' ? undefined : listThread(this.view, row, sort, createJudges(undefined, () => [])(this.view))
  }

  /** Changes the author's state, tells the view, and returns the writes that take it back. */
  write (author: AuthorId, writes: readonly Write[]): Write[] {
    const state: AuthorState = this.states.get(author) ?? new Map()
    this.states.set(author, state)
    const before = new Map<string, Write>()
    for (const { root, key, value } of writes) {
      const entries = state.get(root) ?? new Map<string, EntryValue>()
      state.set(root, entries)
      if (!before.has(`${root}/${key}`)) before.set(`${root}/${key}`, { root, key, value: entries.get(key) })
      if (value === undefined) entries.delete(key)
      else entries.set(key, value)
    }
    const current = (root: RootName, key: string): EntryValue | undefined => state.get(root)?.get(key)
    const changes: EntryChange[] = [...before.values()].map(({ root, key, value }) => ({ root, key, before: value, after: current(root, key) }))
    this.view.apply(author, changes, current)
    return [...before.values()]
  }
}

export const post = (content: number, createdMs: number, title = `title ${content}`, length = 100 + content): Write =>
  ({ root: 'posts', key: contentNumber(content).key, value: [length, createdMs, title] })
export const comment = (content: number, createdMs: number, root: ItemId, parent: ItemId, mentions: readonly AuthorId[] = []): Write => {
  const value: EntryValue = [200 + content, createdMs, itemBytes(root), itemBytes(parent)]
  return { root: 'comments', key: contentNumber(content).key, value: mentions.length === 0 ? value : [...value, mentions.map(hexToBytes)] }
}
export const vote = (item: ItemId, value: number, revision?: number): Write =>
  ({ root: 'votes', key: item, value: revision === undefined ? [value, 1000] : [value, 1000, contentNumber(revision).bytes] })
export const edit = (revision: number, item: ItemId, editedMs: number, title: string | null = null): Write =>
  ({ root: 'edits', key: contentNumber(revision).key, value: [itemBytes(item), 300 + revision, editedMs, title] })
export const label = (item: ItemId, name: string, reason = '', seconds = 1000): Write => ({ root: 'labels', key: item, value: [name, reason, seconds] })
export const deletion = (item: ItemId): Write => ({ root: 'deletions', key: item, value: [1000] })
export const gone = ({ root, key }: Write): Write => ({ root, key, value: undefined })
