import { createSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, DEFAULT_LIMITS, tcpCandidate, utpCandidate, type Listener, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { BoundedWire, Encryption } from '../../src/wire/bounded-wire.ts'
import { listen } from '../../src/wire/listener.ts'
import { addressGroup } from '../../src/wire/address-group.ts'
import { randomBody, until } from '../bodies.ts'

const test = suite('listener')
let store: TorrentStore
test.before.each(async () => { store = await createTorrentStore({ db: createMemoryBlobs() }) })
test.after.each(async () => { await store.close() })

test('one address is an IPv4 address, or an IPv6 /64 however it is written', () => {
  const cases = {
    '203.0.113.9': ['203.0.113.9', '203.0.113'],
    '::ffff:203.0.113.9': ['203.0.113.9', '203.0.113'],
    '127.0.0.1': ['127.0.0.1', '127.0.0.1'],
    '::ffff:127.0.0.1': ['127.0.0.1', '127.0.0.1'],
    '192.168.1.9': ['192.168.1.9', '192.168.1.9'],
    '2001:db8:1:2:3:4:5:6': ['2001:db8:1:2', '2001:db8:1'],
    '2001:db8:1:2::6': ['2001:db8:1:2', '2001:db8:1'],
    '2001:db8::6': ['2001:db8:0:0', '2001:db8:0'],
    '2001:0db8::': ['2001:db8:0:0', '2001:db8:0'],
    '::1': ['0:0:0:0', '0:0:0:0'],
    'fe80::1%eth0': ['fe80:0:0:0', 'fe80:0:0:0'],
    'fd00:1:2:3::1': ['fd00:1:2:3', 'fd00:1:2:3'],
    '': ['', '']
  }
  for (const [address, [host, network]] of Object.entries(cases)) assert.equal(addressGroup(address), { host, network }, address)
  fc.assert(fc.property(fc.ipV6(), address => {
    const { host, network } = addressGroup(address)
    assert.ok(network.length > 0 && host.startsWith(network))
  }))
})

test('listens on loopback unless told otherwise', async () => {
  const listener = await store.listen()
  assert.is(listener.host, '127.0.0.1')
  assert.ok(listener.port > 0)
  const fixed = await store.listen({ host: '127.0.0.2', port: listener.port })
  assert.equal([fixed.host, fixed.port], ['127.0.0.2', listener.port])
})

/** Fetches over each transport, plain and encrypted; the names of those that failed. */
async function failures (ref: TorrentRef, host: string, port: number, transports = ['tcp', 'utp']): Promise<string[]> {
  const failed: string[] = []
  for (const transport of transports) {
    for (const encrypt of [false, true]) {
      const candidate = transport === 'tcp' ? tcpCandidate(host, port, { encrypt }) : utpCandidate(host, port, { encrypt })
      try {
        await store.fetch(ref, { candidates: [candidate] })
      } catch {
        failed.push(`${transport} ${encrypt ? 'encrypted' : 'plain'} at ${host}`)
      }
    }
  }
  return failed
}

for (const [host, reached] of [
  ['127.0.0.1', ['127.0.0.1']],
  ['::1', ['::1']],
  ['::', ['127.0.0.1', '::1']],
  ['0.0.0.0', ['127.0.0.1']],
  [['127.0.0.1', '::1'], ['127.0.0.1', '::1']],
  [['127.0.0.2', '::'], ['127.0.0.2', '::1']],
  [['0.0.0.0', '::'], ['127.0.0.1', '::1']]
] as const) {
  test(`listening on ${String(host)}, one port serves ${reached.join(', ')} over both transports`, async () => {
    const ref = await store.put(randomBody(40_000))
    const listener = await store.listen({ host })
    assert.equal(listener.transports, ['tcp', 'utp'])
    assert.equal(listener.hosts, typeof host === 'string' ? [host] : host)
    for (const address of reached) assert.equal(await failures(ref, address, listener.port), [])
    await until(() => listener.connections === 0)
  })
}

test('without uTP there is TCP', async () => {
  const ref = await store.put(randomBody(1000))
  const listener = await store.listen({ utp: false })
  assert.equal(listener.transports, ['tcp'])
  assert.equal(await failures(ref, listener.host, listener.port, ['tcp']), [])
  const udp = createSocket('udp4')
  await new Promise<void>(resolve => { udp.bind(listener.port, '127.0.0.1', resolve) }) // nobody has it
  udp.close()
})

test('a UDP port that is taken leaves TCP, on the port that was asked for', async () => {
  const udp = createSocket('udp4')
  await new Promise<void>(resolve => { udp.bind(0, '127.0.0.1', resolve) })
  const { port } = udp.address()
  const listener = await store.listen({ port })
  assert.equal([listener.port, listener.transports], [port, ['tcp']])
  udp.close()
})

test('an address that is not here, or a port that is taken, is an error that says so', async () => {
  const taken = await store.listen()
  for (const options of [{ host: '192.0.2.77' }, { host: ['127.0.0.1', '192.0.2.77'] }, { host: [] }, { port: taken.port }]) {
    await store.listen(options).then(() => assert.unreachable(), (error: unknown) => { assert.is((error as { code: string }).code, 'LISTEN_FAILED') })
  }
})

test('a port is free again once its listener is closed, whatever was open', async () => {
  const ref = await store.put(randomBody(1000))
  let listener: Listener = await store.listen()
  for (let i = 0; i < 5; i++) {
    const dial = utpCandidate('127.0.0.1', listener.port)
    const open = await dial.open({ signal: new AbortController().signal })
    open.on('error', () => {})
    open.write(Buffer.from('half a hand'))
    const { port } = listener
    await until(() => listener.connections > 0)
    await listener.close()
    listener = await store.listen({ port })
    assert.equal(listener.transports, ['tcp', 'utp'])
    assert.equal(await failures(ref, '127.0.0.1', port), [])
    open.destroy()
  }
})

test('connections over TCP and uTP count together', async () => {
  const small = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxConnectionsPerAddress: 2 } })
  const listener = await small.listen()
  const dials = [tcpCandidate, utpCandidate, utpCandidate, tcpCandidate].map(candidate => candidate(listener.host, listener.port))
  let over = 0
  for (const [i, dial] of dials.entries()) {
    const duplex = await dial.open({ signal: new AbortController().signal })
    duplex.on('error', () => {})
    duplex.once('close', () => { over++ })
    duplex.on('data', () => {})
    duplex.write(Buffer.from('\x13'))
    await until(() => i < 2 ? listener.connections === i + 1 : over === i - 1)
  }
  assert.is(listener.connections, 2)
  await small.close()
})

test('connections in all are capped too', async () => {
  const small = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxConnections: 3 } })
  const listener = await small.listen()
  let refused = 0
  const sockets = Array.from({ length: 8 }, () => connect(listener.port, listener.host).resume().on('error', () => {}).on('close', () => { refused++ }))
  await until(() => refused === 5 && listener.connections === 3)
  await small.close()
  await until(() => refused === 8)
  for (const socket of sockets) socket.destroy()
})

test('a connection that comes as the store closes is refused, and harms nobody', async () => {
  const listener = await listen({}, DEFAULT_LIMITS, () => { throw new Error('closed') })
  let ended = 0
  for (const candidate of [tcpCandidate, utpCandidate]) {
    const duplex = await candidate(listener.host, listener.port).open({ signal: new AbortController().signal })
    duplex.on('error', () => {})
    duplex.on('data', () => {})
    duplex.once('close', () => { ended++ })
    duplex.write(Buffer.from('x'))
  }
  await until(() => ended === 2)
  assert.is(listener.connections, 0)
  await listener.close()
})

test('a crowd from one address does not keep another one out', async () => {
  const small = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxConnections: 3 } })
  const listener = await small.listen({ host: '127.0.0.1' })
  const ended: number[] = []
  const from = async (localAddress: string, i: number): Promise<Socket> => {
    const socket = connect({ host: listener.host, port: listener.port, localAddress }).resume().on('error', () => {}).on('close', () => { ended.push(i) })
    await new Promise(resolve => { socket.once('connect', resolve) })
    return socket
  }
  const crowd = []
  for (let i = 0; i < 3; i++) {
    crowd.push(await from('127.0.0.1', i))
    await until(() => listener.connections === i + 1)
  }
  const other = await from('127.0.0.2', 3)
  await until(() => ended.length === 1)
  assert.equal(ended, [0]) // nobody was sent anything: the oldest
  assert.is(listener.connections, 3)
  await small.close()
  for (const socket of [...crowd, other]) socket.destroy()
})

test('encrypted handshakes beyond the rate are refused before the key exchange, plain ones are not', async () => {
  const limitedTo = async (maxEncryptedHandshakesPerSecondPerAddress: number): Promise<TorrentStore> =>
    await createTorrentStore({ db: createMemoryBlobs(), limits: { maxEncryptedHandshakesPerSecondPerAddress, maxEncryptedHandshakesPerSecond: 1 } })
  const body = randomBody(500)
  for (const [perSecond, allowed] of [[0.001, 0], [0.75, 3]] as const) {
    const limited = await limitedTo(perSecond)
    const ref = await limited.put(body)
    const listener = await limited.listen()
    let served = 0
    const startedMs = performance.now()
    for (let i = 0; i < 6; i++) {
      const candidate = i % 2 === 0 ? tcpCandidate(listener.host, listener.port, { encrypt: true }) : utpCandidate(listener.host, listener.port, { encrypt: true })
      await store.fetch(ref, { candidates: [candidate] }).then(() => { served++ }, () => {})
    }
    const meanwhile = Math.ceil(perSecond * (performance.now() - startedMs) / 1000) // the rate goes on
    assert.ok(served >= allowed && served <= allowed + meanwhile, `${served}, of which ${meanwhile} came meanwhile`)
    assert.ok((await store.fetch(ref, { candidates: [tcpCandidate(listener.host, listener.port)] })).body.length === 500)
    await limited.close()
  }
})

test('beyond its rate an address waits for its bytes, and gets them', async () => {
  const bytesPerSecond = 30_000
  const slow = await createTorrentStore({ db: createMemoryBlobs(), limits: { maxServeBytesPerSecondPerAddress: bytesPerSecond } })
  const ref = await slow.put(randomBody(65_536))
  const listener = await slow.listen()
  const startedMs = performance.now()
  for (const candidate of [tcpCandidate, utpCandidate, tcpCandidate]) await store.fetch(ref, { candidates: [candidate(listener.host, listener.port)] })
  const seconds = (performance.now() - startedMs) / 1000
  // Four seconds' worth are free, and for what was sent last, up to two blocks, nobody waits.
  assert.ok(seconds > (3 * 65_536 - 4 * bytesPerSecond - 2 * 16_384) / bytesPerSecond, `${seconds}`)
  await slow.close()
})

test('what goes wrong inside the encryption ends the connection', async () => {
  await using hasty = await createTorrentStore({ db: createMemoryBlobs(), limits: { idleTimeoutMs: 200, handshakeTimeoutMs: 500 } })
  const listener = await hasty.listen()
  const { infoHash } = await hasty.put(Buffer.from('a body'))
  const bounds = { maxMessageBytes: 1 << 20, maxInboundBytes: 1 << 20, maxOutboundBytes: 1 << 20 }
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 4 }), fc.nat({ max: 700 }), async (garbage, keep) => {
    const socket = connect(listener.port, listener.host)
    const wire = new BoundedWire('tcpOutgoing', Encryption.rc4, bounds)
    socket.on('error', () => {})
    socket.on('data', chunk => { wire.write(chunk) })
    wire.on('error', () => {})
    let sent = 0
    wire.on('data', (chunk: Uint8Array) => { // an encrypted handshake that breaks off after `keep` bytes
      socket.write(chunk.subarray(0, Math.max(0, keep - sent)))
      sent += chunk.length
      if (sent > keep) for (const bytes of garbage) socket.write(bytes)
    })
    wire.once('crypto-handshake', () => { wire._push(garbage[0] ?? Buffer.of(0)) })
    wire.startEncryption(infoHash)
    await new Promise(resolve => { socket.once('close', resolve) })
    wire.end()
  }), { numRuns: 12 })
  await until(() => listener.connections === 0)
})

test('the default bounds leave room for an honest download', () => {
  assert.ok(DEFAULT_LIMITS.maxMessageBytes > 16_384 + 9)
  assert.ok(DEFAULT_LIMITS.maxFetchInboundBytes > 65_536 * 1.5)
  assert.ok(DEFAULT_LIMITS.maxServeOutboundBytes > 2 * 65_536)
  assert.ok(DEFAULT_LIMITS.idleTimeoutMs > 120_000)
})

test.run()
