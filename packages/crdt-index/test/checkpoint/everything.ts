// All that a reader can see of an index, in plain form, so that two can be compared.
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { bytesToHex } from '../../src/identity/encoding.ts'
import type { AuthorId, EntryValue } from '../../src/model.ts'

const ALL = 1000
/** Some weights, so that it shows who voted how. */
const weightOf = (author: AuthorId): number => Number.parseInt(author.slice(0, 2), 16) / 16

/** Bytes are alike whatever subclass of Uint8Array holds them. */
function spell (part: EntryValue[number]): unknown {
  return part instanceof Uint8Array ? bytesToHex(part) : Array.isArray(part) ? part.map(spell) : part
}

export async function everything (index: CrdtIndex, authors: readonly AuthorId[]): Promise<string> {
  const seen: unknown[] = []
  for (const { address, joinedAtMs: _, ...info } of index.communities()) {
    const { digest, posts, comments, authors: count } = index.status(address)
    seen.push(info, digest, posts, comments, count, index.moderators(address))
    for (const author of authors) {
      seen.push(index.profile(address, author), index.authored({ author, limit: ALL }), index.notifications({ author, limit: ALL }))
      const entries: string[] = []
      for await (const { value, ...entry } of index.entries(author)) entries.push(JSON.stringify({ ...entry, value: value.map(spell) }))
      seen.push(entries.sort()) // their order is nobody's promise
    }
  }
  for (const sort of ['top', 'new'] as const) seen.push(index.feed({ sort, window: 'all', limit: ALL, weightOf: sort === 'top' ? weightOf : null }))
  for (const { community, period, item } of index.feed({ sort: 'new', window: 'all', limit: ALL }).items) {
    const place = { community, period, item }
    const thread = index.thread(place, 'new', { weightOf })
    seen.push(thread, index.labels(place), index.revisions(place))
    for (const node of thread ?? []) seen.push(index.labels({ ...place, item: node.item }), index.revisions({ ...place, item: node.item }), index.find(node.contentId), index.findRevision(node.contentId))
  }
  return JSON.stringify(seen)
}

/** Where two of them begin to differ, or null. */
export function firstDifference (one: string, other: string): string | null {
  if (one === other) return null
  let at = 0
  while (one[at] === other[at]) at++
  const from = Math.max(0, at - 200)
  return `${one.slice(from, at + 100)}\n  instead of\n${other.slice(from, at + 100)}`
}
