import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CrdtIndexError } from '../../src/errors.ts'
import { GOSSIP_INLINE_BYTES, SECOND_INITIATOR_DELAY_MS, SILENCE_BACKOFF_MS, SPREAD_PEERS } from '../../src/limits.ts'
import type { CommunityAddress } from '../../src/model.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { encodeFrame, decodeFrame, SYNC_PROTOCOL } from '../../src/sync/frames.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { realScheduler, type Scheduler } from '../../src/sync/scheduler.ts'
import { createSynchroniser, type Synchroniser, type SynchroniserOptions } from '../../src/sync/synchroniser.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, topicOf, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('synchroniser')
const community = communityOf('c')

interface Peer { readonly transport: MemoryTransport, readonly replica: MemoryReplica, readonly sync: Synchroniser, readonly sessions: string[] }
const open: Peer[] = []
test.after.each(async () => {
  for (const { sync, transport } of open.splice(0)) {
    await sync.close()
    transport.close()
  }
})

/** Counts the timers that are set. */
function countingScheduler (): Scheduler & { readonly set: Set<object> } {
  const set = new Set<object>()
  return {
    set,
    after (delayMs, call) {
      const token = {}
      set.add(token)
      const cancel = realScheduler.after(delayMs, () => { set.delete(token); call() })
      return () => { set.delete(token); cancel() }
    }
  }
}

function peerOf (network: MemoryNetwork, name: string, options: Partial<SynchroniserOptions> & { genesis?: boolean, join?: boolean } = {}): Peer {
  const transport = network.peer(name)
  const replica = createMemoryReplica()
  const sessions: string[] = []
  const sync = createSynchroniser({
    transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000, random: () => 0.5,
    onSession: (_community, peer, { status, received, fault }) => { sessions.push(`${peer} ${status} ${received}${fault === undefined ? '' : ` ${fault}`}`) },
    ...options
  })
  const peer = { transport, replica, sync, sessions }
  open.push(peer)
  if (options.join !== false) join(peer, community, options.genesis !== false)
  return peer
}
function join ({ replica, sync }: Peer, community: CommunityAddress, genesis: boolean): void {
  replica.join(community, genesis ? genesisOf('c') : undefined)
  sync.join(community)
}
const fresh = (count: number, length = 60): Uint8Array[] => Array.from({ length: count }, () => envelopeOf({ timeMs: Date.now(), length }))
const equal = (...peers: Peer[]): boolean => new Set(peers.map(({ replica }) => replica.digests(community).join())).size === 1

test('peers that meet become equal, the genesis with them, and say so', async () => {
  const network = createMemoryNetwork()
  const changed: string[] = []
  const a = peerOf(network, 'a', { onChange: () => { changed.push(a.sync.status(community).state) } })
  const b = peerOf(network, 'b', { genesis: false })
  a.replica.add(community, ...fresh(300))
  assert.equal(b.sync.status(community), { state: 'alone', peers: 0, lastSyncMs: null, missing: 0, exchanges: [], shards: [] })
  a.transport.connect('b')
  assert.is(b.sync.status(community).state, 'behind')
  await until(() => b.sync.status(community).state === 'synced' && a.sync.status(community).state === 'synced', 'both synced')
  assert.ok(equal(a, b))
  assert.is(b.replica.count(community), 300)
  assert.equal(b.replica.genesis(community), genesisOf('c'))
  assert.ok(changed.includes('syncing'), changed.join())
  assert.equal([...a.sessions, ...b.sessions], ['b done 0', 'a done 300'], 'one session, begun by the lower name')
  a.transport.disconnect('b')
  await until(() => a.sync.status(community).state === 'alone', 'alone again')
  assert.ok(a.sync.status(community).lastSyncMs !== null)
})

test('the higher name begins after a while if the lower one does not', async () => {
  const network = createMemoryNetwork()
  const b = peerOf(network, 'b', { scheduler: { after: (delayMs, call) => realScheduler.after(Math.min(delayMs, 50), call) } })
  const a = network.peer('a') // subscribes and answers, never begins
  a.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  let asked = 0
  a.handle(SYNC_PROTOCOL, async channel => {
    asked++
    await channel.read({ maxBytes: 1000 })
    await channel.write(encodeFrame({ type: 'unknown' }))
    await channel.close()
  })
  b.transport.connect('a')
  await until(() => asked > 0, 'b asked')
  await until(() => b.sessions.length > 0, 'ended')
  assert.is(b.sessions[0], 'a unknown 0')
})

test('new envelopes spread by gossip along a line, large ones by announcement', async () => {
  const network = createMemoryNetwork()
  const peers = ['a', 'b', 'c', 'd'].map(name => peerOf(network, name))
  for (const [index, next] of ['b', 'c', 'd'].entries()) peers[index]?.transport.connect(next)
  await until(() => peers.every(({ sync }) => sync.status(community).state === 'synced'), 'met')
  const [a] = peers as [Peer]
  const before = peers.map(({ sessions }) => sessions.length)
  for (const envelope of [...fresh(20), ...fresh(1, GOSSIP_INLINE_BYTES + 100)]) {
    a.replica.add(community, envelope)
    a.sync.publish(community, envelope)
  }
  await until(() => peers.every(({ replica }) => replica.count(community) === 21), 'all have all')
  assert.equal(peers.map(({ sessions }) => sessions.length), before, 'no session was needed')
})

test('what a session brought reaches others by their own sessions', async () => {
  const network = createMemoryNetwork()
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs > 60_000 ? delayMs : delayMs / 20, call) }
  const [a, b, c] = [peerOf(network, 'a', { scheduler }), peerOf(network, 'b', { scheduler }), peerOf(network, 'c', { scheduler })]
  b.transport.connect('c')
  await until(() => b.sync.status(community).state === 'synced', 'b and c met')
  a.replica.add(community, ...Array.from({ length: 10 }, () => envelopeOf({ timeMs: 0 }))) // far too old for gossip
  a.transport.connect('b')
  await until(() => equal(a, b, c) && c.replica.count(community) === 10, 'c has it')
})

test('gossip that is lost is made up for by the timer', async () => {
  const network = createMemoryNetwork({ drop: () => true })
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs >= 60_000 ? 20 : delayMs, call) }
  const [a, b] = [peerOf(network, 'a', { intervalMs: 100_000, scheduler }), peerOf(network, 'b')]
  a.transport.connect('b')
  await until(() => b.sync.status(community).state === 'synced', 'met')
  a.replica.add(community, ...fresh(1)) // its message is on no way at all: nobody here knows that it is missing there
  await until(() => b.replica.count(community) === 1, 'b has it')
})

test('what gossip brought to nobody, though members are there, goes by sessions at once', async () => {
  const network = createMemoryNetwork({ drop: () => true })
  const [a, b] = [peerOf(network, 'a'), peerOf(network, 'b')]
  a.transport.connect('b')
  await until(() => b.sync.status(community).state === 'synced', 'met')
  const [envelope] = fresh(1) as [Uint8Array]
  a.replica.add(community, envelope)
  a.sync.publish(community, envelope)
  await until(() => b.replica.count(community) === 1, 'b has it')
})

test('what one peer brings reaches another one that was just met, whose turn to begin it was', async () => {
  const network = createMemoryNetwork()
  const [a, b, z] = [peerOf(network, 'a'), peerOf(network, 'b'), peerOf(network, 'z')]
  b.replica.add(community, ...fresh(5))
  z.transport.connect('a')
  await until(() => a.sessions.length > 0 && z.sessions.length > 0, 'a asked z')
  z.transport.connect('b')
  await until(() => z.replica.count(community) === 5, 'z has it')
  await until(() => a.replica.count(community) === 5, 'a has it, though z was to begin with it only if it had not begun')
})

test('what one member brings to a hub reaches all others around it, a few at a time', async () => {
  const network = createMemoryNetwork()
  const hub = peerOf(network, 'm', { random: Math.random })
  const members = Array.from({ length: 4 * SPREAD_PEERS }, (_, n) => peerOf(network, `${n % 2 === 0 ? 'a' : 'z'}${n}`))
  for (const { transport } of members) transport.connect('m')
  await until(() => members.every(({ sync }) => sync.status(community).state === 'synced'), 'all met the hub')
  await until(() => hub.sessions.length >= members.length, 'and it knows')
  const before = hub.sessions.length
  const late = peerOf(network, 'late')
  late.replica.add(community, ...fresh(3))
  late.transport.connect('m')
  await until(() => members.every(({ replica }) => replica.count(community) === 3), 'all have it')
  await until(() => hub.sessions.length - before > members.length, 'and the hub knows')
  assert.is(hub.sessions.length - before, members.length + 1, 'by one session each')
})

test('members that know only the address have the genesis as soon as one of them has it', async () => {
  for (const names of [['a', 'b', 'c'], ['c', 'b', 'a'], ['b', 'a', 'c']]) {
    const network = createMemoryNetwork()
    const [knows, middle, last] = names.map((name, at) => peerOf(network, name, { genesis: at === 0 })) as [Peer, Peer, Peer]
    middle.transport.connect(last.transport.self)
    await until(() => [...middle.sessions, ...last.sessions].some(session => session.includes('unknown')), 'neither has it')
    middle.transport.connect(knows.transport.self)
    await until(() => middle.replica.genesis(community) !== undefined && last.replica.genesis(community) !== undefined, `all have it: ${names.join()}`)
  }
})

test('what comes while a session is under way is in the next one', async () => {
  const network = createMemoryNetwork({ delayMs: (from, to) => from === 'a' || to === 'a' ? 60 : 0 })
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs > 60 ? delayMs / 20 : delayMs, call) }
  const [a, b, z] = [peerOf(network, 'a'), peerOf(network, 'b'), peerOf(network, 'z', { scheduler })]
  z.replica.add(community, ...fresh(1))
  b.replica.add(community, envelopeOf({ period: 202602, timeMs: Date.now() })) // a month that the session does not open
  z.transport.connect('a')
  await until(() => a.replica.batches.length > 0, 'a session is in its middle')
  z.transport.connect('b')
  await until(() => z.replica.count(community) === 2, 'z has it')
  assert.is(a.sync.status(community).exchanges[0]?.state, 'syncing')
  await until(() => a.replica.count(community) === 2, 'a has it')
})

test('a session that broke off is repeated soon, and begins again where the other side was busy', async () => {
  for (const first of ['abort', 'busy'] as const) {
    const network = createMemoryNetwork()
    const a = peerOf(network, 'a', { scheduler: { after: (delayMs, call) => realScheduler.after(delayMs / 20, call) } })
    const m = network.peer('m')
    m.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
    let asked = 0
    m.handle(SYNC_PROTOCOL, async channel => {
      await channel.read({ maxBytes: 1000 })
      if (++asked < 4 && first === 'abort') return channel.abort(new Error('the stream was reset'))
      await channel.write(encodeFrame({ type: asked < 4 ? 'busy' : 'unknown' }))
      await channel.close()
    })
    a.transport.connect('m')
    await until(() => a.sessions.length > 3, `${first}: asked again until it answered`)
    assert.equal(a.sessions.slice(0, 4).map(session => session.split(' ')[1]), [...Array.from({ length: 3 }, () => first === 'abort' ? 'failed' : 'busy'), 'unknown'])
    await a.sync.close()
  }
})

test('syncNow makes all present peers equal and tells what moved; alone it does nothing', async () => {
  const network = createMemoryNetwork()
  const peers = ['m', 'a', 'z', 'x'].map(name => peerOf(network, name))
  const [m] = peers as [Peer]
  assert.equal(await m.sync.syncNow(community), { sessions: [], received: 0, sent: 0 })
  for (const [index, { replica }] of peers.entries()) replica.add(community, ...fresh(10 + index))
  for (const name of ['a', 'z', 'x']) m.transport.connect(name)
  await m.sync.syncNow(community)
  const second = await m.sync.syncNow(community)
  assert.equal(second.sessions.map(({ peer, result }) => `${peer} ${result.status}`).sort(), ['a done', 'x done', 'z done'])
  assert.is(m.replica.count(community), 10 + 11 + 12 + 13)
  assert.ok(equal(...peers))
})

test('syncNow of both sides at once works for both', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [peerOf(network, 'a'), peerOf(network, 'b')]
  a.transport.connect('b')
  for (let round = 0; round < 5; round++) {
    a.replica.add(community, ...fresh(3))
    b.replica.add(community, ...fresh(3))
    const outcomes = await Promise.all([a.sync.syncNow(community), b.sync.syncNow(community)])
    assert.ok(outcomes.every(({ sessions }) => sessions.every(({ result }) => result.status === 'done')), JSON.stringify(outcomes))
    assert.ok(equal(a, b))
  }
})

test('syncNow rejects with its signal\'s reason, and with CLOSED', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  const silent = network.peer('silent')
  silent.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  silent.handle(SYNC_PROTOCOL, async () => {})
  a.transport.connect('silent')
  const controller = new AbortController()
  const aborted = a.sync.syncNow(community, { signal: controller.signal }).then(() => 'resolved', (error: unknown) => (error as Error).message)
  await until(() => a.sync.status(community).state === 'syncing', 'a session waits')
  controller.abort(new Error('enough'))
  assert.is(await aborted, 'enough')
  const closed = a.sync.syncNow(community).then(() => 'resolved', (error: unknown) => error instanceof CrdtIndexError ? error.code : String(error))
  await a.sync.close()
  assert.is(await closed, 'CLOSED')
})

test('a peer that sends what is invalid is left alone, whoever begins', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [peerOf(network, 'a'), peerOf(network, 'b')]
  b.replica.add(community, envelopeOf({ invalid: true }))
  a.transport.connect('b')
  await until(() => a.sessions.length > 0, 'the session failed')
  assert.match(a.sessions[0] ?? '', /b failed 1 .*invalid envelope/)
  const [exchange] = a.sync.status(community).exchanges
  assert.is(exchange?.state, 'fault')
  assert.match(exchange?.error ?? '', /invalid envelope/)
  assert.ok((exchange?.againMs ?? 0) > Date.now(), 'until when')
  assert.is(a.sync.status(community).state, 'behind')
  const { sessions } = await b.sync.syncNow(community)
  assert.equal(sessions.map(({ result }) => result.status), ['busy'])
})

/** A member that takes sessions up and says nothing, or only `welcome`. */
function silentMember (network: MemoryNetwork, name: string, says: 'nothing' | 'welcome'): { readonly transport: MemoryTransport, readonly asked: () => number } {
  const transport = network.peer(name)
  let asked = 0
  transport.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  transport.handle(SYNC_PROTOCOL, async channel => {
    asked++
    await channel.read({ maxBytes: 1000 })
    if (says === 'welcome') await channel.write(encodeFrame({ type: 'welcome', genesis: null, hasGenesis: true }))
    await new Promise(() => {})
  })
  return { transport, asked: () => asked }
}

test('syncNow reaches an honest peer behind silent ones, which are then left alone, longer each time', async () => {
  const network = createMemoryNetwork()
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs / 10, call) }
  let nowMs = Date.now()
  const a = peerOf(network, 'a', { scheduler, clock: () => nowMs })
  const silent = Array.from({ length: 6 }, (_, n) => silentMember(network, `m${n}`, 'nothing'))
  for (const { transport } of silent) a.transport.connect(transport.self)
  const z = peerOf(network, 'z')
  z.replica.add(community, ...fresh(20))
  a.transport.connect('z')
  const asked = (): number => silent.reduce((sum, member) => sum + member.asked(), 0)
  await a.sync.syncNow(community)
  assert.is(a.replica.count(community), 20)
  await until(() => a.sessions.filter(session => session.startsWith('m')).length >= 6, 'the silent ones are given up')
  const before = asked()
  assert.equal((await a.sync.syncNow(community)).sessions.map(({ peer }) => peer), ['z'], 'they are left alone')
  assert.is(asked(), before)
  nowMs += SILENCE_BACKOFF_MS
  const failed = (): number => a.sessions.filter(session => session.startsWith('m')).length
  const once = failed()
  assert.equal((await a.sync.syncNow(community)).sessions.map(({ peer }) => peer), ['z'], 'they are not waited for')
  await until(() => failed() === once + silent.length, 'they are asked again')
  nowMs += SILENCE_BACKOFF_MS
  const again = asked()
  await a.sync.syncNow(community)
  assert.is(asked(), again, 'left alone for twice as long')
  nowMs += SILENCE_BACKOFF_MS
  await a.sync.syncNow(community)
  await until(() => asked() > again, 'asked again')
})

test('syncNow does not ask those again who turn out to be silent while it waits for them', async () => {
  const network = createMemoryNetwork()
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs / 10, call) }
  const a = peerOf(network, 'a', { scheduler })
  const silent = Array.from({ length: 4 }, (_, n) => silentMember(network, `m${n}`, 'nothing'))
  for (const { transport } of silent) a.transport.connect(transport.self)
  await until(() => silent.every(member => member.asked() === 1), 'sessions began by themselves')
  a.transport.connect(peerOf(network, 'z').transport.self)
  const { sessions } = await a.sync.syncNow(community)
  assert.equal(sessions.filter(({ result }) => result.status === 'done').map(({ peer }) => peer), ['z'])
  assert.equal(silent.map(member => member.asked()), [1, 1, 1, 1])
})

test('syncNow has a deadline, after which it tells what was done', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  a.transport.connect(silentMember(network, 'm', 'welcome').transport.self)
  const z = peerOf(network, 'z')
  z.replica.add(community, ...fresh(20))
  a.transport.connect('z')
  await until(() => a.replica.count(community) === 20 && a.sync.status(community).lastSyncMs !== null, 'met')
  const outcome = await a.sync.syncNow(community, { timeoutMs: 200 })
  assert.equal(outcome.sessions.map(({ peer, result }) => `${peer} ${result.status} ${result.error ?? ''}`).sort(), ['m failed no end after 200 ms', 'z done '])
})

test('answers unknown for a community it takes no part in, get and hello, and busy when asked too often', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  const stranger = network.peer('s')
  stranger.connect('a')
  const [held] = fresh(1) as [Uint8Array]
  a.replica.add(community, held)
  const [item] = [...a.replica.items(community, 202601)] as [Uint8Array]
  const ask = async (frame: Parameters<typeof encodeFrame>[0]): Promise<ReturnType<typeof decodeFrame>> => {
    const channel = await stranger.open('a', SYNC_PROTOCOL)
    await channel.write(encodeFrame(frame))
    const answer = await channel.read({ maxBytes: 2 ** 20 })
    await channel.close()
    return decodeFrame(answer as Uint8Array)
  }
  const other = hexToBytes(communityOf('other'))
  assert.equal(await ask({ type: 'hello', address: other, hasGenesis: false, only: null }), { type: 'unknown' })
  assert.equal(await ask({ type: 'get', address: other, period: 0, hashes: [item.slice(8)] }), { type: 'unknown' })
  assert.equal(await ask({ type: 'get', address: hexToBytes(community), period: 202601, hashes: [new Uint8Array(32), item.slice(8)] }), { type: 'envelopes', envelopes: [null, held] })
  const answers: string[] = []
  for (let n = 0; n < 200; n++) answers.push((await ask({ type: 'hello', address: other, hasGenesis: false, only: null })).type)
  assert.ok(answers.includes('busy'))
  assert.is(answers[0], 'unknown')
})

test('how a session with somebody who is no member ended is not remembered', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a', { scheduler: { after: (delayMs, call) => delayMs === SECOND_INITIATOR_DELAY_MS * 1.5 ? () => {} : realScheduler.after(delayMs, call) } })
  const stranger = network.peer('0')
  stranger.connect('a')
  const channel = await stranger.open('a', SYNC_PROTOCOL)
  await channel.write(encodeFrame({ type: 'hello', address: hexToBytes(community), hasGenesis: true, only: null }))
  await channel.read({ maxBytes: 1000 })
  channel.abort(new Error('enough'))
  await until(() => a.sessions.length === 1, 'it failed')
  stranger.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  await until(() => a.sync.status(community).peers === 1, 'it is a member now')
  assert.is(a.sync.status(community).exchanges[0]?.state, 'waiting')
})

test('leaving ends the sessions and the topic; joining again starts over', async () => {
  const network = createMemoryNetwork()
  const [a, b] = [peerOf(network, 'a'), peerOf(network, 'b')]
  a.transport.connect('b')
  await until(() => a.sync.status(community).state === 'synced', 'met')
  a.replica.leave(community)
  a.sync.leave(community)
  await until(() => b.sync.status(community).state === 'alone', 'b is alone')
  assert.equal(a.sync.status(community), { state: 'alone', peers: 0, lastSyncMs: null, missing: 0, exchanges: [], shards: [] })
  b.replica.add(community, ...fresh(5))
  join(a, community, false)
  await until(() => a.replica.count(community) === 5, 'a has it again')
})

test('request begins a session with the peer', async () => {
  const network = createMemoryNetwork({ drop: () => true })
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs > 60_000 ? delayMs : delayMs / 20, call) }
  const [a, b] = [peerOf(network, 'a', { scheduler }), peerOf(network, 'b')]
  a.transport.connect('b')
  await until(() => a.sync.status(community).state === 'synced', 'met')
  b.replica.add(community, ...fresh(2))
  a.sync.request(community, 'b')
  a.sync.request(community, 'nobody')
  await until(() => a.replica.count(community) === 2, 'a has it')
})

test('close waits for no session that is in its middle, and leaves no timer', async () => {
  const network = createMemoryNetwork({ delayMs: () => 5 })
  const scheduler = countingScheduler()
  const [a, b] = [peerOf(network, 'a', { scheduler }), peerOf(network, 'b')]
  const c = peerOf(network, 'c') // would be told what came from b
  b.replica.add(community, ...fresh(3000, 3000))
  a.transport.connect('c')
  await until(() => a.sync.status(community).state === 'synced' && c.sessions.length === 1, 'c was met')
  a.transport.connect('b')
  await until(() => a.replica.count(community) > 0, 'a session is under way')
  await a.sync.close()
  await a.sync.close()
  await new Promise(resolve => { setTimeout(resolve, 20) })
  assert.is(scheduler.set.size, 0)
  assert.ok(a.replica.count(community) < 3000, 'it was in the middle')
  assert.equal(b.transport.peers(topicOf(community)), [])
})

test.run()
