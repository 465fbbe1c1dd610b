// Trackers that refuse, lie, stall and pour, over HTTP and UDP. An uncaught exception or rejection fails the file.
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { refOf } from '../../src/index.ts'
import { announceTo, isTrackerUrl, type TrackerAnswer } from '../../src/swarm/tracker.ts'
import { fakePeer, randomBody, uint32 } from '../bodies.ts'

const test = suite('trackers')
const { infoHash } = refOf(randomBody(10))
const peerId = Buffer.from('-SB0100-abcdefghijkl')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0)) await close() })

const ask = async (tracker: string, timeoutMs = 2000): Promise<TrackerAnswer> =>
  await announceTo(tracker, { infoHash, peerId, port: 7000, left: 0, event: 'started' }, { signal: AbortSignal.timeout(timeoutMs), maxAnswerBytes: 32 * 1024 })

async function refused (asked: Promise<TrackerAnswer>, why?: RegExp): Promise<void> {
  let error: Error | undefined
  await asked.catch((thrown: Error) => { error = thrown })
  assert.instance(error, Error)
  if (why !== undefined) assert.match(error?.message ?? '', why)
}

/** An HTTP tracker that answers every request with these bytes, raw. */
async function raw (answer: (socket: Socket, request: string) => void): Promise<string> {
  const peer = await fakePeer(socket => { socket.once('data', chunk => { answer(socket, chunk.toString('latin1')) }) })
  closers.push(peer.close)
  return `http://127.0.0.1:${peer.port}/announce`
}
const http = (body: string | Uint8Array, status = '200 OK'): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n\r\n`), typeof body === 'string' ? Buffer.from(body, 'latin1') : body])
const answering = async (body: string | Uint8Array, status?: string): Promise<string> => await raw(socket => { socket.end(http(body, status)) })

async function udp (answer: (message: Buffer, reply: (bytes: Uint8Array) => void, from: RemoteInfo, socket: UdpSocket) => void): Promise<string> {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => { answer(message, bytes => { socket.send(bytes, from.port, from.address) }, from, socket) })
  await new Promise<void>(resolve => { socket.bind(0, '127.0.0.1', resolve) })
  closers.push(async () => { await new Promise<void>(resolve => { socket.close(resolve) }) })
  return `udp://127.0.0.1:${socket.address().port}/announce`
}
const connectAnswer = (message: Buffer): Buffer => Buffer.concat([uint32(0), message.subarray(12, 16), Buffer.from('connect!')])

test('only http, https and udp are asked', () => {
  for (const url of ['http://a/announce', 'https://a', 'udp://a:1']) assert.ok(isTrackerUrl(url))
  for (const url of ['ws://a', 'wss://a', 'file:///etc/passwd', 'data:,x', 'javascript:1', '', 'a', 'http://']) assert.not.ok(isTrackerUrl(url), url)
})

test('http: the question is complete, and keeps a query of its own', async () => {
  let line = ''
  const url = await raw((socket, request) => {
    line = request.split('\r\n')[0] ?? ''
    socket.end(http('d8:intervali1800e5:peers6:\x7f\x00\x00\x01\x1a\xe1e'))
  })
  assert.equal(await ask(`${url}?passkey=abc`), { peers: [{ host: '127.0.0.1', port: 6881 }], intervalMs: 1_800_000 })
  const query = new URL(line.split(' ')[1] ?? '', url).search
  for (const part of ['?passkey=abc&', 'port=7000', 'left=0', 'compact=1', 'event=started', 'numwant=50', 'uploaded=0', 'downloaded=0']) assert.ok(query.includes(part), `${part} in ${query}`)
  assert.is(/info_hash=([^&]+)/.exec(query)?.[1]?.replaceAll('%', ''), infoHash)
  assert.is(decodeURIComponent(/peer_id=([^&]+)/.exec(query)?.[1] ?? ''), peerId.toString())
})

test('http: compact IPv6 and lists of dicts', async () => {
  assert.equal((await ask(await answering(`d6:peers618:${'\x00'.repeat(15)}\x01\x00\x05e`))).peers, [{ host: '0000:0000:0000:0000:0000:0000:0000:0001', port: 5 }])
  assert.equal((await ask(await answering('d5:peersld2:ip9:127.0.0.14:porti5eed2:ip4:evil4:porti5eed2:ip9:127.0.0.14:porti-5eei7eee'))).peers, [{ host: '127.0.0.1', port: 5 }])
})

test('http: a tracker may move, but leads nobody to what is no tracker', async () => {
  const asked: string[] = []
  const elsewhere = await raw((socket, request) => {
    asked.push(request.split(' ')[1] ?? '')
    socket.end(http('d5:peers6:\x7f\x00\x00\x01\x1a\xe1e'))
  })
  const leading = async (to: string, status = '302 Found'): Promise<string> => await raw(socket => { socket.end(`HTTP/1.1 ${status}\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`) })
  const { origin } = new URL(elsewhere)
  for (const to of [`${origin}/reboot?now=1`, `${origin}/announce/reboot`, `${origin}/`, 'file:///announce', 'http://']) await refused(ask(await leading(to)), /elsewhere/)
  const one = await leading('/announce') // to itself, for ever
  await refused(ask(one), /elsewhere/)
  assert.equal(asked, [])
  const moved = await leading(await leading(`${origin}/x/announce.php?info_hash=1`, '301 Moved'), '307 Temporary')
  assert.equal((await ask(moved)).peers, [{ host: '127.0.0.1', port: 6881 }])
  assert.equal(asked, ['/x/announce.php?info_hash=1'])
})

test('http: intervals that would overflow a timer are cut', async () => {
  const interval = async (text: string): Promise<number> => (await ask(await answering(`d8:interval${text}e`))).intervalMs
  assert.is(await interval('i99999999999e'), 3_600_000)
  assert.is(await interval('i-5e'), 0)
  assert.is(await interval('2:xx'), 0)
})

test('http: refusals and nonsense reject, and harm nobody', async () => {
  await refused(ask(await answering('d14:failure reason4:nopee')), /refused: nope/)
  await refused(ask(await answering('d14:failure reasoni5ee')), /refused/)
  for (const body of ['', 'l-3:e', 'd-3:i1ee', 'i5e', 'le', '<html>', 'l'.repeat(30_000), 'd5:peers9999999:e']) await refused(ask(await answering(body)), /dict/)
  await refused(ask(await answering('de', '404 Not Found')), /404/)
  await refused(ask('http://127.0.0.1:1/announce'))
  await refused(ask(await raw(socket => { socket.destroy() })))
  await refused(ask(await raw(socket => { socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nd8:'); setTimeout(() => { socket.destroy() }, 10) })))
})

test('http: a body without end is cut off, and one that never comes is left', async () => {
  let poured = 0
  await refused(ask(await raw(socket => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const pour = setInterval(() => { if (socket.destroyed) clearInterval(pour); else { poured += 16_384; socket.write(Buffer.alloc(16_384, 'x')) } }, 1)
  })), /more than/)
  assert.ok(poured < 8 << 20, `took ${poured}`)
  await refused(ask(await raw(() => {}), 200))
})

test('udp: connect, announce, peers', async () => {
  let announce: Buffer = Buffer.alloc(0)
  const url = await udp((message, reply) => {
    if (message.length === 16) { assert.is(message.toString('hex', 0, 12), '000004172710198000000000'); reply(connectAnswer(message)); return }
    announce = message
    reply(Buffer.concat([uint32(1), message.subarray(12, 16), uint32(1800, 1, 2), Buffer.from('7f0000011ae1', 'hex')]))
  })
  assert.equal(await ask(url), { peers: [{ host: '127.0.0.1', port: 6881 }], intervalMs: 1_800_000 })
  assert.is(announce.length, 98)
  assert.is(announce.toString('latin1', 0, 8), 'connect!')
  assert.is(announce.toString('hex', 16, 36), infoHash)
  assert.is(announce.readUInt32BE(80), 2)
  assert.is(announce.readUInt16BE(96), 7000)
})

test('udp: a lost datagram is sent again', async () => {
  let seen = 0
  const url = await udp((message, reply) => {
    if (++seen === 1) return
    reply(message.length === 16 ? connectAnswer(message) : Buffer.concat([uint32(1), message.subarray(12, 16), uint32(60, 0, 0)]))
  })
  assert.equal(await ask(url, 8000), { peers: [], intervalMs: 60_000 })
})

test('udp: refusals, nonsense, silence and others who speak', async () => {
  await refused(ask(await udp((message, reply) => { reply(Buffer.concat([uint32(3), message.subarray(12, 16), Buffer.from('nope')])) })), /refused: nope/)
  await refused(ask(await udp((message, reply) => { reply(Buffer.concat([uint32(7), message.subarray(12, 16)])) })), /nonsense/)
  await refused(ask(await udp((message, reply) => { reply(Buffer.concat([uint32(0), message.subarray(12, 16), Buffer.of(1)])) })), /nonsense/)
  await refused(ask(await udp((message, reply) => { reply(Buffer.concat([uint32(0), uint32(message.readUInt32BE(12) + 1), Buffer.from('connect!')])) }), 300))
  await refused(ask(await udp(() => {}), 300))
  await refused(ask('udp://127.0.0.1:1', 300))
  await refused(ask('udp://127.0.0.1:0', 300))
  const stranger = createSocket('udp4')
  await refused(ask(await udp((message, _reply, from) => { stranger.send(connectAnswer(message), from.port, from.address) }), 300))
  stranger.close()
})

test('whatever a tracker says, it ends as an answer or a rejection', async () => {
  const parts = fc.array(fc.constantFrom('d', 'l', 'e', 'i1e', 'i-1e', '5:peers', '6:peers6', '6:\x7f\x00\x00\x01\x00\x05', '2:ip', '4:port', '8:interval', '14:failure reason', '-1:', '0:', '9:127.0.0.1'), { maxLength: 14 })
  let body: Buffer = Buffer.alloc(0)
  const url = await raw(socket => { socket.end(http(body)) })
  await fc.assert(fc.asyncProperty(fc.oneof(parts.map(parts => Buffer.from(parts.join(''), 'latin1')), fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes))), async bytes => {
    body = bytes
    const answer = await ask(url).catch((error: unknown) => error)
    assert.ok(answer instanceof Error || Array.isArray((answer as TrackerAnswer).peers))
  }), { numRuns: 150 })
})

test.run()
