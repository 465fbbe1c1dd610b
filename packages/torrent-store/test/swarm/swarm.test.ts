// The swarm against stores, trackers and hostile seeders of this process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createMemoryBlobs, createSwarm, createTorrentStore, magnet, parseInfoHash, refOf, tcpCandidate, torrentFile, TorrentStoreError,
  type FetchedBody, type Listener, type Swarm, type SwarmOptions, type TorrentRef, type TorrentStore
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
function assertBody (fetched: FetchedBody): void {
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  assert.equal(fetched.ref, ref)
}

test('fetches by infohash, magnet link and .torrent file, from given peers', async () => {
  const swarm = open()
  assertBody(await swarm.fetch(ref.infoHash, { peers: [address()] }))
  assertBody(await swarm.fetch(magnet({ infoHash: ref.infoHash }, { peers: [address()] })))
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
  assertBody(await open().fetch(magnet(ref, { peers: [address] })))
})

test('finds peers by the trackers of the magnet link, of the .torrent file and of its own, and takes its question back', async () => {
  await using tracker = await localTracker()
  tracker.peers = ['127.0.0.1:1', address()]
  assertBody(await open().fetch(magnet(ref, { trackers: [tracker.url] })))
  assertBody(await open().fetch(torrentFile(body, { trackers: [tracker.url] })))
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
  const refused = await failure(open().fetch(magnet({ infoHash }, { peers: [address] })))
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
    assertBody(await open().fetch(magnet({ infoHash: ref.infoHash }, { peers: attackers.map(({ address }) => address), trackers: [tracker.url] })))
    const impatient = open({ limits: { candidateTimeoutMs: 500 } })
    assert.ok(['NOT_FOUND', 'NOT_A_BODY'].includes((await failure(impatient.fetch(magnet({ infoHash: ref.infoHash }, { peers: attackers.map(({ address }) => address) })))).code))
    for (const { sockets } of attackers) await until(() => sockets.size === 0)
  })
}

test('a seeder of other bytes is found out, and named', async () => {
  const liar = await fake(socket => { seedWith(socket, ref, randomBody(40_000)) })
  const fetched = await open().fetch(magnet(ref, { peers: [liar.address, address()] }))
  assertBody(fetched)
  const refused = await failure(open().fetch(magnet(ref, { peers: [liar.address] })))
  assert.equal(refused.faults, [{ id: liar.address, reason: 'BAD_BYTES' }])
})

test('a tracker that names thousands makes us dial a few', async () => {
  await using tracker = await localTracker()
  tracker.peers = Array.from({ length: 5000 }, (_, index) => `127.0.0.1:${index + 1}`)
  const missing = await failure(open({ trackers: [tracker.url], limits: { maxPeersPerSearch: 20 } }).fetch(ref.infoHash))
  assert.is(missing.code, 'NOT_FOUND')
  assert.is(missing.faults.length, 20)
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
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url], limits: { announceBurst: 10 } })
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
  const limits = { announcesPerSecond: 1, announceBurst: 3, announceIntervalMs: 10_000 }
  const swarm = open({ store: everything, port: 7000, trackers: [tracker.url], limits, now: () => nowMs })
  const ids = Array.from({ length: 6 }, (_, index) => parseInfoHash(String(index).repeat(40)))
  for (const id of ids) await swarm.seed(id)
  await until(() => swarm.hot().filter(({ announcedMs }) => announcedMs !== null).length === 3)
  assert.equal(swarm.hot().map(({ dueInMs }) => dueInMs), [10_000, 10_000, 10_000, 0, 0, 0])
  assert.is(tracker.asked.length, 3)
  nowMs = 2000 // the timer, armed for one token, finds two
  await until(() => tracker.asked.length === 5)
  assert.equal(swarm.hot().map(({ dueInMs }) => dueInMs), [8000, 8000, 8000, 10_000, 10_000, 0])
})

test('the hot set drops the least recent, and what is no longer held', async () => {
  await using tracker = await localTracker()
  const held = new Set<string>()
  const ids = Array.from({ length: 4 }, (_, index) => parseInfoHash(String(index).repeat(40)))
  for (const id of ids) held.add(id)
  const swarm = open({ store: { has: async id => held.has(id) }, port: 7000, trackers: [tracker.url], maxHot: 2, limits: { announceBurst: 10, announceIntervalMs: 50 } })
  await swarm.seed(ids[0] ?? ref.infoHash)
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  for (const id of [1, 0, 2]) await swarm.seed(ids[id] ?? ref.infoHash)
  assert.equal(swarm.hot().map(({ infoHash }) => infoHash), [ids[0], ids[2]])
  held.delete(ids[0] ?? '')
  await until(() => swarm.hot().length === 1)
  await until(() => tracker.asked.some(({ event, infoHash }) => event === 'stopped' && infoHash === ids[0]))
  assert.is((await failure(swarm.seed(ids[0] ?? ref.infoHash))).code, 'NOT_FOUND')
})

test('announces repeat after the interval, unless the tracker wants to be left alone', async () => {
  await using patient = await localTracker()
  await using eager = await localTracker()
  patient.intervalSeconds = 1800
  const swarm = open({ store: everything, port: 7000, trackers: [patient.url, eager.url], limits: { announcesPerSecond: 1000, announceIntervalMs: 10 } })
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
  const swarm = open({ store: everything, port: 7000, trackers: [`http://${address}/announce`], limits: { announceRetryMs: 20, announcesPerSecond: 100 } })
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
