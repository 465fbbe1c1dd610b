// A WebTorrent client with uTP (utp-native, libutp) against our listener and our dialling: another implementation of BEP 29.
import type { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import WebTorrent from 'webtorrent'
import { createMemoryBlobs, createTorrentStore, utpCandidate, type TorrentStore } from '../../src/index.ts'
import { randomBody } from '../bodies.ts'

const test = suite('listener and WebTorrent')
let store: TorrentStore
test.before.each(async () => { store = await createTorrentStore({ db: createMemoryBlobs() }) })
test.after.each(async () => { await store.close() })

interface Client {
  readonly torrentPort: number
  add (torrent: string | Uint8Array, options: { path: string }): EventEmitter & { addPeer (peer: string): boolean }
  destroy (done: () => void): void
}

function newClient (options: { secure?: number }): Client {
  const Constructor = WebTorrent as unknown as new (options: object) => Client
  return new Constructor({ dht: false, tracker: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, ...options })
}

test('a WebTorrent client, which tries uTP first, gets a body over it, plain and encrypted', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-utp-'))
  const body = randomBody(60_000)
  const { infoHash } = await store.put(body)
  const listener = await store.listen()
  for (const secure of [0, 1, 2]) {
    const client = newClient({ secure })
    try {
      const torrent = client.add(`magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${listener.port}`, { path: path.join(folder, String(secure)) })
      const types: unknown[] = []
      torrent.on('wire', (wire: { type: string }) => { types.push(wire.type) })
      await new Promise<void>(resolve => { torrent.once('done', () => { resolve() }) })
      assert.is(types[0], 'utpOutgoing')
    } finally {
      await new Promise<void>(resolve => { client.destroy(() => { resolve() }) })
    }
  }
  rmSync(folder, { recursive: true })
})

test('a body comes over uTP from a WebTorrent client that seeds it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedbed-utp-'))
  const body = randomBody(60_000)
  const ref = await store.put(body)
  const client = newClient({})
  try {
    const torrent = client.add(Buffer.from(await store.torrentFile(ref.infoHash)), { path: folder })
    const listener = await store.listen()
    torrent.addPeer(`127.0.0.1:${listener.port}`)
    await new Promise<void>(resolve => { torrent.once('done', () => { resolve() }) })
    const port = client.torrentPort
    for (const encrypt of [false, true]) {
      const fetched = await store.fetch(ref, { candidates: [utpCandidate('127.0.0.1', port, { encrypt })] })
      assert.ok(Buffer.from(fetched.body).equals(body))
    }
  } finally {
    await new Promise<void>(resolve => { client.destroy(() => { resolve() }) })
    rmSync(folder, { recursive: true })
  }
})

test.run()
