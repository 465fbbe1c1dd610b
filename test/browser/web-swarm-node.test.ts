// test-timeout-ms: 600000
// A page of Chromium and a Node process in one swarm over WebRTC: each fetches what the other one seeds.
import { createNode } from '@seedbed/core'
import { createMemoryBlobs, createTorrentStore, createWebSwarm } from '@seedbed/torrent-store'
import { Server as TrackerServer } from 'bittorrent-tracker'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type * as Calls from './entries/torrent-store.ts'
import { bundle, openProfile, serveFolder, temporaryFolder } from './harness.ts'

const test = suite('web swarm between Node and a page')

interface WebTracker { listen (port: number, host: string, done: () => void): void, close (done: () => void): void, readonly ws: { address (): AddressInfo } }

/** A tracker on WebSockets; its URL. */
async function webTracker (stack: AsyncDisposableStack): Promise<string> {
  const tracker = new TrackerServer({ http: false, udp: false, ws: true, stats: false }) as unknown as WebTracker
  await new Promise<void>(resolve => { tracker.listen(0, '127.0.0.1', resolve) })
  stack.defer(async () => { await new Promise<void>(resolve => { tracker.close(resolve) }) })
  return `ws://127.0.0.1:${tracker.ws.address().port}`
}

test('each fetches what the other one seeds, through a tracker on WebSockets', async () => {
  await using stack = new AsyncDisposableStack()
  const url = await webTracker(stack)

  const { folder } = stack.use(await temporaryFolder())
  await bundle({ 'torrent-store': path.join(import.meta.dirname, 'entries/torrent-store.ts') }, folder, { minify: false })
  const server = stack.use(await serveFolder(folder))
  const page = await stack.use(await openProfile()).open(server.url)
  type Named = Pick<typeof Calls, 'open' | 'join' | 'seed' | 'announced' | 'fetch'>
  async function inPage<Name extends keyof Named> (name: Name, ...given: Parameters<Named[Name]>): Promise<Awaited<ReturnType<Named[Name]>>> {
    const answer: unknown = await page.evaluate(async ({ name, given }) => {
      const calls = await import(`${location.origin}/torrent-store.js`) as Record<string, (...given: unknown[]) => unknown>
      return await calls[name]?.(...given)
    }, { name, given })
    return answer as never
  }

  const store = stack.use(await createTorrentStore({ db: createMemoryBlobs() }))
  const swarm = stack.use(createWebSwarm({ store, trackers: [url] }))
  const ours = await store.put(Buffer.from('from Node'))
  await swarm.seed(ours.infoHash)
  while (swarm.hot()[0]?.announcedMs === null) await new Promise(resolve => { setTimeout(resolve, 10) })
  await inPage('open', 'node-swarm')
  await inPage('join', [url])
  assert.is(await inPage('fetch', ours.infoHash, 60_000), 'from Node')

  const theirs = await inPage('seed', 'from the page')
  while (!(await inPage('announced')).includes(theirs.infoHash)) await new Promise(resolve => { setTimeout(resolve, 50) })
  const fetched = await swarm.fetch(theirs.infoHash, { timeoutMs: 60_000 })
  assert.is(Buffer.from(fetched.body).toString(), 'from the page')
  assert.match(fetched.from, /^webrtc:/)
})

test('a node that names such a tracker seeds over WebRTC what it writes, and another one imports it', async () => {
  await using stack = new AsyncDisposableStack()
  const torrent = { trackers: [await webTracker(stack)] }
  const { folder } = stack.use(await temporaryFolder())
  const [ann, bob] = await Promise.all(['ann', 'bob'].map(async name => stack.use(await createNode({ dataDir: path.join(folder, name), network: false, torrent }))))
  assert.ok(ann !== undefined && bob !== undefined)
  const { address } = await ann.communities.create({ slug: 'gardens', title: 'Gardens', difficulty: 0 })
  const { id } = await ann.posts.create({ community: address, title: 'Seat by seat', text: 'from one process to another' })
  const imported = await bob.import(id, { timeoutMs: 60_000 })
  assert.is(imported.text, 'from one process to another')
  assert.match(imported.from, /^webrtc:/)
})

test.run()
