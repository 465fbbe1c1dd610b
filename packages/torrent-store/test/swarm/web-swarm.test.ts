// test-timeout-ms: 40000
// The swarm over WebRTC in Node: two of them, and what happens without the native part. Pages are in test/browser.
import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { constants, deflateRawSync } from 'node:zlib'
import { Server } from 'bittorrent-tracker'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, createWebSwarm, magnet, type TorrentStore, type TorrentStoreError, type WebSwarm, type WebSwarmOptions } from '../../src/index.ts'
import { fakePeer, randomBody, until } from '../bodies.ts'

const test = suite('web swarm in Node')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0).reverse()) await close() })

async function openStore (): Promise<TorrentStore> {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  closers.push(async () => { await store.close() })
  return store
}
function open (options: WebSwarmOptions): WebSwarm {
  const swarm = createWebSwarm(options)
  closers.push(async () => { await swarm.close() })
  return swarm
}
async function webTracker (): Promise<string> {
  const server = new Server({ http: true, udp: false, ws: true, stats: false, interval: 600_000 })
  await new Promise<void>(resolve => { server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, resolve) })
  closers.push(async () => { await new Promise<void>(resolve => { server.close(resolve) }) })
  return `ws://127.0.0.1:${server.http.address().port}`
}

test('one Node process finds over WebRTC what another swarm seeds, and the other way round', async () => {
  const trackers = [await webTracker()]
  const [one, two] = [await openStore(), await openStore()]
  const [alice, bob] = [open({ store: one, trackers }), open({ store: two, trackers })]
  const [first, second] = [randomBody(40_000), randomBody(65_536)]
  const [here, there] = [await one.put(first), await two.put(second)]
  await alice.seed(here.infoHash)
  await until(() => alice.hot()[0]?.announcedMs !== null)
  const fetched = await bob.fetch(magnet(here))
  assert.equal(Buffer.from(fetched.body), Buffer.from(first))
  assert.match(fetched.from, /^webrtc:/)
  await bob.seed(there.infoHash)
  await until(() => bob.hot()[0]?.announcedMs !== null)
  assert.equal(Buffer.from((await alice.fetch(there.infoHash)).body), Buffer.from(second))
})

test('a process that used and closed it ends by itself; without the native part it says UNSUPPORTED, and TCP works on', async () => {
  const tracker = await webTracker()
  for (const missing of ['', 'node-datachannel']) {
    const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'web-child.ts'), tracker, missing], { stdio: ['ignore', 'pipe', 'inherit'] })
    closers.push(async () => { child.kill('SIGKILL') })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
    const [code] = await once(child, 'close') as [number | null]
    assert.is(code, 0)
    assert.equal(JSON.parse(output), missing === '' ? { overRtc: 'fetched', overTcp: 'fetched' } : { overRtc: 'NOT_FOUND UNSUPPORTED', overTcp: 'fetched' })
  }
})

const tooLong: Record<string, { extension: string, frame: () => Buffer }> = {
  'text of 64 MiB': { extension: '', frame: () => Buffer.from([0x81, 127, 0, 0, 0, 0, 4, 0, 0, 0]) },
  'text that inflates to 8 MiB': {
    extension: 'sec-websocket-extensions: permessage-deflate\r\n',
    frame () {
      const packed = deflateRawSync(Buffer.alloc(8 << 20, 'x'), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
      return Buffer.concat([Buffer.from([0xc1, 126, packed.length >> 8, packed.length & 255]), packed])
    }
  }
}
for (const [name, { extension, frame }] of Object.entries(tooLong)) {
  test(`a tracker that says ${name} is hung up on`, async () => {
    let said = false
    const peer = await fakePeer(socket => {
      socket.once('data', request => {
        const key = /^sec-websocket-key: (.*)$/im.exec(request.toString('latin1'))?.[1]?.trim() ?? ''
        const accept = hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n${extension}sec-websocket-accept: ${accept}\r\n\r\n`)
        setTimeout(() => {
          said = true
          socket.write(frame())
        }, 50)
      })
    })
    closers.push(peer.close)
    const swarm = open({ store: await openStore(), trackers: [`ws://127.0.0.1:${peer.port}`] })
    const fetching = swarm.fetch('a'.repeat(40)).catch((error: unknown) => error)
    await until(() => said)
    await until(() => peer.sockets.size === 0)
    await swarm.close()
    assert.is((await fetching as TorrentStoreError).code, 'CLOSED')
  })
}

test('with no tracker that it could ask it says so', async () => {
  const store = await openStore()
  for (const trackers of [[], ['http://127.0.0.1:1/announce', 'x']]) {
    const error = await open({ store, trackers }).fetch('a'.repeat(40)).catch((thrown: unknown) => thrown) as TorrentStoreError
    assert.is(error.code, 'NOT_FOUND')
    assert.match((error.cause as Error).message, /no WebSocket tracker/)
  }
})

test.run()
