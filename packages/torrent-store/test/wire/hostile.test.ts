// Downloaders that attack the listener. Whatever they do, the connection ends, memory stays bounded, and the next
// honest downloader is served. An uncaught exception fails the file in the runner.
import { connect, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, tcpCandidate, type Listener, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { extended, handshake, message, randomBody, uint32, until } from '../bodies.ts'

const test = suite('hostile downloaders')
const LIMITS = { handshakeTimeoutMs: 500, idleTimeoutMs: 400, maxServeMs: 2000, maxConnections: 20, maxConnectionsPerAddress: 10 }
let store: TorrentStore
let listener: Listener
let ref: TorrentRef
const body = randomBody(40_000)
test.before.each(async () => {
  store = await createTorrentStore({ db: createMemoryBlobs(), limits: LIMITS })
  listener = await store.listen()
  ref = await store.put(body)
})
test.after.each(async () => {
  await honest()
  await store.close()
})

async function honest (): Promise<void> {
  await until(() => listener.connections < LIMITS.maxConnectionsPerAddress)
  const fetched = await store.fetch(ref, { candidates: [tcpCandidate(listener.host, listener.port)] })
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
}

/** Sends chunks and waits for the other side to end the connection; resolves with what it sent. */
async function attack (...chunks: Uint8Array[]): Promise<Buffer> {
  const socket = await opened()
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  const closed = new Promise(resolve => { socket.once('close', resolve) })
  for (const chunk of chunks) socket.write(chunk)
  await closed
  return Buffer.concat(received)
}

async function opened (): Promise<Socket> {
  const socket = connect({ host: listener.host, port: listener.port, noDelay: true })
  await new Promise(resolve => { socket.once('connect', resolve) })
  socket.on('error', () => {})
  return socket
}

const hello = (): Buffer => handshake(ref.infoHash)
const metadataHello = extended(0, 'd1:md11:ut_metadatai1eee')

/** Each is sent after a good handshake. Ids of our extensions start at 1. */
const payloads: Record<string, Uint8Array> = {
  'an empty extended message': message(20),
  'an empty metadata message': extended(1, ''),
  'a metadata request before any extended handshake': extended(1, 'd8:msg_typei0e5:piecei0ee'),
  'metadata of nothing': Buffer.concat([metadataHello, extended(1, 'de')]),
  'metadata with a dict for a piece': Buffer.concat([metadataHello, extended(1, 'd8:msg_typei0e5:pieced1:ai1eee')]),
  'metadata of a far piece': Buffer.concat([metadataHello, extended(1, 'd8:msg_typei0e5:piecei99999999eee')]),
  'metadata data that nobody asked for': Buffer.concat([metadataHello, extended(1, 'd8:msg_typei1e5:piecei7e10:total_sizei9eexxxx')]),
  'metadata rejects': Buffer.concat([metadataHello, extended(1, 'd8:msg_typei2e5:piecei0ee')]),
  'a string of negative length in a list': extended(0, 'l-3:e'),
  'a string of negative length as key': extended(0, 'd-3:i1ee'),
  'a negative length in a metadata message': Buffer.concat([metadataHello, extended(1, 'd8:msg_typel-3:ee')]),
  'an extension id that is a dict with toString': extended(0, 'd1:md11:ut_metadatad8:toStringi5eeee'),
  'any extension id that is a dict with toString': extended(0, 'd1:md1:ad8:toStringi5eeee'),
  'a prototype in the handshake': extended(0, 'd9:__proto__d1:md1:ad8:toStringi5eeeee'),
  'deep nesting': extended(0, 'l'.repeat(30_000)),
  'an extension map that is a string': extended(0, 'd1:m5000:' + 'x'.repeat(5000) + 'e'),
  'extension id 0': Buffer.concat([extended(0, 'd1:md11:ut_metadatai0eee'), extended(1, 'd8:msg_typei0e5:piecei0ee')]),
  'extension id 300': Buffer.concat([extended(0, 'd1:md11:ut_metadatai300eee'), extended(1, 'd8:msg_typei0e5:piecei0ee')]),
  'have-all of a wire without fast': message(14),
  'a bitfield of 20,000 bytes': message(5, randomBytes(20_000)),
  'have of the last index': message(4, uint32(0xffffffff)),
  'a request of nothing': message(6),
  'a request of a negative offset': message(6, uint32(0, -16_384, 16_384)),
  'a request of a negative length': message(6, uint32(0, 0, -1)),
  'a request beyond the end': message(6, uint32(0, 39_000, 16_384)),
  'a request of another piece': message(6, uint32(1, 0, 16_384)),
  'a request of everything': message(6, uint32(0, 0, 40_000)),
  'cancel, port, suggest, allowed-fast': Buffer.concat([message(8, uint32(0, 0, 1)), message(9, uint32(1)), message(13, uint32(0)), message(17, uint32(0))]),
  'a piece that nobody asked for': message(7, uint32(0, 0), randomBytes(16_384)),
  'a message of no known kind': message(200, randomBytes(100)),
  'keep-alives': Buffer.alloc(4 * 1000)
}
for (const [name, payload] of Object.entries(payloads)) {
  test(`after the handshake: ${name}`, async () => {
    const reserved = [[0, 0, 0, 0, 0, 0x10, 0, 4], [0, 0, 0, 0, 0, 0, 0, 0]]
    await Promise.all(reserved.map(async bits => await attack(handshake(ref.infoHash, bits), payload))) // ends at the idle timeout at the latest
  })
}

/** A second port with the default, patient deadlines: only the bound under test can end a connection in time. */
async function patiently (work: () => Promise<void>): Promise<void> {
  const impatient = [store, listener] as const
  const patient = await createTorrentStore({ db: createMemoryBlobs() })
  await patient.put(body)
  store = patient
  listener = await patient.listen()
  try {
    await work()
  } finally {
    await patient.close();
    [store, listener] = impatient
  }
}

test('a message is refused by its length prefix alone', async () => {
  await patiently(async () => {
    for (const length of [0xffffffff, 0x7fffff00, 32 * 1024 + 1]) await attack(hello(), uint32(length), Buffer.of(20))
  })
})

test('a length prefix that claims 4 GiB ends the connection, not the memory', async () => {
  for (const length of [0xffffffff, 0x7fffff00, 32 * 1024 + 1]) {
    const socket = await opened()
    let sent = 0
    const closed = new Promise<void>(resolve => { socket.once('close', () => { resolve() }) })
    socket.write(Buffer.concat([hello(), uint32(length), Buffer.of(20)]))
    socket.resume()
    const chunk = Buffer.alloc(64 * 1024)
    const pour = (): void => {
      while (!socket.destroyed && sent < 64 << 20) {
        sent += chunk.length
        if (!socket.write(chunk)) { socket.once('drain', pour); return }
      }
    }
    pour()
    await closed
    assert.ok(sent < 32 << 20, `took ${sent} bytes`)
  }
})

test('a flood of good messages is cut off by the byte count', async () => {
  await patiently(async () => { await attack(hello(), Buffer.concat(Array.from({ length: 60_000 }, () => message(2)))) })
})

test('a downloader that requests and never reads does not fill our memory', async () => {
  const before = process.memoryUsage().rss
  const sockets = await Promise.all(Array.from({ length: LIMITS.maxConnectionsPerAddress }, opened))
  const requests = Buffer.concat(Array.from({ length: 3000 }, () => message(6, uint32(0, 0, 16_384))))
  for (const socket of sockets) {
    socket.pause()
    socket.write(Buffer.concat([hello(), message(2), requests]))
  }
  await until(() => listener.connections === 0)
  assert.ok(process.memoryUsage().rss - before < 100 << 20)
  for (const socket of sockets) socket.destroy()
})

test('one downloader gets a body eight times at most', async () => {
  const socket = await opened()
  let received = 0
  socket.on('data', (chunk: Buffer) => { received += chunk.length })
  const closed = new Promise(resolve => { socket.once('close', resolve) })
  socket.write(Buffer.concat([hello(), message(2)]))
  const timer = setInterval(() => { socket.write(message(6, uint32(0, 0, 16_384))) }, 1)
  await closed
  clearInterval(timer)
  assert.ok(received <= 8 * 65_536, `${received}`)
  assert.ok(received > 6 * 65_536, `${received}`)
})

test('who says nothing, or too slowly, is dropped', async () => {
  assert.is((await attack()).length, 0)
  assert.is((await attack(hello().subarray(0, 30))).length, 0)
  const socket = await opened()
  const closed = new Promise(resolve => { socket.once('close', resolve) })
  let sent = 0
  const drip = setInterval(() => { socket.write(hello().subarray(sent, ++sent)) }, 40)
  await closed
  clearInterval(drip)
  assert.ok(sent < hello().length)
})

test('keep-alives for ever end with the lifetime', async () => {
  const socket = await opened()
  const closed = new Promise(resolve => { socket.once('close', resolve) })
  socket.write(hello())
  socket.resume()
  const drip = setInterval(() => { socket.write(Buffer.alloc(4)) }, 50)
  await closed
  clearInterval(drip)
})

test('an infohash that is not held gets no answer at all', async () => {
  assert.is((await attack(handshake('f'.repeat(40)))).length, 0)
})

test('connections beyond the caps are refused', async () => {
  const sockets = await Promise.all(Array.from({ length: 30 }, opened))
  const refused = sockets.map(async socket => { await new Promise(resolve => { socket.resume().once('close', resolve) }) })
  let over = 0
  for (const end of refused) void end.then(() => { over++ })
  await until(() => over >= 30 - LIMITS.maxConnectionsPerAddress)
  assert.ok(listener.connections <= LIMITS.maxConnectionsPerAddress)
  await until(() => over === 30) // the others at their handshake deadline
  assert.is(listener.connections, 0)
})

test('garbage ends the connection', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 }), async chunks => {
    const socket = await opened()
    socket.resume()
    for (const chunk of chunks) socket.write(chunk)
    socket.end()
    await new Promise(resolve => { socket.once('close', resolve) })
  }), { numRuns: 100 })
})

test('garbage after a handshake, plain or shaped like messages', async () => {
  const shaped = fc.tuple(fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 20, 21), fc.uint8Array({ maxLength: 40 })).map(([id, payload]) => message(id, payload))
  const bencoded = fc.tuple(fc.constantFrom(0, 1), fc.array(fc.constantFrom('d', 'l', 'e', 'i', '1:m', '11:ut_metadata', '8:msg_type', '5:piece', 'i0e', 'i1e', '-1:', '0:', '13:metadata_size', 'i-5e'), { maxLength: 14 }))
    .map(([id, parts]) => extended(id, parts.join('')))
  const raw = fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes))
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(shaped, bencoded, raw), { maxLength: 12 }), fc.boolean(), async (chunks, polite) => {
    const socket = await opened()
    socket.resume()
    socket.write(hello())
    if (polite) socket.write(metadataHello)
    for (const chunk of chunks) socket.write(chunk)
    socket.end()
    await new Promise(resolve => { socket.once('close', resolve) })
  }), { numRuns: 300 })
})

test('closing takes the connections along', async () => {
  const sockets = await Promise.all([opened(), opened(), opened()])
  sockets[0]?.write(hello())
  sockets[1]?.write(Buffer.from('x'))
  const closed = Promise.all(sockets.map(async socket => {
    socket.resume()
    await new Promise(resolve => { socket.once('close', resolve) })
  }))
  const second = await store.listen()
  await second.close()
  await second.close()
  await until(() => listener.connections === 3)
  await listener.close()
  await closed
  assert.is(listener.connections, 0)
  listener = await store.listen()
})

test.run()
