// test-timeout-ms: 90000
// A page of Chromium and a Node process in one swarm over WebRTC: each fetches what the other one seeds.
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

test('each fetches what the other one seeds, through a tracker on WebSockets', async () => {
  await using stack = new AsyncDisposableStack()
  const tracker = new TrackerServer({ http: false, udp: false, ws: true, stats: false }) as unknown as WebTracker
  await new Promise<void>(resolve => { tracker.listen(0, '127.0.0.1', resolve) })
  stack.defer(async () => { await new Promise<void>(resolve => { tracker.close(resolve) }) })
  const url = `ws://127.0.0.1:${tracker.ws.address().port}`

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

test.run()
