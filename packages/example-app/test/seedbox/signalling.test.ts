import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_SIGNALLING_MESSAGE_BYTES, MAX_SOCKETS_PER_TOPIC, MAX_TOPICS_PER_SOCKET, SIGNALLING_BURST_MESSAGES } from '../../src/seedbox/limits.ts'
import { createSignalling, parseSignal } from '../../src/seedbox/signalling.ts'
import { mutedUpgrade, rawClient, serveUpgrades, until } from './socket-server.ts'

const REFUSED = 1008
const TOO_LARGE = 1009
const test = suite('signalling')

test('what a listener publishes reaches all others of the topic, and nobody else', async () => {
  await using server = await serveUpgrades(createSignalling())
  const [one, two, three, stranger] = await Promise.all(Array.from({ length: 4 }, async () => await rawClient(server.url)))
  assert.ok(one && two && three && stranger)
  for (const client of [one, two, three]) client.send({ type: 'subscribe', topics: ['room'] })
  stranger.send({ type: 'subscribe', topics: ['other'] })
  for (const client of [one, two, three, stranger]) await client.settle()
  one.send({ type: 'publish', topic: 'room', data: 'c2VhbGVk' })
  await until(() => two.got.length === 1 && three.got.length === 1, 'both others got it')
  assert.equal(two.got, [{ type: 'publish', topic: 'room', data: 'c2VhbGVk', clients: 3 }])
  await one.settle()
  await stranger.settle()
  assert.equal(one.got, [])
  assert.equal(stranger.got, [])
})

test('only a listener may publish, and not after it has left', async () => {
  await using server = await serveUpgrades(createSignalling())
  const listener = await rawClient(server.url)
  const other = await rawClient(server.url)
  listener.send({ type: 'subscribe', topics: ['room'] })
  await listener.settle()
  other.send({ type: 'publish', topic: 'room', data: 1 })
  await other.settle()
  other.send({ type: 'subscribe', topics: ['room'] })
  other.send({ type: 'publish', topic: 'room', data: 2 })
  other.send({ type: 'unsubscribe', topics: ['room'] })
  other.send({ type: 'publish', topic: 'room', data: 3 })
  await other.settle()
  await listener.settle()
  assert.equal(listener.got.map(message => (message as { data: unknown }).data), [2])
})

test('a ping is answered, and topics go with their last listener', async () => {
  const signalling = createSignalling()
  await using server = await serveUpgrades(signalling)
  const client = await rawClient(server.url)
  client.send({ type: 'ping' })
  client.send({ type: 'subscribe', topics: ['a', 'b', 'a'] })
  await client.settle()
  assert.equal(client.got, [{ type: 'pong' }])
  assert.is(signalling.topics, 2)
  client.socket.close()
  await until(() => signalling.topics === 0, 'no topic is left')
})

test('whoever breaks a bound is dropped, and the rest goes on', async () => {
  const signalling = createSignalling()
  await using server = await serveUpgrades(signalling)
  const honest = await rawClient(server.url)
  honest.send({ type: 'subscribe', topics: ['room'] })
  await honest.settle()
  const attacks: ReadonlyArray<readonly [string, readonly unknown[], number]> = [
    ['a giant frame', ['x'.repeat(MAX_SIGNALLING_MESSAGE_BYTES + 1)], TOO_LARGE],
    ['10,000 topics at once', [{ type: 'subscribe', topics: Array.from({ length: 10_000 }, (_, at) => at.toString(36)) }], REFUSED],
    ['one topic after another', Array.from({ length: MAX_TOPICS_PER_SOCKET + 1 }, (_, at) => ({ type: 'subscribe', topics: [`t${at}`] })), REFUSED],
    ['a flood', Array.from({ length: SIGNALLING_BURST_MESSAGES + 100 }, () => ({ type: 'ping' })), REFUSED],
    ['garbage', ['{"type":'], REFUSED],
    ['a topic that is none', [{ type: 'subscribe', topics: [{}] }], REFUSED],
    ['deep nesting', [`{"type":"publish","topic":"room","data":${'['.repeat(30_000)}${']'.repeat(30_000)}}`], REFUSED]
  ]
  for (const [what, messages, code] of attacks) {
    const attacker = await rawClient(server.url)
    for (const message of messages) attacker.send(message)
    assert.is(await attacker.ended, code, what)
    await until(() => signalling.topics === 1, `${what} leaves nothing behind`)
  }
  const binary = await rawClient(server.url)
  binary.socket.send(new Uint8Array(10))
  assert.is(await binary.ended, REFUSED)
  await honest.settle()
  assert.equal(honest.got, [])
})

test('keys of prototypes are plain data', async () => {
  await using server = await serveUpgrades(createSignalling())
  const [one, two] = await Promise.all([rawClient(server.url), rawClient(server.url)])
  for (const client of [one, two]) {
    client.send({ type: 'subscribe', topics: ['__proto__', 'constructor'] })
    await client.settle()
  }
  one.send('{"type":"publish","topic":"__proto__","data":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}')
  await until(() => two.got.length === 1, 'it was handed on')
  assert.is(({} as Record<string, unknown>)['polluted'], undefined)
})

test('a topic has a bounded number of listeners', async () => {
  await using server = await serveUpgrades(createSignalling())
  const clients = await Promise.all(Array.from({ length: MAX_SOCKETS_PER_TOPIC + 1 }, async () => await rawClient(server.url)))
  for (const client of clients) {
    client.send({ type: 'subscribe', topics: ['room'] })
    await client.settle()
  }
  clients[0]?.send({ type: 'publish', topic: 'room', data: 'x' })
  await until(() => clients.slice(1, -1).every(({ got }) => got.length === 1), 'all listeners got it')
  await clients.at(-1)?.settle()
  assert.equal(clients.at(-1)?.got, [])
})

test('a silent reader is dropped', async () => {
  await using server = await serveUpgrades(createSignalling({ pingIntervalMs: 200 }))
  const silent = await mutedUpgrade(server.port) // reads nothing, so it answers no ping either
  const gone = new Promise<void>(resolve => { silent.once('close', () => { resolve() }) })
  silent.resume()
  await gone
})

test('a slow reader is dropped, and not one that reads', async () => {
  // Far longer than this process is ever held up, or the fast one answers too late as well.
  const signalling = createSignalling({ pingIntervalMs: 3000, maxWaitingBytes: 64 * 1024 })
  await using server = await serveUpgrades(signalling)
  const slow = await rawClient(server.url)
  slow.send({ type: 'subscribe', topics: ['room'] })
  await slow.settle()
  ;(slow.socket as unknown as { _socket: { pause (): void } })._socket.pause()
  const fast = await rawClient(server.url)
  fast.send({ type: 'subscribe', topics: ['room'] })
  for (let count = 0; count < 15; count++) fast.send({ type: 'publish', topic: 'room', data: 'x'.repeat(60_000) })
  fast.send({ type: 'unsubscribe', topics: ['room'] })
  await until(() => signalling.topics === 0, 'the slow one is gone')
  await fast.settle()
})

test('any text is either a signal or refused', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.record({ type: fc.constantFrom('subscribe', 'unsubscribe', 'publish', 'ping', 'x'), topics: fc.anything(), topic: fc.anything(), data: fc.anything() }).map(value => JSON.stringify(value, (_key, part: unknown) => typeof part === 'bigint' ? String(part) : part))), text => {
    const signal = parseSignal(text)
    assert.ok(signal === null || ['subscribe', 'unsubscribe', 'publish', 'ping'].includes(signal.type))
    if (signal?.type === 'publish') JSON.stringify(signal.data)
  }), { numRuns: 500 })
})

test.run()
