// A WebTorrent client keeps the connections of its finished torrents open, and dials again as often as they are closed.
import type { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import WebTorrent from 'webtorrent'
import { createMemoryBlobs, createTorrentStore } from '../../src/index.ts'
import { randomBody } from '../bodies.ts'

const test = suite('a crowd of WebTorrent torrents')
const SEATS = 6
const TORRENTS = 10
/** WebTorrent dials again after 1, 5 and 15 seconds. */
const PATIENCE_MS = 40_000

interface Client {
  add (torrent: string, options: { path: string }): EventEmitter
  destroy (done: () => void): void
}

test('a client with more torrents than an address may have connections gets them all', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-crowd-'))
  const store = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxConnectionsPerAddress: SEATS } })
  const refs = await store.putMany(Array.from({ length: TORRENTS }, () => randomBody(1000)))
  const listener = await store.listen({ utp: false })
  const client = new (WebTorrent as unknown as new (options: object) => Client)({ dht: false, tracker: false, lsd: false, utp: false, utPex: false, natUpnp: false, natPmp: false, secure: 0 })
  let most = 0
  let impatience: NodeJS.Timeout | undefined
  try {
    const missing = new Promise<never>((_resolve, reject) => { impatience = setTimeout(() => { reject(new Error('bodies are missing')) }, PATIENCE_MS) })
    await Promise.race([missing, Promise.all(refs.map(async ({ infoHash }) => {
      const torrent = client.add(`magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${listener.port}`, { path: folder })
      await new Promise<void>(resolve => { torrent.once('done', () => { resolve() }) })
      most = Math.max(most, listener.connections)
    }))])
    assert.ok(most <= SEATS)
  } finally {
    clearTimeout(impatience)
    await new Promise<void>(resolve => { client.destroy(() => { resolve() }) })
    await store.close()
    rmSync(folder, { recursive: true })
  }
})

test.run()
