// The DHT through WebTorrent, among nodes of this process only, and the gate in front of it.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createSwarm, createTorrentStore, refOf, type Swarm, type SwarmOptions, type TorrentStoreError } from '../../src/index.ts'
import { DhtSocket, isSoundDatagram } from '../../src/swarm/dht-socket.ts'
import { randomBody, until } from '../bodies.ts'

const test = suite('dht')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0).reverse()) await close() })

function open (options: Partial<SwarmOptions>): Swarm {
  const swarm = createSwarm({ store: { has: async () => true }, ...options })
  closers.push(async () => { await swarm.close() })
  return swarm
}
async function bootstrapNode (): Promise<string> {
  return `127.0.0.1:${await open({ dht: { bootstrap: [] } }).dhtPort()}`
}

const id = 'abcdefghij0123456789'
const hash = 'mnopqrstuvwxyz123456'
const query = (name: string, fields: string): string => `d1:ad2:id20:${id}${fields}e1:q${name.length}:${name}1:t2:aa1:y1:qe`
const sound = [
  query('ping', ''), query('find_node', `6:target20:${hash}`), query('get_peers', `9:info_hash20:${hash}`),
  query('announce_peer', `12:implied_porti1e9:info_hash20:${hash}4:porti6881e5:token8:aoeusnth`),
  `d1:rd2:id20:${id}5:nodes26:${'n'.repeat(26)}5:token8:aoeusnthe1:t2:aa1:y1:re`, `d1:rd2:id20:${id}5:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re`,
  'd1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee'
]
/** Each of these ends or hangs the process of a node without the gate, or confuses its lookups. */
const unsound = [
  'l-3:e', 'd-3:i1ee', 'd1:t-5:e', '', 'i1e', 'le', 'de', 'hello', 'l'.repeat(1400),
  query('announce_peer', `9:info_hash20:${hash}4:porti6881e5:tokeni5e`), query('announce_peer', `9:info_hash20:${hash}4:porti6881e5:tokenlee`),
  query('find_node', '6:targeti5e'), query('find_node', '6:target3:abc'), query('get_peers', '9:info_hashi5e'), query('get_peers', '9:info_hashde'),
  'd1:ad2:idi5ee1:q4:ping1:t2:aa1:y1:qe', 'd1:q4:ping1:t2:aa1:y1:qe', 'd1:ai5e1:q4:ping1:t2:aa1:y1:qe', `d1:ad2:id20:${id}e1:qde1:t2:aa1:y1:qe`,
  `d1:rd2:id20:${id}6:valuesi5ee1:t2:aa1:y1:re`, `d1:rd2:id20:${id}5:nodesli5eee1:t2:aa1:y1:re`, 'd1:rd2:idi7ee1:t2:aa1:y1:re', 'd1:ri5e1:t2:aa1:y1:re',
  'd1:e5:hello1:t2:aa1:y1:ee', query('ping', '').replace('2:aa', 'i7e'), `${query('ping', '')}rest`, query('put', `1:vi5e5:token8:aoeusnth`)
]

test('messages of BEP 5 pass the gate, and nothing that has another type where it counts', () => {
  for (const text of sound) assert.ok(isSoundDatagram(Buffer.from(text)), text)
  for (const text of unsound) assert.not.ok(isSoundDatagram(Buffer.from(text)), text)
  assert.not.ok(isSoundDatagram(Buffer.from(query('ping', `3:xyz3000:${'x'.repeat(3000)}`))))
})

test('it binds the address that it was given, and no other', async () => {
  const socket = new DhtSocket('127.0.0.1', 0)
  socket.bind()
  await once(socket, 'listening')
  assert.is(socket.address().address, '127.0.0.1')
  socket.close()
  socket.close()
  socket.send(Buffer.from('x'), 0, 1, 1, '127.0.0.1')
  await once(socket, 'close')
})

test('one swarm finds by the DHT what another one seeds, and asking announces nothing', async () => {
  const bootstrap = [await bootstrapNode()]
  await using store = await createTorrentStore({ db: createMemoryBlobs() })
  const body = randomBody(20_000)
  const ref = await store.put(body)
  const { port } = await store.listen()
  const seeder = open({ store, port, dht: { bootstrap } })
  await seeder.seed(ref.infoHash)
  await until(() => seeder.hot()[0]?.announcedMs !== null)
  const reader = open({ dht: { bootstrap } })
  const fetched = await reader.fetch(ref.infoHash)
  assert.equal(Buffer.from(fetched.body), Buffer.from(body))
  assert.is(fetched.from, `127.0.0.1:${port}`)
  const fromStore = await store.fetch(ref, { candidates: [], swarm: open({ dht: { bootstrap } }) })
  assert.is(fromStore.from, `127.0.0.1:${port}`)
  const other = refOf(randomBody(5)).infoHash
  await reader.fetch(other).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'NOT_FOUND') })
  const second = open({ dht: { bootstrap } })
  await second.fetch(other).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.equal(error.faults, []) })
})

test('hostile datagrams, well and badly formed, leave the node at work', async () => {
  const node = await bootstrapNode()
  const port = Number(node.split(':')[1])
  const attacker = createSocket('udp4')
  const send = async (bytes: Uint8Array): Promise<void> => { await new Promise<void>(resolve => { attacker.send(bytes, port, '127.0.0.1', () => { resolve() }) }) }
  for (const text of [...unsound, ...sound]) await send(Buffer.from(text))
  const parts = fc.array(fc.constantFrom('d', 'l', 'e', 'i1e', 'i-1e', '1:a', '1:q', '1:r', '1:t', '1:y', '2:aa', '2:id', `20:${id}`, '9:info_hash', '5:token', '4:port', '9:get_peers', '9:find_node', '13:announce_peer', '-3:', '6:target'), { maxLength: 16 })
  const field = fc.constantFrom('info_hash', 'target', 'token', 'port', 'implied_port', 'v', 'k', 'sig', 'seq', 'cas', 'salt', 'nodes', 'values')
  const value = fc.constantFrom('i5e', 'i-1e', 'i70000e', '0:', '1:x', `20:${hash}`, '8:aoeusnth', 'le', 'de', `32:${'k'.repeat(32)}`, `64:${'s'.repeat(64)}`, 'l6:axje.ue')
  const shaped = fc.tuple(fc.constantFrom('ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'toString'), fc.array(fc.tuple(field, value), { maxLength: 7 }))
    .map(([name, fields]) => query(name, fields.map(([key, value]) => `${key.length}:${key}${value}`).join('')))
  await fc.assert(fc.asyncProperty(fc.oneof(parts.map(parts => parts.join('')), shaped), async text => { await send(Buffer.from(text, 'latin1')) }), { numRuns: 2000 })
  let answers = 0
  attacker.on('message', () => { answers++ })
  for (const before = answers; answers === before;) { // datagrams may get lost
    await send(Buffer.from(query('ping', '')))
    await new Promise(resolve => { setTimeout(resolve, 10) })
  }
  attacker.close()
  const bootstrap = [node]
  const seeder = open({ port: 7000, dht: { bootstrap } })
  const { infoHash } = refOf(randomBody(7))
  await seeder.seed(infoHash)
  await until(() => seeder.hot()[0]?.announcedMs !== null)
  const found: string[] = []
  await open({ dht: { bootstrap } }).find({ infoHash }, { found: candidate => { found.push(candidate.id) }, signal: AbortSignal.timeout(5000) })
  assert.ok(found.includes('127.0.0.1:7000'))
})

test('a port in use is LISTEN_FAILED, and an address that is not ours', async () => {
  const port = Number((await bootstrapNode()).split(':')[1])
  for (const options of [{ dht: { bootstrap: [], port } }, { host: '203.0.113.1', dht: { bootstrap: [] } }]) {
    const swarm = open(options)
    await swarm.dhtPort().then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'LISTEN_FAILED') })
    const failure = await swarm.fetch(refOf(randomBody(5)).infoHash).catch((error: unknown) => error) as TorrentStoreError
    assert.is(failure.code, 'NOT_FOUND')
    assert.is((failure.cause as TorrentStoreError).code, 'LISTEN_FAILED')
  }
})

test('without a DHT there is no port, and closing while it opens is fine', async () => {
  assert.is(await open({}).dhtPort(), null)
  const swarm = open({ dht: { bootstrap: [] } })
  const opening = swarm.dhtPort()
  await swarm.close()
  assert.ok(await opening)
})

test.run()
