// One Seedbed node: the author who watches and the reader who votes are both this program.
import { createNode, type LiveQuery, type SeedbedNode } from '@seedbed/core'
import { answer, sharedNowMs } from '../support/child.ts'
import { until } from '../support/until.ts'

/** `shownMs`: when, by the clock that all processes share. */
export interface Rendering { readonly liveMs: number, readonly onceMs: number, readonly shownMs: number }

let node: SeedbedNode | null = null
let ids: string[] = []

function theNode (): SeedbedNode {
  if (node === null) throw new Error('not started')
  return node
}

async function timed (work: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now()
  await work()
  return performance.now() - beganMs
}

/** For every vote that arrives: from the node's event to the listener, and the same answer asked for anew. */
function watch<T> (query: LiveQuery<T>, ask: () => Promise<unknown>): { samples: Rendering[] } {
  const samples: Rendering[] = []
  let changedMs: number | null = null
  theNode().on('change', () => { changedMs ??= performance.now() })
  query.subscribe(() => {
    if (changedMs === null) return
    const liveMs = performance.now() - changedMs
    const shownMs = sharedNowMs()
    changedMs = null
    void timed(ask).then(onceMs => { samples.push({ liveMs, onceMs, shownMs }) })
  })
  return { samples }
}

let watched: { samples: Rendering[] } | null = null
let query: LiveQuery<unknown> | null = null

answer({
  async start (dataDir: string): Promise<string | undefined> {
    node = await createNode({ dataDir })
    return (await node.status()).addresses[0]
  },
  /** A community with posts, the first of them with comments. */
  async fill ({ posts, comments }: { posts: number, comments: number }): Promise<{ community: string, posts: readonly string[] }> {
    const { address } = await theNode().communities.create({ slug: 'bench' })
    for (let n = 0; n < posts; n++) ids.push((await theNode().posts.create({ community: address, title: `Post ${n}`, text: `The text of post ${n}` })).id)
    for (let n = 0; n < comments; n++) await theNode().comments.create({ parent: ids[0] ?? '', text: `The text of comment ${n}` })
    return { community: address, posts: ids }
  },
  async join ({ community, peer, posts }: { community: string, peer: string, posts: string[] }): Promise<void> {
    ids = posts
    await theNode().connect(peer)
    await theNode().communities.join(community)
    await until('all posts are listed', async () => (await theNode().feed({ limit: 1000 })).items.length === posts.length)
    for (const id of ids) await theNode().bodies.read(id)
  },
  /** When the call began, and when the signed vote was on the disk. */
  async vote ({ post, value }: { post: number, value: 'up' | 'down' }): Promise<{ beganMs: number, storedMs: number }> {
    let storedMs: number | null = null
    const off = theNode().on('change', () => { storedMs ??= sharedNowMs() })
    const beganMs = sharedNowMs()
    await theNode().votes[value](ids[post] ?? '')
    off()
    if (storedMs === null) throw new Error('a vote that changed nothing')
    return { beganMs, storedMs }
  },
  async watch (what: 'feed' | 'thread'): Promise<void> {
    query?.close()
    const live = what === 'feed' ? theNode().live.feed() : theNode().live.thread(ids[0] ?? '')
    watched = watch<unknown>(live, async () => what === 'feed' ? await theNode().feed() : await theNode().thread(ids[0] ?? ''))
    query = live
    await until('the first value is there', () => live.getSnapshot().state === 'ready')
  },
  /** The rendering of the n-th vote since `watch`, counted from 1. */
  async rendering (n: number): Promise<Rendering | undefined> {
    await until(`rendering ${n}`, () => (watched?.samples.length ?? 0) >= n, { everyMs: 1 })
    return watched?.samples[n - 1]
  }
})
