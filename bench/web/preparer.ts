// Writes the data folder of the seedbox: three communities by many authors, with every body.
import { createNode, openDatabase, serialiseBody, type CommunityAddress, type ContentId } from '@seedbed/core'
import { createCrdtIndex, createSigner, periodOf, type CrdtIndex, type ItemId, type Period, type Signer } from '@seedbed/crdt-index'
import { createTorrentStore, type TorrentStore } from '@seedbed/torrent-store'
import { MemoryLevel } from 'memory-level'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { answer } from '../support/child.ts'

const DAY_MS = 86_400_000
/** Posts are spread over these, as a community's are that somebody joins. */
const SPAN_MS: number = 10 * DAY_MS
const TEXT = 'What somebody has to say takes a few lines, and now and then a second paragraph. '.repeat(6).trim()
const POSTS_EACH = 10
const VOTES_EACH = 100
const COMMENTERS = 100

export interface FolderPlan {
  readonly folder: string
  /** Communities by name: so many posts, a tenth as many authors, ten votes a post. */
  readonly posts: Readonly<Record<string, number>>
  /** Comments of the one post of the community `thread`. */
  readonly comments: number
}

export interface PreparedCommunity {
  readonly address: CommunityAddress
  readonly posts: number
  readonly votes: number
  /** Scores of the first page of the feed, all time, best first. */
  readonly topScores: readonly number[]
}

export interface PreparedFolder { readonly communities: Readonly<Record<string, PreparedCommunity>>, readonly thread: { readonly address: CommunityAddress, readonly post: string, readonly comments: number } }

answer({
  async folder ({ folder, posts, comments }: FolderPlan): Promise<PreparedFolder> {
    await (await createNode({ dataDir: folder, network: false, torrent: false })).close()
    const db = new MemoryLevel()
    const index = await createCrdtIndex({ db: db.sublevel('index') })
    const torrents = await createTorrentStore({ db: db.sublevel('torrents') })
    const communities: Record<string, PreparedCommunity> = {}
    for (const [name, count] of Object.entries(posts)) communities[name] = await fillCommunity(index, torrents, name, count)
    const thread = await fillThread(index, torrents, comments)
    await index.close()
    await torrents.close()
    await copy(db, path.join(folder, 'db'))
    return { communities, thread }
  }
})

function signerOf (name: string): Signer {
  return createSigner(new Uint8Array(createHash('sha256').update(name).digest()))
}

async function fillCommunity (index: CrdtIndex, torrents: TorrentStore, slug: string, posts: number): Promise<PreparedCommunity> {
  const signers = Array.from({ length: posts / POSTS_EACH }, (_, author) => signerOf(`${slug} author ${author}`))
  const { address } = await index.create({ founder: signers[0]!, slug })
  const firstMs = Date.now() - SPAN_MS
  // Author after author, which is quickest to write; their times are those of authors who take turns.
  const items: Array<{ item: ItemId, period: Period }> = []
  for (const [author, signer] of signers.entries()) {
    const writer = index.writer(signer)
    for (let n = 0; n < POSTS_EACH; n++) {
      const createdMs = Math.floor(firstMs + (n * signers.length + author) * (SPAN_MS - 60_000) / posts)
      const title = `Post ${n} of author ${author} in ${slug}, with a title as long as titles are`
      const body = serialiseBody({ kind: 'post', author: signer.author, community: address, createdMs, title, text: `${author} ${n} ${TEXT}` }, bytes => signer.sign(bytes))
      const { contentId, length } = await putBody(torrents, body)
      items.push({ item: await writer.post({ community: address, contentId, length, title, createdMs }), period: periodOf(createdMs) })
    }
  }
  let votes = 0
  for (const [author, signer] of signers.entries()) { // four up to one down, on posts of others
    const writer = index.writer(signer)
    for (let n = 0; n < VOTES_EACH; n++) {
      const { item, period } = items[((author + 1) * POSTS_EACH + n * 7 % (posts - POSTS_EACH)) % posts]!
      await writer.vote({ community: address, period, item, value: n % 5 === 4 ? -1 : 1 })
    }
    votes += VOTES_EACH
  }
  const { items: top } = index.feed({ communities: [address], sort: 'top', window: 'all', limit: 40 })
  return { address, posts, votes, topScores: top.map(({ score }) => score) }
}

async function fillThread (index: CrdtIndex, torrents: TorrentStore, comments: number): Promise<PreparedFolder['thread']> {
  const signers = Array.from({ length: COMMENTERS }, (_, author) => signerOf(`thread author ${author}`))
  const [founder] = signers as [Signer]
  const { address } = await index.create({ founder, slug: 'thread' })
  const postMs = Date.now() - 3_600_000
  const period = periodOf(postMs)
  const title = 'A long thread'
  const post = await putBody(torrents, serialiseBody({ kind: 'post', author: founder.author, community: address, createdMs: postMs, title, text: TEXT }, bytes => founder.sign(bytes)))
  const root = await index.writer(founder).post({ community: address, contentId: post.contentId, length: post.length, title, createdMs: postMs })
  const written: Array<{ item: ItemId, contentId: ContentId }> = []
  for (let n = 0; n < comments; n++) { // every fourth answers one of the three before it
    const signer = signers[n % COMMENTERS]!
    const parent = n % 4 === 3 ? written[n - 2]! : { item: root, contentId: post.contentId }
    const createdMs = postMs + 1000 + n
    const { contentId, length } = await putBody(torrents, serialiseBody({ kind: 'comment', author: signer.author, community: address, createdMs, root: post.contentId, parent: parent.contentId, text: `${n} ${TEXT}` }, bytes => signer.sign(bytes)))
    written.push({ contentId, item: await index.writer(signer).comment({ community: address, period, contentId, length, createdMs, root, parent: parent.item }) })
  }
  return { address, post: post.contentId, comments }
}

async function putBody (torrents: TorrentStore, bytes: Uint8Array): Promise<{ contentId: ContentId, length: number }> {
  const { infoHash } = await torrents.put(bytes)
  return { contentId: infoHash as string as ContentId, length: bytes.length }
}

/** Written in memory first: a durable write a vote would take minutes. */
async function copy (from: MemoryLevel, location: string): Promise<void> {
  const to = (await openDatabase(location)) as unknown as MemoryLevel<Uint8Array, Uint8Array>
  const encodings = { keyEncoding: 'view', valueEncoding: 'view' } as const
  let rows: Array<{ type: 'put', key: Uint8Array, value: Uint8Array }> = []
  for await (const [key, value] of from.iterator<Uint8Array, Uint8Array>(encodings)) {
    rows.push({ type: 'put', key, value })
    if (rows.length < 1000) continue
    await to.batch(rows, encodings)
    rows = []
  }
  await to.batch(rows, encodings)
  await to.close()
}
