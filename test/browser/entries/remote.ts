// A tab of an app: opens the shared peer and keeps what it hears where the test can see it.
import { openPeer, type OpenPeerOptions, type RemoteNode } from '../../../packages/core/src/page.ts'
import type { FeedPage } from '../../../packages/core/src/node.ts'
import type { LiveQuery } from '../../../packages/core/src/queries/live/live-query.ts'

const scope = globalThis as typeof globalThis & { peer?: RemoteNode, feed?: LiveQuery<FeedPage>, spawned?: number, begun?: string }

export async function open (options: Partial<OpenPeerOptions> = {}): Promise<{ author: string, ms: number, workers: number }> {
  const startedMs = performance.now()
  scope.spawned = 0
  scope.peer = await openPeer({
    dataDir: 'test', network: false, torrent: false, ...options,
    worker () {
      scope.spawned = (scope.spawned ?? 0) + 1
      return new Worker('/remote-worker.js', { type: 'module' })
    }
  })
  return { author: scope.peer.author, ms: performance.now() - startedMs, workers: scope.spawned }
}

export function peer (): RemoteNode {
  if (scope.peer === undefined) throw new Error('not opened')
  return scope.peer
}

export function place (): string {
  const moment = peer().hosting.getSnapshot()
  return moment.state === 'ready' ? `${moment.value.place} ${moment.value.failure?.code ?? ''}`.trim() : moment.state
}

/** Watches the newest posts; `titles` says what is shown. */
export function watch (): void {
  scope.feed = peer().live.feed({ sort: 'new' })
  scope.feed.subscribe(() => {})
}

export function titles (): readonly string[] {
  const moment = scope.feed?.getSnapshot()
  return moment?.state === 'ready' ? moment.value.items.map(({ title }) => title) : []
}

export async function create (slug: string): Promise<string> {
  return (await peer().communities.create({ slug, difficulty: 0 })).address
}

/** Begins a write that takes far longer than the test: its proof of work. `begun` says how it ended. */
export function begin (): void {
  peer().communities.create({ slug: 'endless', difficulty: 32 }).then(
    () => { scope.begun = 'done' },
    (error: { code: string }) => { scope.begun = error.code })
}

export function begun (): string | null {
  return scope.begun ?? null
}

export async function post (community: string, title: string): Promise<{ id: string } | { code: string }> {
  return await peer().posts.create({ community, title, text: `Text of ${title}` }).then(({ id }) => ({ id }), (error: { code: string }) => ({ code: error.code }))
}

export async function close (): Promise<void> {
  await peer().close()
}

export async function addresses (): Promise<readonly string[]> {
  return (await peer().status()).addresses
}

export async function connect (address: string): Promise<void> {
  await peer().connect(address)
}

export async function join (community: string): Promise<void> {
  await peer().communities.join(community, { timeoutMs: 100 })
}

export async function peers (): Promise<ReadonlyArray<readonly [peerId: string, transports: readonly string[]]>> {
  return (await peer().peers()).map(({ peerId, transports }) => [peerId, transports])
}

export async function readNewest (): Promise<string | null> {
  const id = (await peer().feed({ sort: 'new' })).items[0]?.id
  return id === undefined ? null : (await peer().bodies.read(id)).text
}

export async function feedTitles (): Promise<readonly string[]> {
  return (await peer().feed({ sort: 'new' })).items.map(({ title }) => title)
}

/** Milliseconds: a call that does little in the mean; medians of posting, and from posting here until the live feed shows it here. */
export async function overhead (community: string): Promise<{ callMs: number, liveMs: number, postMs: number }> {
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
  // The browser's clock is too coarse for one call.
  const startMs = performance.now()
  for (let i = 0; i < 500; i++) await peer().communities.list()
  const callMs = (performance.now() - startMs) / 500
  const lives: number[] = []
  const posts: number[] = []
  using feed = peer().live.feed({ communities: [community], sort: 'new' })
  for (let i = 0; i < 20; i++) {
    const title = `overhead ${i}`
    const startMs = performance.now()
    const shown = new Promise<void>(resolve => {
      const end = feed.subscribe(() => {
        const moment = feed.getSnapshot()
        if (moment.state !== 'ready' || moment.value.items[0]?.title !== title) return
        end()
        resolve()
      })
    })
    await peer().posts.create({ community, title, text: 'x' })
    posts.push(performance.now() - startMs)
    await shown
    lives.push(performance.now() - startMs)
  }
  return { callMs, liveMs: median(lives), postMs: median(posts) }
}
