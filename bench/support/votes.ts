// The workload of the suites that need many votes: 1,000 authors with a post each and 100 votes each, in one month.
import { createCrdtIndex, createSigner, periodOf, type CommunityAddress, type ContentId, type ItemId, type Period, type Signer } from '@seedbed/crdt-index'
import { MemoryLevel } from 'memory-level'
import { createHash } from 'node:crypto'

export const AUTHORS = 1000
export const VOTES_EACH = 100
export const POSTS = 1000
export const VOTES: number = AUTHORS * VOTES_EACH

export interface PreparedVotes {
  /** Holds one index, as its close left it; its keys are those of `db.sublevel('index')` in a node's database. */
  readonly db: MemoryLevel
  readonly community: CommunityAddress
  readonly microsecondsAVote: number
}

export interface Ballot { readonly author: number, readonly post: number, readonly value: 1 | -1 }

/** One of 1,000 authors, the same in every run. */
export function signerOf (author: number): Signer {
  return createSigner(new Uint8Array(createHash('sha256').update(`bench author ${author}`).digest()))
}

/** Each author votes on 100 different posts of others, four up to one down. */
export function * ballots (): Generator<Ballot> {
  for (let author = 0; author < AUTHORS; author++) {
    for (let n = 0; n < VOTES_EACH; n++) yield { author, post: (author + 1 + n * 7) % POSTS, value: n % 5 === 4 ? -1 : 1 }
  }
}

/**
 * Writes all of it through the public interface, author after author, into memory, and closes the index. With twelve
 * months every twelfth post is of the same month, and so each author's votes lie in twelve documents instead of one.
 */
export async function prepareVotes (months: 1 | 12 = 1): Promise<PreparedVotes> {
  const db = new MemoryLevel()
  const startMs = Date.now() - 60_000
  const timeOf = (post: number): number => monthsBack(startMs, post % months) + post
  const periods: Period[] = Array.from({ length: POSTS }, (_, post) => periodOf(timeOf(post)))
  const index = await createCrdtIndex({ db: db.sublevel('index') })
  const signers = Array.from({ length: AUTHORS }, (_, author) => signerOf(author))
  const { address: community } = await index.create({ founder: signerOf(0), slug: 'bench' })
  const items: ItemId[] = []
  for (let post = 0; post < POSTS; post++) {
    const contentId = createHash('sha1').update(`bench post ${post}`).digest('hex') as ContentId
    items.push(await index.writer(signers[post % AUTHORS]!).post({ community, contentId, length: 500, title: `Post ${post}`, createdMs: timeOf(post) }))
  }
  const beganMs = performance.now()
  for (const { author, post, value } of ballots()) await index.writer(signers[author]!).vote({ community, period: periods[post]!, item: items[post]!, value })
  const microsecondsAVote = (performance.now() - beganMs) / VOTES * 1000
  await index.close()
  return { db, community, microsecondsAVote }
}

/** The same moment, or the middle of an earlier month. */
export function monthsBack (timeMs: number, months: number): number {
  const date = new Date(timeMs)
  return months === 0 ? timeMs : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 15)
}
