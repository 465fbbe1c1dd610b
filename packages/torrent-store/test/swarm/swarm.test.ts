// The swarm against stores, trackers and hostile seeders of this process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createMemoryBlobs, createSwarm, createTorrentStore, magnet, parseInfoHash, refOf, tcpCandidate, torrentFile, TorrentStoreError,
  type FetchedBody, type InfoHash, type Listener, type Swarm, type SwarmOptions, type TorrentRef, type TorrentStore
} from '../../src/index.ts'
import { extended, fakePeer, handshake, message, randomBody, seedWith, uint32, until } from '../bodies.ts'
import { localTracker } from './local-tracker.ts'

const test = suite('swarm')
const body = randomBody(40_000)
const closers: Array<() => Promise<void>> = []
let seeder: TorrentStore
let listener: Listener
let ref: TorrentRef
test.before.each(async () => {
  seeder = await createTorrentStore({ db: createMemoryBlobs() })
  listener = await seeder.listen()
  ref = await seeder.put(body)
})
test.after.each(async () => {
  for (const close of closers.splice(0)) await close()
  await seeder.close()
})

const nothing = { has: async () => false }
const everything = { has: async () => true }
function open (options: Partial<SwarmOptions> = {}): Swarm {
  const swarm = createSwarm({ store: nothing, ...options })
  closers.push(async () => { await swarm.close() })
  return swarm
}
const address = (): string => `127.0.0.1:${listener.port}`
async function fake (onConnection: (socket: Socket) => void): Promise<{ address: string, sockets: Set<Socket> }> {
  const peer = await fakePeer(onConnection)
  closers.push(peer.close)
  return { address: `127.0.0.1:${peer.port}`, sockets: peer.sockets }
}
async function failure (work: Promise<unknown>): Promise<TorrentStoreError> {
  let thrown: unknown
  await work.catch((error: unknown) => { thrown = error })
  assert.instance(thrown, TorrentStoreError, String(thrown))
  return thrown as TorrentStoreError
}
function assertBody (fetched: Pick<FetchedBody, 'body' | 'ref'>): void {
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  assert.equal(fetched.ref, ref)
}

test('fetches by infohash, magnet link and .torrent file, from given peers', async () => {
  const swarm = open()
  assertBody(await swarm.fetch(ref.infoHash, { peers: [address()] }))
  assertBody(await swarm.fetch(magnet({ infoHash: ref.infoHash }, { peers: [address()] }), { near: true }))
  const fetched = await swarm.fetch(torrentFile(body), { peers: ['127.0.0.1:1', address()] })
  assertBody(fetched)
  assert.is(fetched.from, address())
})

test('fetches from a peer that takes encrypted connections only', async () => {
  const { address } = await fake(socket => {
    socket.once('data', chunk => {
      if (chunk.toString('latin1', 1, 20) === 'BitTorrent protocol') { socket.destroy(); return }
      socket.unshift(chunk)
      seeder.serve(socket)
    })
  })
  assertBody(await open().fetch(magnet(ref, { peers: [address] }), { near: true }))
})

test('finds peers by the trackers of the magnet link, of the .torrent file and of its own, and takes its question back', async () => {
  await using tracker = await localTracker()
  tracker.peers = ['127.0.0.1:1', address()]
  assertBody(await open().fetch(magnet(ref, { trackers: [tracker.url] }), { near: true }))
  assertBody(await open().fetch(torrentFile(body, { trackers: [tracker.url] }), { near: true }))
  assertBody(await open({ trackers: [tracker.url] }).fetch(ref.infoHash))
  await until(() => tracker.asked.length === 6)
  assert.equal(tracker.asked.map(({ event }) => event).sort(), ['started', 'started', 'started', 'stopped', 'stopped', 'stopped'])
  assert.ok(tracker.asked.every(({ event, left }) => event === 'stopped' || left > 0))
})

test('ends with NOT_FOUND once everybody found was tried, with TIMEOUT before that', async () => {
  await using tracker = await localTracker()
  tracker.peers = ['127.0.0.1:1']
  const swarm = open({ trackers: [tracker.url, 'http://127.0.0.1:1/announce', 'udp://127.0.0.1:1'], limits: { trackerTimeoutMs: 300 } })
  const missing = await failure(swarm.fetch(ref.infoHash))
  assert.is(missing.code, 'NOT_FOUND')
  assert.equal(missing.faults, [{ id: '127.0.0.1:1', reason: 'UNREACHABLE' }])
  assert.is((await failure(open().fetch(ref.infoHash))).code, 'NOT_FOUND')
  let release = (): void => {}
  tracker.hold = new Promise(resolve => { release = resolve })
  assert.is((await failure(open({ trackers: [tracker.url] }).fetch(ref.infoHash, { timeoutMs: 50 }))).code, 'TIMEOUT')
  release()
})

test('an aborted fetch rejects with the reason and leaves no connection', async () => {
  const { address, sockets } = await fake(() => {})
  await using tracker = await localTracker()
  tracker.peers = [address]
  const swarm = open({ trackers: [tracker.url] })
  const controller = new AbortController()
  const fetching = swarm.fetch(ref.infoHash, { signal: controller.signal })
  await until(() => sockets.size === 1)
  controller.abort(new Error('enough'))
  await fetching.then(() => assert.unreachable(), (error: Error) => { assert.is(error.message, 'enough') })
  await until(() => sockets.size === 0)
  const early = AbortSignal.abort(new Error('before'))
  await swarm.fetch(ref.infoHash, { signal: early }).then(() => assert.unreachable(), (error: Error) => { assert.is(error.message, 'before') })
  assert.is((await failure(swarm.fetch(ref.infoHash, { timeoutMs: 100 }))).code, 'TIMEOUT')
  await until(() => sockets.size === 0)
})

test('another kind of torrent is NOT_A_BODY, and little of it is read', async () => {
  let received = 0
  const infoHash = parseInfoHash('a'.repeat(40))
  const { address } = await fake(socket => {
    socket.write(Buffer.concat([handshake(infoHash), extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei40000ee'), message(14), message(1)]))
    socket.on('data', chunk => { received += chunk.length })
  })
  const refused = await failure(open().fetch(magnet({ infoHash }, { peers: [address] }), { near: true }))
  assert.is(refused.code, 'NOT_A_BODY')
  assert.equal(refused.faults, [{ id: address, reason: 'NOT_A_BODY' }])
  assert.ok(received < 1000, `${received}`)
  assert.is((await failure(open().fetch(Buffer.alloc(100_000, 'd')))).code, 'NOT_A_BODY')
})

test('text that names nothing has its codes, and peers that are no addresses', async () => {
  const swarm = open()
  for (const [id, code] of [['hello', 'BAD_INFOHASH'], ['magnet:?dn=x', 'BAD_MAGNET']] as const) assert.is((await failure(swarm.fetch(id))).code, code)
  assert.is((await failure(swarm.fetch(Buffer.from('hello')))).code, 'BAD_TORRENT')
  assert.is((await failure(swarm.fetch(ref.infoHash, { peers: ['nowhere'] }))).code, 'BAD_MAGNET')
})

/** What is known to crash, hang or fill other wires, from a seeder that answers our handshake. */
const hostile: Record<string, Uint8Array> = {
  'an empty metadata message': Buffer.concat([extended(0, 'd1:md11:ut_metadatai1ee13:metadata_sizei160ee'), extended(1, '')]),
  'an empty extended message': message(20),
  'a negative length': extended(0, 'l-3:e'),
  'a negative length in metadata': Buffer.concat([extended(0, 'd1:md11:ut_metadatai1ee13:metadata_sizei160ee'), extended(1, 'd8:msg_typel-3:ee')]),
  'a message of 4 GiB': Buffer.concat([uint32(0xffffffff), Buffer.alloc(200_000)]),
  'a flood': Buffer.concat(Array.from({ length: 50_000 }, () => message(4, uint32(7)))),
  'an extension id with toString': extended(0, 'd1:md11:ut_metadatad8:toStringi5eeee'),
  garbage: randomBody(1000)
}
for (const [name, payload] of Object.entries(hostile)) {
  test(`a hostile seeder does not keep us from the honest one: ${name}`, async () => {
    const attackers = await Promise.all(['plain', 'silent'].map(async kind => await fake(socket => {
      if (kind === 'plain') socket.write(handshake(ref.infoHash))
      socket.write(payload)
    })))
    await using tracker = await localTracker()
    tracker.peers = [...attackers.map(({ address }) => address), address()]
    assertBody(await open().fetch(magnet({ infoHash: ref.infoHash }, { peers: attackers.map(({ address }) => address), trackers: [tracker.url] }), { near: true }))
    const impatient = open({ limits: { candidateTimeoutMs: 500 } })
    assert.ok(['NOT_FOUND', 'NOT_A_BODY'].includes((await failure(impatient.fetch(magnet({ infoHash: ref.infoHash }, { peers: attackers.map(({ address }) => address) }), { near: true }))).code))
    for (const { sockets } of attackers) await until(() => sockets.size === 0)
  })
}

test('a seeder of other bytes is found out, and named', async () => {
  const liar = await fake(socket => { seedWith(socket, ref, randomBody(40_000)) })
  const fetched = await open().fetch(magnet(ref, { peers: [liar.address, address()] }), { near: true })
  assertBody(fetched)
  const refused = await failure(open().fetch(magnet(ref, { peers: [liar.address] }), { near: true }))
  assert.equal(refused.faults, [{ id: liar.address, reason: 'BAD_BYTES' }])
})

test('a tracker that names thousands makes us dial a few', async () => {
  await using tracker = await localTracker()
  tracker.peers = Array.from({ length: 5000 }, (_, index) => `127.0.0.1:${index + 1}`)
  const missing = await failure(open({ trackers: [tracker.url], limits: { maxPeersPerSearch: 20 } }).fetch(ref.infoHash))
  assert.is(missing.code, 'NOT_FOUND')
  assert.is(missing.faults.length, 20)
})

test('a peer is dialled once, plain and encrypted, however often it is named, and not again when it failed or is done', async () => {
  let failing = 0
  const bad = await fake(socket => { failing++; socket.destroy() })
  let serving = 0
  const good = await fake(socket => { serving++; seedWith(socket, ref, body) })
  await using one = await localTracker()
  await using two = await localTracker()
  one.peers = two.peers = Array.from({ length: 20 }, () => bad.address)
  const swarm = open({ trackers: [one.url, two.url] })
  const hints = { trackers: [one.url, two.url], peers: [bad.address, bad.address] }
  const missing = await failure(swarm.fetch(magnet(ref, hints), { near: true, peers: [bad.address] }))
  assert.is(missing.code, 'NOT_FOUND')
  assert.equal(missing.faults, [{ id: bad.address, reason: 'ABSENT' }])
  assert.is(failing, 2)
  one.peers = two.peers = Array.from({ length: 20 }, () => good.address)
  assertBody(await swarm.fetch(magnet(ref, hints), { near: true }))
  await until(() => good.sockets.size === 0)
  await new Promise(resolve => { setTimeout(resolve, 300) }) // longer than the hedge
  assert.is(serving, 1)
  assert.ok(failing <= 4, `${failing}`)
})

test('peers that never answer are passed by', async () => {
  const mute = await Promise.all(Array.from({ length: 12 }, async () => await fake(() => {})))
  await using tracker = await localTracker()
  tracker.peers = [...mute.map(({ address }) => address), address()]
  assertBody(await open({ trackers: [tracker.url], limits: { candidateTimeoutMs: 60_000 } }).fetch(ref.infoHash))
  for (const { sockets } of mute) await until(() => sockets.size === 0)
})

test('a store fetches through the swarm when its candidates fail, or after a delay', async () => {
  await using tracker = await localTracker()
  tracker.peers = [address()]
  const swarm = open({ trackers: [tracker.url] })
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  assertBody(await store.fetch(ref, { candidates: [], swarm }))
  assertBody(await store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', 1)], swarm, swarmDelayMs: 60_000 }))
  const { address: mute } = await fake(() => {})
  const slow = tcpCandidate('127.0.0.1', Number(mute.split(':')[1]))
  assertBody(await store.fetch(ref, { candidates: [slow], swarm, swarmDelayMs: 20 }))
  assertBody(await store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', listener.port)], swarm, swarmDelayMs: 60_000 }))
  assert.is(tracker.asked.filter(({ event }) => event === 'started').length, 3)
  tracker.peers = []
  assert.is((await failure(store.fetch(ref, { candidates: [], swarm }))).code, 'NOT_FOUND')
  await swarm.close()
  assert.is((await failure(store.fetch(ref, { candidates: [], swarm }))).code, 'NOT_FOUND')
})

test('what is seeded is announced with the port of the listener, and found by others', async () => {
  await using tracker = await localTracker()
  const swarm = open({ store: seeder, port: listener.port, trackers: [tracker.url] })
  await swarm.seed(ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  assert.equal(tracker.asked, [{ event: 'started', port: listener.port, left: 0, infoHash: ref.infoHash }])
  const [hot] = swarm.hot()
  assert.is(hot?.infoHash, ref.infoHash)
  assert.ok((hot?.dueInMs ?? 0) > 800_000)
  assert.ok(swarm.unseed(ref.infoHash))
  assert.not.ok(swarm.unseed(ref.infoHash))
  assert.equal(swarm.hot(), [])
  await swarm.close()
  assert.equal(tracker.asked.map(({ event }) => event), ['started', 'stopped'])
})

test('who seeds again waits for its farewell; who searches while seeding stays a seed', async () => {
  await using tracker = await localTracker()
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url] })
  await swarm.seed(ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  await failure(swarm.fetch(ref.infoHash))
  swarm.unseed(ref.infoHash)
  await swarm.seed(ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  assert.equal(tracker.asked.map(({ event, left }) => `${event}${left}`), ['started0', '0', 'stopped0', 'started0'])
})

test('announces keep to the budget of the clock that was given', async () => {
  await using tracker = await localTracker()
  let nowMs = 0
  const limits = { trackerAnnouncesPerSecond: 1, trackerAnnounceBurst: 3, announceIntervalMs: 10_000 }
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url], limits, now: () => nowMs })
  const ids = Array.from({ length: 6 }, (_, index) => parseInfoHash(String(index).repeat(40)))
  for (const id of ids) await swarm.seed(id)
  await until(() => swarm.hot().filter(({ announcedMs }) => announcedMs !== null).length === 3)
  assert.equal(swarm.hot().map(({ dueInMs }) => dueInMs), [0, 0, 0, 10_000, 10_000, 10_000])
  assert.is(tracker.asked.length, 3)
  assert.is(swarm.plan().trackers?.nextTokenInMs, 1000)
  nowMs = 2000 // the timer, armed for one token, finds two
  await until(() => tracker.asked.length === 5)
  assert.equal(swarm.plan().trackers?.next.slice(0, 2).map(({ infoHash, inMs }) => [infoHash, inMs]), [[ids[5], 1000], [ids[0], 8000]])
})

test('the plan says what is next, when and why, of each budget', async () => {
  await using tracker = await localTracker()
  tracker.peers = Array.from({ length: 5 }, (_, index) => `127.0.0.1:${7001 + index}`)
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url], limits: { trackerAnnouncesPerSecond: 0.001, trackerAnnounceBurst: 1, announceIntervalMs: 2_500_000 }, now: () => 0 })
  assert.equal(swarm.plan(), {
    seeds: { own: 0, upvoted: 0, cached: 0 }, dht: null,
    trackers: { perSecond: 0.001, burst: 1, tokens: 1, nextTokenInMs: 0, underWay: 0, roundMs: 0, next: [] }
  })
  const [cached, upvoted, own] = [1, 2, 3].map(index => parseInfoHash(String(index).repeat(40))) as [InfoHash, InfoHash, InfoHash]
  await swarm.seed(cached, { priority: 'cached' })
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  await swarm.seed(upvoted, { priority: 'upvoted', createdMs: Date.now() - 3 * 86_400_000 })
  await swarm.seed(own, { createdMs: Date.now() })
  const { seeds, trackers } = swarm.plan({ count: 3 })
  assert.equal(seeds, { own: 1, upvoted: 1, cached: 1 })
  assert.equal(trackers?.next.map(({ announcedMs, ...next }) => ({ ...next, announced: announcedMs !== null })), [
    { infoHash: own, inMs: 1_000_000, priority: 'own', recency: 'day', rarity: 'rare', weight: 1 / 16, peers: null, announced: false },
    { infoHash: upvoted, inMs: 2_000_000, priority: 'upvoted', recency: 'month', rarity: 'rare', weight: 1 / 4, peers: null, announced: false },
    { infoHash: cached, inMs: 3_000_000, priority: 'cached', recency: 'older', rarity: 'few', weight: 2, peers: 5, announced: true }
  ])
  await swarm.seed(upvoted, { priority: 'own', createdMs: 0 })
  assert.equal(swarm.plan().seeds, { own: 2, upvoted: 0, cached: 1 })
  assert.equal(swarm.plan({ count: 2 }).trackers?.next.map(({ infoHash, recency }) => [infoHash, recency]), [[own, 'day'], [upvoted, 'older']])
})

test('a tracker that does not answer is left alone ever longer, and holds up no other', async () => {
  let dead = 0
  const { address } = await fake(socket => { dead++; socket.destroy() })
  await using tracker = await localTracker()
  const limits = { trackerAnnouncesPerSecond: 1000, trackerAnnounceBurst: 100, announceRetryMs: 60_000, announceIntervalMs: 60_000 }
  const swarm = open({ store: everything, port: 7000, trackers: [`http://${address}/announce`, tracker.url], maxHot: 100, limits })
  for (let index = 0; index < 100; index++) await swarm.seed(parseInfoHash(index.toString(16).padStart(40, '0')))
  await until(() => tracker.asked.length === 100)
  await until(() => swarm.hot().every(({ announcedMs }) => announcedMs !== null))
  assert.ok(dead >= 1 && dead <= 32, `${dead}`) // those under way when it was found out
})

test('announces under way are bounded, whatever the budget', async () => {
  await using tracker = await localTracker()
  let release = (): void => {}
  tracker.hold = new Promise(resolve => { release = resolve })
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url], limits: { trackerAnnouncesPerSecond: 1000, trackerAnnounceBurst: 100, maxOpenAnnounces: 3 } })
  for (let index = 0; index < 10; index++) await swarm.seed(parseInfoHash(String(index).repeat(40)))
  await until(() => tracker.asked.length === 3)
  await new Promise(resolve => { setTimeout(resolve, 50) })
  assert.is(tracker.asked.length, 3)
  assert.is(swarm.plan().trackers?.underWay, 3)
  release()
  await until(() => tracker.asked.length === 10)
})

test('the hot set drops the least recent, which stays seeded; what is no longer held goes', async () => {
  await using tracker = await localTracker()
  const held = new Set<string>()
  const ids = Array.from({ length: 4 }, (_, index) => parseInfoHash(String(index).repeat(40))) as [InfoHash, InfoHash, InfoHash, InfoHash]
  for (const id of ids) held.add(id)
  const swarm = open({ store: { has: async id => held.has(id) }, port: 7000, trackers: [tracker.url], maxHot: 2, limits: { trackerAnnouncesPerSecond: 100, announceIntervalMs: 50 } })
  for (const id of ids) await swarm.seed(id)
  assert.equal(swarm.hot().map(({ infoHash }) => infoHash), ids.slice(2))
  for (const id of ids) await until(() => tracker.asked.filter(({ infoHash, event }) => infoHash === id && event === '').length > 1)
  assert.is(swarm.hot().length, 2)
  held.delete(ids[0])
  await until(() => swarm.plan().seeds.own === 3)
  await until(() => tracker.asked.some(({ event, infoHash }) => event === 'stopped' && infoHash === ids[0]))
  assert.is((await failure(swarm.seed(ids[0]))).code, 'NOT_FOUND')
  assert.not.ok(tracker.asked.some(({ event, infoHash }) => event === 'stopped' && infoHash !== ids[0]))
  await swarm.close()
  assert.is(tracker.asked.filter(({ event }) => event === 'stopped').length, 3)
})

test('announces repeat after the interval, unless the tracker wants to be left alone', async () => {
  await using patient = await localTracker()
  await using eager = await localTracker()
  patient.intervalSeconds = 1800
  const swarm = open({ store: everything, port: 7000, trackers: [patient.url, eager.url], limits: { trackerAnnouncesPerSecond: 1000, announceIntervalMs: 10 } })
  await swarm.seed(ref.infoHash)
  await until(() => eager.asked.length >= 5)
  assert.equal(eager.asked.slice(0, 5).map(({ event }) => event), ['started', '', '', '', ''])
  assert.is(patient.asked.length, 1)
})

test('an announce that nobody took is tried again', async () => {
  let connections = 0
  const { address } = await fake(socket => {
    if (++connections < 3) socket.destroy()
    else socket.once('data', () => { socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nde') })
  })
  const swarm = open({ store: everything, port: 7000, trackers: [`http://${address}/announce`], limits: { announceRetryMs: 20, trackerAnnouncesPerSecond: 100 } })
  await swarm.seed(ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  assert.is(connections, 3)
})

test('without a port of its own a swarm seeds nothing', async () => {
  await open({ store: everything }).seed(ref.infoHash).then(() => assert.unreachable(), (error: unknown) => { assert.instance(error, RangeError) })
})

test('closing ends fetches, even with a tracker that never answers, and everything after it is CLOSED', async () => {
  await using tracker = await localTracker()
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url] })
  await swarm.seed(ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  tracker.hold = new Promise(() => {})
  const fetching = failure(swarm.fetch('b'.repeat(40)))
  const startMs = performance.now()
  await Promise.all([swarm.close(), swarm.close()])
  assert.ok(performance.now() - startMs < 5000)
  assert.is((await fetching).code, 'CLOSED')
  assert.is((await failure(swarm.fetch(ref.infoHash))).code, 'CLOSED')
  assert.is((await failure(swarm.seed(ref.infoHash))).code, 'CLOSED')
  assert.is((await failure(swarm.dhtPort())).code, 'CLOSED')
})

test('a process that used and closed a swarm, DHT and all, ends by itself', async () => {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'exit-child.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const [code] = await once(child, 'close') as [number | null]
  assert.is(code, 0)
  const { fetched } = JSON.parse(output) as { fetched: string }
  assert.is(fetched, refOf(Buffer.from('hello')).infoHash)
})

test.run()
