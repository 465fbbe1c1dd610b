// Members that withhold, lie, flood or go: what others tell of them, and that they do not keep honest ones apart.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { INBOUND_BURST, REFUSAL_BURST } from '../../src/limits.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import type { Period } from '../../src/model.ts'
import { decodeFrame, encodeFrame, SYNC_PROTOCOL, type Frame } from '../../src/sync/frames.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { realScheduler, type Scheduler } from '../../src/sync/scheduler.ts'
import type { PeerSync, ShardSync, SyncStatus } from '../../src/sync/sync-status.ts'
import { createSynchroniser, type Synchroniser, type SynchroniserOptions } from '../../src/sync/synchroniser.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, topicOf, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('members that lie')
const community = communityOf('c')
const MONTH = 202601

interface Peer { readonly transport: MemoryTransport, readonly replica: MemoryReplica, readonly sync: Synchroniser, readonly status: () => SyncStatus }
const open: Peer[] = []
test.after.each(async () => {
  for (const { sync, transport } of open.splice(0)) {
    await sync.close()
    transport.close()
  }
})

function peerOf (network: MemoryNetwork, name: string, options: Partial<SynchroniserOptions> = {}, held: readonly Uint8Array[] = []): Peer {
  const transport = network.peer(name)
  const replica = createMemoryReplica()
  const sync = createSynchroniser({ transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000, ...options })
  replica.join(community, genesisOf('c'))
  replica.add(community, ...held)
  sync.join(community)
  const peer = { transport, replica, sync, status: () => sync.status(community) }
  open.push(peer)
  return peer
}
const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => envelopeOf())
const toward = ({ status }: Peer, name: string): PeerSync | undefined => status().exchanges.find(({ peer }) => peer === name)
const shard = ({ status }: Peer, period: Period = MONTH): ShardSync | undefined => status().shards.find(shard => shard.period === period)

/** Names all that it has and gives only some of it. */
function withhold (replica: MemoryReplica, isGiven: (hash: Uint8Array) => boolean): void {
  const read = replica.read.bind(replica)
  replica.read = async (community, period, hashes) => (await read(community, period, hashes)).map((envelope, index) => isGiven(hashes[index] ?? new Uint8Array()) ? envelope : undefined)
}

/** A member by script, which answers sessions and begins none; `answer` gets each frame after `hello`. */
function scripted (network: MemoryNetwork, name: string, answer: (frame: Frame) => Frame | null): MemoryTransport {
  const transport = network.peer(name)
  transport.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  transport.handle(SYNC_PROTOCOL, async channel => {
    await channel.read({ maxBytes: 1000 })
    await channel.write(encodeFrame({ type: 'welcome', genesis: null, hasGenesis: true }))
    for (;;) {
      const bytes = await channel.read({ maxBytes: 2 ** 20 })
      if (bytes === null) return
      const reply = answer(decodeFrame(bytes))
      if (reply !== null) await channel.write(encodeFrame(reply))
    }
  })
  return transport
}

test('who names what it does not give is named, and the rest comes from an honest one', async () => {
  const network = createMemoryNetwork()
  const envelopes = many(40)
  const a = peerOf(network, 'a')
  const m = peerOf(network, 'm', {}, envelopes)
  const kept = new Set([...m.replica.items(community, MONTH)].slice(0, 12).map(item => Buffer.from(item.slice(8)).toString('hex')))
  withhold(m.replica, hash => !kept.has(Buffer.from(hash).toString('hex')))
  a.transport.connect('m')
  await until(() => toward(a, 'm')?.state === 'withholds', 'a knows what m does')
  assert.is(a.replica.count(community), 28)
  assert.equal([a.status().state, a.status().missing, toward(a, 'm')?.missing], ['behind', 12, 12])
  assert.equal(shard(a), { period: MONTH, state: 'behind', held: 28, missing: 12, agreeing: 0, elsewhere: 0 })

  const h = peerOf(network, 'h', {}, envelopes)
  a.transport.connect('h')
  await until(() => toward(a, 'h')?.state === 'equal', 'the honest one brought the rest')
  assert.is(a.replica.count(community), 40)
  assert.equal(shard(a), { period: MONTH, state: 'synced', held: 40, missing: 0, agreeing: 1, elsewhere: 0 })
  assert.is(h.status().state, 'synced')
})

test('what does not exist keeps nobody behind for long: one says there is more, another has the same', async () => {
  const network = createMemoryNetwork()
  const envelopes = many(30)
  const a = peerOf(network, 'a', {}, envelopes)
  const m = peerOf(network, 'm', {}, [...envelopes, ...many(500)])
  const real = new Set([...a.replica.items(community, MONTH)].map(item => Buffer.from(item.slice(8)).toString('hex')))
  withhold(m.replica, hash => real.has(Buffer.from(hash).toString('hex')))
  a.transport.connect('m')
  await until(() => toward(a, 'm')?.state === 'withholds', 'a asked for it')
  assert.equal([a.status().state, a.status().missing], ['behind', 500])
  peerOf(network, 'h', {}, envelopes)
  a.transport.connect('h')
  await until(() => toward(a, 'h')?.state === 'equal', 'compared')
  assert.equal([a.status().state, a.status().missing, toward(a, 'm')?.missing], ['synced', 0, 500])
  await a.sync.syncNow(community)
  assert.is(a.status().state, 'synced', 'whoever is asked last')
})

test('who agrees with everything and has nothing keeps nothing from anybody', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a', {}, many(5))
  scripted(network, 'm', frame => frame.type === 'shards' || frame.type === 'digest' ? frame : null)
  a.transport.connect('m')
  await until(() => toward(a, 'm')?.state === 'equal', 'it says so')
  peerOf(network, 'h', {}, many(20))
  a.transport.connect('h')
  await until(() => a.replica.count(community) === 25 && toward(a, 'h')?.state === 'equal', 'the honest one brings what it has')
})

test('boasting with numbers, and with months to come, and then silence', async () => {
  const network = createMemoryNetwork()
  const scheduler: Scheduler = { after: (delayMs, call) => realScheduler.after(delayMs / 50, call) }
  const a = peerOf(network, 'a', { scheduler }, many(5))
  scripted(network, 'm', frame => frame.type !== 'shards'
    ? null
    : { type: 'shards', shards: [0, 197001, MONTH, 999912].map(period => ({ period, digest: new Uint8Array(32).fill(7), count: 2 ** 50 })), since: 0, partial: [] })
  a.transport.connect('m')
  await until(() => toward(a, 'm')?.state === 'silent', 'given up')
  assert.ok((toward(a, 'm')?.againMs ?? 0) > Date.now())
  assert.equal(a.status().shards.map(({ period, held }) => [period, held]), [[0, 0], [MONTH, 5], [197001, 0]], 'nobody has posts of a month to come')
  const h = peerOf(network, 'h', { scheduler }, many(5))
  a.transport.connect('h')
  await until(() => toward(a, 'h')?.state === 'equal' && h.status().state === 'synced', 'the honest one is reached')
  assert.equal([a.status().state, a.status().missing], ['synced', 0], 'it is not believed against another one')
  for (const name of ['m', 'h']) a.transport.disconnect(name)
  assert.equal([a.status().state, a.status().missing], ['alone', 0], 'nor missed')
})

test('a session that is cut leaves the month partly held, also when nobody is there any more, until it is whole', async () => {
  const network = createMemoryNetwork()
  const envelopes = many(3000)
  const a = peerOf(network, 'a')
  const b = peerOf(network, 'b', {}, envelopes)
  const ingest = a.replica.ingest.bind(a.replica)
  a.replica.ingest = async (...batch) => {
    const verdicts = await ingest(...batch)
    if (a.replica.count(community) >= 512) b.transport.disconnect('a')
    return verdicts
  }
  a.transport.connect('b')
  await until(() => a.status().state === 'alone' && a.replica.count(community) >= 512, 'cut')
  await until(() => (shard(a)?.missing ?? 0) > 0, 'the end is told')
  const { held = 0, missing = 0, state } = shard(a) ?? {}
  assert.equal([held + missing, state], [3000, 'alone'])
  assert.ok(held < 3000)

  a.replica.ingest = ingest
  peerOf(network, 'c', {}, envelopes)
  a.transport.connect('c')
  await until(() => a.status().state === 'synced', 'whole')
  assert.equal(shard(a), { period: MONTH, state: 'synced', held: 3000, missing: 0, agreeing: 1, elsewhere: 0 })
  a.transport.disconnect('c')
  assert.equal([a.status().state, a.status().missing], ['alone', 0])
})

test('while something comes, the month says so, and how much is to come', async () => {
  const network = createMemoryNetwork()
  const seen: ShardSync[] = []
  const a = peerOf(network, 'a', { onChange: () => { seen.push(...a.status().shards) } })
  peerOf(network, 'b', {}, [...many(1500), ...Array.from({ length: 20 }, () => envelopeOf({ period: 202512 }))])
  a.transport.connect('b')
  await until(() => a.status().state === 'synced', 'met')
  assert.ok(seen.some(({ period, state, held, missing }) => period === 202512 && state === 'syncing' && held === 0 && missing === 20), 'the older month waits')
  const ofMonth = seen.filter(({ period, state }) => period === MONTH && state === 'syncing')
  assert.ok(ofMonth.some(({ held, missing }) => held > 0 && missing > 0))
  assert.ok(ofMonth.every(({ held, missing }) => held + missing <= 1500), 'nothing is counted twice')
})

test('what is kept out because of the clock is told as that, and what else is not taken as a difference', async () => {
  for (const [reason, state] of [['ahead of time', 'early'], ['over budget', 'differs']] as const) {
    const network = createMemoryNetwork()
    const a = peerOf(network, 'a')
    a.replica.ingest = async (_community, envelopes) => envelopes.map(() => ({ verdict: 'ignore', reason }))
    const b = peerOf(network, 'b', {}, many(3))
    a.transport.connect('b')
    await until(() => toward(a, 'b')?.state === state, reason)
    assert.is(toward(b, 'a')?.state, 'differs')
    assert.equal([a.status().state, a.status().missing], ['behind', 0])
  }
})

test('who opens channels without end is refused, then not answered, and left alone', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  const flooder = network.peer('f')
  flooder.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
  flooder.connect('a')
  const hello = encodeFrame({ type: 'hello', address: hexToBytes(communityOf('other')), hasGenesis: false, only: null })
  const ask = async (): Promise<string> => {
    const channel = await flooder.open('a', SYNC_PROTOCOL)
    try {
      await channel.write(hello)
      const answer = await channel.read({ maxBytes: 1000 })
      return answer === null ? 'ended' : decodeFrame(answer).type
    } catch {
      return 'aborted'
    } finally {
      channel.abort(new Error('done'))
    }
  }
  const answers: string[] = []
  while (answers.at(-1) !== 'aborted' && answers.length < 3 * (INBOUND_BURST + REFUSAL_BURST)) answers.push(await ask())
  assert.is(answers.at(-1), 'aborted')
  assert.ok(answers.filter(answer => answer === 'unknown').length >= INBOUND_BURST)
  assert.ok(answers.filter(answer => answer === 'busy').length >= REFUSAL_BURST)
  assert.ok((toward(a, 'f')?.againMs ?? 0) > Date.now(), 'it is left alone')
  assert.is(toward(a, 'f')?.state === 'equal', false)
  peerOf(network, 'h', {}, many(3))
  a.transport.connect('h')
  await until(() => a.replica.count(community) === 3, 'others are answered')
})

test.run()
