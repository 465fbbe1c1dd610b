// Nobody out in the world makes us dial this machine or this network.
import { createSocket } from 'node:dgram'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { DEFAULT_SWARM_LIMITS } from '../../src/limits.ts'
import { createSwarm, magnet, refOf, torrentFile, type TorrentStoreError } from '../../src/index.ts'
import { reachOf } from '../../src/swarm/address-reach.ts'
import { AddressScope, mayName, scopeOf } from '../../src/swarm/address-scope.ts'
import { forgetNearNodes, isSoundDatagram } from '../../src/swarm/dht-socket.ts'
import { createPeerSearchBudget } from '../../src/swarm/peer-search.ts'
import { isHintedTrackerUrl, mayTell } from '../../src/swarm/tracker.ts'
import { fakePeer, until } from '../bodies.ts'

const test = suite('address scope')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0)) await close() })
const { machine, network, world } = AddressScope

test('every form of an address has the reach of the address', () => {
  const cases: ReadonlyArray<readonly [AddressScope | null, readonly string[]]> = [
    [machine, ['127.0.0.1', '127.255.255.254', '::1', '0000:0000:0000:0000:0000:0000:0000:0001', '::ffff:127.0.0.1', '0000:0000:0000:0000:0000:ffff:7f00:0001', '::7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', 'localhost', 'a.localhost', '[::1]']],
    [network, ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', 'fd00::1', 'fe80::1', 'fe80::1%eth0', 'fec0::1', '::ffff:192.168.0.1', '64:ff9b::10.1.2.3', '2002:c0a8:101::1']],
    [world, ['1.1.1.1', '172.15.0.1', '172.32.0.1', '192.169.0.1', '100.63.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '2002:808:808::1', 'tracker.example', 'localhost.example']],
    [null, ['[:::]', '1::2::3', '12345::', '0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '::', 'ff02::1', '::ffff:0.0.0.0', '::ffff:224.0.0.1']]
  ]
  for (const [scope, hosts] of cases) for (const host of hosts) assert.is(scopeOf(host), scope, host)
})

test('nobody names what is nearer than itself', () => {
  const near = ['127.0.0.1', '192.168.0.1', '8.8.8.8']
  for (const [by, who] of near.entries()) for (const [named, host] of near.entries()) assert.is(mayName(who, host), named >= by, `${who} names ${host}`)
  for (const who of near) assert.not.ok(mayName(who, '224.0.0.1'))
})

test('peers that name others (BEP 11) keep to it', () => {
  const compact = Buffer.from([127, 0, 0, 1, 0x1a, 0xe1, 192, 168, 1, 1, 0, 80, 8, 8, 4, 4, 0x1a, 0xe1])
  const message = Buffer.concat([Buffer.from('d5:added18:'), compact, Buffer.from('e')])
  const named = (by: string): string[] => {
    const found: string[] = []
    const budget = createPeerSearchBudget(DEFAULT_SWARM_LIMITS)
    budget.begin(({ id }) => { found.push(id) })
    budget.named({ host: by, port: 1 }).onPeerExchange?.(message)
    return found
  }
  assert.equal(named('9.9.9.9'), ['8.8.4.4:6881'])
  assert.equal(named('192.168.7.7'), ['192.168.1.1:80', '8.8.4.4:6881'])
  assert.equal(named('127.0.0.1'), ['127.0.0.1:6881', '192.168.1.1:80', '8.8.4.4:6881'])
})

test('nodes of the DHT keep to it', () => {
  const node = (...address: number[]): Buffer => Buffer.from([...Buffer.alloc(20, 7), ...address, 0x1a, 0xe1])
  const nodes = [node(127, 0, 0, 1), node(8, 8, 8, 8), node(10, 0, 0, 1), node(224, 0, 0, 1)]
  const answer = (rest: Uint8Array = Buffer.alloc(0)): Buffer => Buffer.concat([
    Buffer.from(`d1:rd2:id20:${'i'.repeat(20)}5:nodes${104 + rest.length}:`), ...nodes, rest, Buffer.from('e1:t2:aa1:y1:re')
  ])
  const left = (by: string, bytes: Buffer): number[] => {
    const before = Buffer.from(bytes)
    assert.ok(isSoundDatagram(bytes))
    forgetNearNodes(bytes, by)
    assert.ok(isSoundDatagram(bytes))
    const at = before.indexOf(Buffer.alloc(20, 7))
    return [0, 1, 2, 3].filter(index => bytes.readUInt16BE(at + 26 * index + 24) === 0x1ae1)
  }
  assert.equal(left('9.9.9.9', answer()), [1])
  assert.equal(left('9.9.9.9', answer(Buffer.alloc(25, 0xff))), [1]) // a rest that is no node
  assert.equal(left('192.168.0.9', answer()), [1, 2])
  assert.equal(left('127.0.0.1', answer()), [0, 1, 2])
  const question = Buffer.from(`d1:ad2:id20:${'i'.repeat(20)}e1:q4:ping1:t2:aa1:y1:qe`)
  const unchanged = Buffer.from(question)
  forgetNearNodes(question, '9.9.9.9')
  assert.ok(question.equals(unchanged))
})

test('trackers keep to it, and only names of our own choice may lead into our network', async () => {
  const loopback = { host: '127.0.0.1', port: 6881 }
  for (const [tracker, isOurs, may] of [
    ['http://127.0.0.1:1/announce', false, true], ['udp://[::1]:1', false, true], ['http://8.8.8.8/announce', true, false], ['http://192.168.0.1/announce', true, false],
    ['http://localhost/announce', false, true], ['http://localhost/announce', true, true], ['http://tracker.invalid/announce', false, false], ['http://tracker.invalid/announce', true, false]
  ] as const) assert.is(await mayTell(tracker, isOurs, loopback), may, `${tracker} ${isOurs}`)
  assert.ok(await mayTell('http://tracker.invalid/announce', false, { host: '8.8.8.8', port: 1 }))
})

test('a link names peers out in the world only, and a name counts for what it leads to', async () => {
  const budget = createPeerSearchBudget(DEFAULT_SWARM_LIMITS)
  for (const host of ['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '169.254.169.254', 'fe80::1', '::ffff:127.0.0.1', 'localhost', '0.0.0.0', '224.0.0.1']) assert.is(budget.linked({ host, port: 80 }), null, host)
  assert.is(budget.linked({ host: '9.9.9.9', port: 80 })?.id, '9.9.9.9:80')
  const named = budget.linked({ host: '0x7f.1', port: 80 }) // that is how some systems read 127.0.0.1
  await named?.open({ signal: AbortSignal.timeout(5000) }).then(() => assert.unreachable(), () => {})
  assert.is(await reachOf('localhost'), machine)
  assert.is(await reachOf('[::1]'), machine)
  assert.is(await reachOf('8.8.8.8'), world)
  assert.is(await reachOf('224.0.0.1'), null)
})

test('nothing at home hears of a link, unless the caller says so', async () => {
  const heard: string[] = []
  const listening = async (name: string): Promise<number> => {
    const peer = await fakePeer(() => { heard.push(name) })
    closers.push(peer.close)
    return peer.port
  }
  const [peer, tracker] = [await listening('peer'), await listening('tracker')]
  const udp = createSocket('udp4', () => { heard.push('udp') })
  await new Promise<void>(resolve => { udp.bind(0, '127.0.0.1', resolve) })
  closers.push(async () => { udp.close() })
  const ref = refOf(Buffer.from('x'))
  const trackers = [`http://127.0.0.1:${tracker}/announce`, `http://localhost:${tracker}/announce`, `udp://127.0.0.1:${udp.address().port}`]
  await using swarm = createSwarm({ store: { has: async () => false }, limits: { trackerTimeoutMs: 1000, candidateTimeoutMs: 1000 } })
  for (const target of [magnet(ref, { trackers, peers: [`127.0.0.1:${peer}`, `localhost:${peer}`, `[::1]:${peer}`] }), torrentFile(Buffer.from('x'), { trackers })]) {
    const error = await swarm.fetch(target).then(() => assert.unreachable(), (error: unknown) => error) as TorrentStoreError
    assert.equal([error.code, error.faults, heard], ['NOT_FOUND', [], []])
  }
  const controller = new AbortController()
  const fetching = swarm.fetch(magnet(ref, { trackers, peers: [`127.0.0.1:${peer}`] }), { near: true, signal: controller.signal }).catch(() => {})
  await until(() => new Set(heard).size === 3)
  controller.abort()
  await fetching
})

test('a link from a stranger sends a request over HTTP only to an announce path', () => {
  for (const url of ['http://a/announce', 'https://a/key/announce.php', 'udp://a:1', 'udp://a:1/x']) assert.ok(isHintedTrackerUrl(url), url)
  for (const url of ['http://192.168.1.1/reboot', 'http://a/', 'http://a/announce/now', 'http://a/x?y=/announce', 'ws://a/announce', 'a']) assert.not.ok(isHintedTrackerUrl(url), url)
})

test.run()
