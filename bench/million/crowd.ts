// Who votes how often on what: authors by a power law, each author's votes spread evenly over the posts. The same in every
// run, and signed as devices sign it: a snapshot for each (author, month, part).
import { bytesToBase64url, createCrdtIndex, createSigner, encodeEnvelope, EnvelopeKind, hexToBytes, itemIdOf, periodOf, type CommunityAddress, type ContentId, type CrdtIndexOptions, type EntryValue, type ItemId, type Period, type RootName, type Signer } from '@seedbed/crdt-index'
import { createHash } from 'node:crypto'
import * as Y from 'yjs'
import { monthsBack } from '../support/votes.ts'

export interface Crowd {
  readonly authors: number
  readonly votes: number
  /** Each of another author, as far as there are as many. */
  readonly posts: number
  readonly comments: number
  /** The posts are spread over so many months, and so an author's votes over as many documents. */
  readonly months: number
}

export interface Ballot { readonly author: number, readonly post: number, readonly value: 1 | -1 }

export interface PreparedCrowd {
  readonly community: CommunityAddress
  readonly newest: Period
  /** Votes on posts of the newest month. */
  readonly newestVotes: number
  readonly envelopes: number
}

/** The n-th author casts a share of 1/n^0.55: of 10,000 authors and a million votes the busiest 7,200, the median 67. */
const EXPONENT = 0.55
/** As the index splits an author's documents. */
const PART_ENTRIES = 4000
const TEXT_BYTES = 500
const AT_ONCE = 100

/** Votes of each author, the busiest first; nobody votes twice on a post, nor on an own one. */
export function votesOfAuthors ({ authors, votes, posts }: Crowd): Uint32Array {
  const most = posts - Math.ceil(posts / authors)
  const shares = Array.from({ length: authors }, (_, rank) => (rank + 1) ** -EXPONENT)
  const sum = shares.reduce((total, share) => total + share, 0)
  const counts = Uint32Array.from(shares, share => Math.min(most, Math.floor(share / sum * votes)))
  let rest = votes - counts.reduce((total, count) => total + count, 0)
  for (let author = 0; rest > 0; author = (author + 1) % authors) {
    if (counts[author]! >= most) continue
    counts[author]!++
    rest--
  }
  return counts
}

/** The votes of one author, none of them on an own post: four up to one down. */
export function * ballotsOf (author: number, count: number, { posts, authors }: Crowd): Generator<Ballot> {
  const stride = strideOver(posts)
  for (let n = 0, at = author * 31; n < count; at += stride) {
    const post = at % posts
    if (post % authors !== author) yield { author, post, value: n++ % 5 === 4 ? -1 : 1 }
  }
}

/** About a golden section of the posts, and without a common divisor: a walk in such steps meets every post once. */
function strideOver (posts: number): number {
  const divisor = (a: number, b: number): number => b === 0 ? a : divisor(b, a % b)
  let stride = Math.max(1, Math.floor(posts * 0.618))
  while (divisor(stride, posts) !== 1) stride++
  return stride
}

export function signersOf ({ authors }: Crowd): Signer[] {
  return Array.from({ length: authors }, (_, author) => createSigner(new Uint8Array(createHash('sha256').update(`bench author ${author}`).digest())))
}

interface Listed { readonly contentId: ContentId, readonly item: ItemId, readonly author: number, readonly createdMs: number, readonly period: Period }

function listed (kind: 'post' | 'comment', n: number, signers: readonly Signer[], createdMs: number): Listed {
  const author = n % signers.length
  const contentId = createHash('sha1').update(`bench ${kind} ${n}`).digest('hex') as ContentId
  return { contentId, item: itemIdOf(signers[author]!.author, contentId), author, createdMs, period: periodOf(createdMs) }
}

/** Signs all of it and ingests it, as from a peer; closes the index. */
export async function prepareCrowd (db: CrdtIndexOptions['db'], crowd: Crowd): Promise<PreparedCrowd> {
  const nowMs = Date.now() - 60_000
  const seconds = Math.floor(nowMs / 1000)
  const signers = signersOf(crowd)
  const posts = Array.from({ length: crowd.posts }, (_, n) => listed('post', n, signers, monthsBack(nowMs, n % crowd.months)))
  const newest = periodOf(nowMs)
  const documents = signers.map(() => new Map<Period, Array<readonly [RootName, string, EntryValue]>>())
  const add = (author: number, period: Period, root: RootName, key: string, value: EntryValue): void => {
    const entries = documents[author]!.get(period)
    if (entries === undefined) documents[author]!.set(period, [[root, key, value]])
    else entries.push([root, key, value])
  }
  for (const [n, { author, period, contentId, createdMs }] of posts.entries()) add(author, period, 'posts', bytesToBase64url(hexToBytes(contentId)), [TEXT_BYTES, createdMs, `Post ${n}`])
  for (let n = 0; n < crowd.comments; n++) {
    const root = posts[(n * 7) % posts.length]!
    const { author, contentId } = listed('comment', n, signers, nowMs)
    const rootBytes = itemBytes(root.item)
    add(author, root.period, 'comments', bytesToBase64url(hexToBytes(contentId)), [TEXT_BYTES, nowMs, rootBytes, rootBytes])
  }
  let newestVotes = 0
  for (const [author, count] of votesOfAuthors(crowd).entries()) {
    for (const { post, value } of ballotsOf(author, count, crowd)) {
      const { item, period } = posts[post]!
      if (period === newest) newestVotes++
      add(author, period, 'votes', item, [value, seconds])
    }
  }

  const index = await createCrdtIndex({ db })
  const { address: community } = await index.create({ founder: signers[0]!, slug: 'bench' })
  let envelopes = 0
  let batch: Uint8Array[] = []
  const flush = async (): Promise<void> => {
    for (const verdict of await index.ingest(community, batch)) if (verdict.verdict !== 'accept') throw new Error(verdict.reason)
    envelopes += batch.length
    batch = []
  }
  for (const [author, signer] of signers.entries()) {
    for (const [period, entries] of documents[author]!) {
      for (let part = 0; part * PART_ENTRIES < entries.length; part++) {
        const update = updateOf(author + 1, entries.slice(part * PART_ENTRIES, (part + 1) * PART_ENTRIES))
        const device = author + 1
        const fields = { community, period, part, device, seq: 1, timeMs: nowMs + 1000, kind: EnvelopeKind.snapshot, seen: new Map([[device, 1]]), stamp: new Uint8Array(0) }
        batch.push(encodeEnvelope(fields, update, signer).bytes)
        if (batch.length === AT_ONCE) await flush()
      }
    }
  }
  await flush()
  await index.close()
  return { community, newest, newestVotes, envelopes }
}

function updateOf (client: number, entries: ReadonlyArray<readonly [RootName, string, EntryValue]>): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  doc.transact(() => { for (const [root, key, value] of entries) doc.getMap(root).set(key, value) })
  return Y.encodeStateAsUpdate(doc)
}

function itemBytes (item: ItemId): Uint8Array {
  return new Uint8Array(Buffer.from(item, 'base64url'))
}
