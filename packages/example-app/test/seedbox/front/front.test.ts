import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocketServer } from 'ws'
import { createFront } from '../../../src/seedbox/front/front.ts'
import { BURST_UPGRADES, MAX_CONNECTIONS_PER_ADDRESS } from '../../../src/seedbox/limits.ts'
import { mutedUpgrade, rawClient, until } from '../socket-server.ts'
import { ask, startFront } from './front-harness.ts'

/** Far longer than this process is ever held up between a connection and its request, or an honest one is hung up on. */
const PATIENCE_MS = 2000
const test = suite('seedbox front')

/** Stands for libp2p's listener: sends back what it gets, and the headers it saw first. */
async function echoPeer (): Promise<{ readonly port: number, readonly open: () => number } & AsyncDisposable> {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  server.on('connection', (socket, request) => {
    socket.send(JSON.stringify(request.headers))
    socket.on('error', () => {})
    socket.on('message', data => { socket.send(data, { binary: false }) })
  })
  await new Promise<void>(resolve => { http.listen(0, '127.0.0.1', resolve) })
  return {
    port: (http.address() as AddressInfo).port, open: () => server.clients.size,
    async [Symbol.asyncDispose] () {
      for (const client of server.clients) client.terminate()
      await new Promise(resolve => { http.close(resolve) })
    }
  }
}

async function open (port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Until the other side ended it. */
async function ended (socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
}

async function refusal (url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const client = await rawClient(url, { headers }).catch((error: unknown) => error as Error)
  if (client instanceof Error) return client.message
  client.socket.terminate()
  return 'opened'
}

test('libp2p, tracker and signalling share the port', async () => {
  await using peer = await echoPeer()
  await using under = await startFront()
  const url = `ws://127.0.0.1:${under.front.port}`
  assert.is((await ask(under.front.port, '/seedbed.json')).status, 503)
  assert.match(await refusal(url), /: 503$/)
  under.front.setPeer({ peerId: '12D3KooWexample', webSocketPort: peer.port })
  const about = await ask(under.front.port, '/seedbed.json')
  assert.equal(JSON.parse(about.body.toString()), { version: 1, peerId: '12D3KooWexample' })
  assert.is(about.headers['cache-control'], 'no-store')

  const piped = await rawClient(url, { headers: { cookie: 'secret', 'x-forwarded-for': '192.0.2.1' } })
  piped.send({ hello: 'x'.repeat(100_000) })
  await until(() => piped.got.length === 2, 'the peer answers')
  assert.equal(Object.keys(piped.got[0] as object).sort(), ['connection', 'host', 'sec-websocket-key', 'sec-websocket-version', 'upgrade'])
  assert.equal(piped.got[1], { hello: 'x'.repeat(100_000) })
  piped.socket.terminate()
  await until(() => peer.open() === 0, 'the peer\'s side ends too')

  const signal = await rawClient(`${url}/signal`)
  signal.send({ type: 'ping' })
  await until(() => signal.got.length === 1, 'signalling answers')
  const tracker = await rawClient(`${url}/tracker`)
  tracker.send({ action: 'announce', info_hash: 'a'.repeat(20), peer_id: 'b'.repeat(20), left: 0 })
  await until(() => tracker.got.length === 1, 'the tracker answers')
  assert.match(await refusal(`${url}/other`), /: 404$/)
})

test('only own names are answered, and only own pages get what is theirs', async () => {
  await using peer = await echoPeer()
  await using under = await startFront({ publicUrl: new URL('https://box.example/') })
  const { port } = under.front
  under.front.setPeer({ peerId: 'x', webSocketPort: peer.port })
  for (const host of ['127.0.0.1:1', '[::1]', 'localhost', 'box.example', 'app.localhost:80', '192.0.2.1']) assert.is((await ask(port, '/seedbed.json', { headers: { host } })).status, 200, host)
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example', '127.0.0.1@evil.example', 'evil.example#127.0.0.1', 'box.example.']) {
    assert.is((await ask(port, '/seedbed.json', { headers: { host } })).status, 421, host)
    assert.is((await ask(port, '/', { headers: { host } })).status, 421, host)
    assert.match(await refusal(`ws://127.0.0.1:${port}/`, { host }), /: 421$/, host)
  }
  const host = `127.0.0.1:${port}`
  assert.is((await ask(port, '/seedbed.json', { headers: { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' } })).status, 200)
  assert.is((await ask(port, '/seedbed.json', { headers: { host, origin: 'http://evil.example' } })).status, 403)
  assert.is((await ask(port, '/seedbed.json', { headers: { host, 'sec-fetch-site': 'cross-site' } })).status, 403)
  assert.is((await ask(port, '/pair', { method: 'POST', headers: { host, origin: 'null', 'content-type': 'application/json' }, body: '{"token":"x"}' })).status, 403)
})

test('a front of this machine keeps to pages of this machine, one with a public name serves pages of all seedboxes', async () => {
  await using peer = await echoPeer()
  await using local = await startFront()
  await using open = await startFront({ publicUrl: new URL('https://box.example') })
  for (const { front } of [local, open]) front.setPeer({ peerId: 'x', webSocketPort: peer.port })
  for (const path of ['/', '/signal', '/tracker']) {
    assert.match(await refusal(`ws://127.0.0.1:${local.front.port}${path}`, { origin: 'https://elsewhere.example' }), /: 403$/, path)
    assert.is(await refusal(`ws://127.0.0.1:${local.front.port}${path}`, { origin: 'http://localhost:5173' }), 'opened', path)
    assert.is(await refusal(`ws://127.0.0.1:${open.front.port}${path}`, { origin: 'https://elsewhere.example' }), 'opened', path)
  }
})

test('one address cannot take all connections, whatever it leaves idle', async () => {
  await using under = await startFront({ requestTimeoutMs: PATIENCE_MS })
  const { port } = under.front
  const sockets = await Promise.all(Array.from({ length: 500 }, async () => await open(port)))
  for (const socket of sockets) socket.resume()
  const gone = (): number => sockets.filter(({ closed }) => closed).length // some of them before the last one was open
  await until(() => gone() >= 500 - MAX_CONNECTIONS_PER_ADDRESS, 'those above the bound are refused')
  await until(() => gone() === 500, 'the silent ones are dropped')
  assert.is((await ask(port, '/')).status, 200)
})

test('what is sent byte by byte, or in pieces for ever, ends', async () => {
  await using under = await startFront({ requestTimeoutMs: PATIENCE_MS })
  const slow = await open(under.front.port)
  slow.write('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n')
  const drip = setInterval(() => { slow.write('x: y\r\n') }, 50)
  await ended(slow)
  clearInterval(drip)
  const body = await open(under.front.port)
  body.write('POST /pair HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{')
  await ended(body)
  const giant = await open(under.front.port)
  giant.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
  await ended(giant)
  assert.is((await ask(under.front.port, '/pair', { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"token":"${'x'.repeat(5000)}"}` })).status, 400)
  const garbage = await open(under.front.port)
  garbage.write(Buffer.from(Array.from({ length: 1000 }, (_, at) => at * 7 % 256)))
  await ended(garbage)
  assert.is((await ask(under.front.port, '/')).status, 200)
})

test('half a handshake, a silent WebSocket and one whose peer is gone leave nothing behind', async () => {
  await using peer = await echoPeer()
  await using under = await startFront({ requestTimeoutMs: PATIENCE_MS })
  const { front } = under
  front.setPeer({ peerId: 'x', webSocketPort: peer.port })
  const half = await open(front.port)
  half.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1:${front.port}\r\nupgrade: websocket\r\nconnection: upgrade\r\n`)
  await ended(half)
  const noKey = await open(front.port)
  noKey.write(`GET / HTTP/1.1\r\nhost: 127.0.0.1:${front.port}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: no\r\n\r\n`)
  await ended(noKey)
  const silent = await mutedUpgrade(front.port)
  await until(() => peer.open() === 1, 'it is piped')
  silent.end() // half of it
  await until(() => peer.open() === 0, 'the other half follows')
  await ended(silent)
  front.setPeer({ peerId: 'x', webSocketPort: 1 }) // nobody listens there
  assert.match(await refusal(`ws://127.0.0.1:${front.port}/`), /hang up/)
})

test('handshakes of one address are bounded; another address has its own share', async () => {
  await using under = await startFront({ behindProxy: true, limits: { now: () => 0 } }) // a busy machine takes so long for each that the share grows again
  const url = `ws://127.0.0.1:${under.front.port}/signal`
  const results: string[] = []
  for (let count = 0; count < BURST_UPGRADES + 5; count++) results.push(await refusal(url, { 'x-forwarded-for': '203.0.113.9, 192.0.2.1' }))
  assert.is(results.filter(result => result === 'opened').length, BURST_UPGRADES)
  for (const result of results.slice(-5)) assert.match(result, /: 429$/)
  assert.is(await refusal(url, { 'x-forwarded-for': '192.0.2.1, 203.0.113.9' }), 'opened', 'only the last address counts: the first is the stranger\'s own word')
})

test('a port in use is told, or another one is taken', async () => {
  await using first = await startFront()
  const options = { host: '127.0.0.1', port: first.front.port, webFolder: first.folder, pairing: { renew: () => ({ secret: '', untilMs: 0 }), redeem: async () => null } }
  const failure = await createFront(options).then(() => null, (error: unknown) => error as { code: string, message: string })
  assert.is(failure?.code, 'NETWORK_FAILED')
  assert.match(failure?.message ?? '', /EADDRINUSE/)
  await using second = await startFront({ port: first.front.port, orFree: true })
  assert.not.equal(second.front.port, first.front.port)
  assert.is((await ask(second.front.port, '/')).status, 200)
})

test('closing ends every connection', async () => {
  await using peer = await echoPeer()
  await using under = await startFront()
  under.front.setPeer({ peerId: 'x', webSocketPort: peer.port })
  const url = `ws://127.0.0.1:${under.front.port}`
  const clients = await Promise.all(['/', '/signal', '/tracker'].map(async path => await rawClient(`${url}${path}`)))
  const idle = await open(under.front.port)
  await Promise.all([under.front.close(), under.front.close()])
  await Promise.all(clients.map(async ({ ended }) => await ended))
  await ended(idle)
  await until(() => peer.open() === 0, 'the piped one is gone')
})

test.run()
