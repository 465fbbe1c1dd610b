// A month that somebody waits for comes beside whatever else is under way.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { META_PERIOD, type Period } from '../../src/model.ts'
import { MAX_INBOUND_ASIDES, MAX_INBOUND_ASIDES_PER_PEER } from '../../src/limits.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { createAsides, type AsideOptions } from '../../src/sync/aside.ts'
import { unpackFrame } from '../../src/sync/deflated.ts'
import { encodeFrame, SYNC_PROTOCOL } from '../../src/sync/frames.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { createPeerBook } from '../../src/sync/peer-book.ts'
import { FAILED } from '../../src/sync/session.ts'
import { createSynchroniser, type Synchroniser } from '../../src/sync/synchroniser.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, topicOf, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('a month that somebody waits for')
const community = communityOf('c')
const [NEWEST, WANTED] = [202601, 202501]

interface Peer { readonly transport: MemoryTransport, readonly replica: MemoryReplica, readonly sync: Synchroniser }
const open: Peer[] = []
const releases: Array<() => void> = []
test.after.each(async () => {
  for (const release of releases.splice(0)) release()
  for (const { sync, transport } of open.splice(0)) {
    await sync.close()
    transport.close()
  }
})
function peerOf (network: MemoryNetwork, name: string, held: readonly Uint8Array[] = []): Peer {
  const transport = network.peer(name)
  const replica = createMemoryReplica()
  const sync = createSynchroniser({ transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000 })
  replica.join(community, genesisOf('c'))
  replica.add(community, ...held)
  sync.join(community)
  const peer = { transport, replica, sync }
  open.push(peer)
  return peer
}
const heldOf = ({ replica }: Peer, period: Period): number => replica.shards(community).find(shard => shard.period === period)?.count ?? 0
const many = (count: number, period: Period): Uint8Array[] => Array.from({ length: count }, () => envelopeOf({ period, length: 200 }))

/** What is taken in of the newest month is stored, and then whoever took it in waits. */
function stick ({ replica }: Peer): { readonly isStuck: () => boolean } {
  const ingest = replica.ingest.bind(replica)
  let stuck = 0
  replica.ingest = async (community, envelopes, from) => {
    const verdicts = await ingest(community, envelopes, from)
    if (envelopes.some(envelope => format.place(envelope)?.period === NEWEST)) {
      stuck++
      await new Promise<void>(resolve => { releases.push(resolve) })
    }
    return verdicts
  }
  return { isStuck: () => stuck > 0 }
}

for (const reader of ['a', 'z']) {
  test(`while a long session with the same peer goes on, ${reader === 'a' ? 'which' : 'which the other'} began it`, async () => {
    const network = createMemoryNetwork()
    const a = peerOf(network, reader)
    const b = peerOf(network, 'm', [...many(3000, NEWEST), ...many(700, WANTED), ...many(5, META_PERIOD)])
    const { isStuck } = stick(a)
    a.transport.connect('m')
    await until(isStuck, 'the long session is in the midst of the newest month')
    const { sessions } = await a.sync.foreground(community, WANTED)
    assert.equal(sessions.map(({ peer, result }) => [peer, result.status, result.shards]), [['m', 'done', [{ period: WANTED, equal: true, missing: 0 }]]])
    assert.is(heldOf(a, WANTED), 700)
    assert.ok(heldOf(a, NEWEST) < 3000)
    assert.is(a.sync.status(community).state, 'syncing', 'the long one is still under way')
    const ingest = a.replica.ingest
    assert.ok(ingest)
    const freeing = setInterval(() => { for (const release of releases.splice(0)) release() }, 1)
    try {
      await until(() => a.replica.count(community) === b.replica.count(community), 'the long one brings the rest')
    } finally {
      clearInterval(freeing)
    }
  })
}

test('the next peer is asked where the first have nothing, until somebody has it', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  for (let n = 0; n < 6; n++) peerOf(network, `empty ${n}`)
  const full = peerOf(network, 'full')
  for (const { transport } of open.slice(1)) a.transport.connect(transport.self)
  await until(() => a.sync.status(community).state === 'synced', 'all met')
  full.replica.add(community, ...many(20, WANTED))
  const { sessions, received } = await a.sync.foreground(community, WANTED)
  assert.ok(sessions.length <= 7)
  assert.is(received, 20)
  assert.is(heldOf(a, WANTED), 20)
})

test('nobody connected, nobody who has it, and a signal', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  assert.equal(await a.sync.foreground(community, WANTED), { sessions: [], received: 0, sent: 0 })
  const b = peerOf(network, 'b', many(600, WANTED))
  b.replica.read = async () => await new Promise(() => {})
  a.transport.connect('b')
  const controller = new AbortController()
  const asked = a.sync.foreground(community, WANTED, { signal: controller.signal })
  setTimeout(() => { controller.abort(new Error('enough')) }, 20)
  try {
    await asked
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
})

test('of one peer one is answered at a time, and so many in all', async () => {
  const network = createMemoryNetwork()
  peerOf(network, 'a', many(3, WANTED))
  const hello = encodeFrame({ type: 'hello', address: hexToBytes(community), hasGenesis: true, only: WANTED })
  const answers: string[] = []
  for (let n = 0; n <= MAX_INBOUND_ASIDES; n++) {
    const asker = network.peer(`asker ${n}`)
    asker.connect('a')
    for (let again = 0; again < 2; again++) {
      const channel = await asker.open('a', SYNC_PROTOCOL)
      await channel.write(hello)
      answers.push((await unpackFrame(await channel.read({ maxBytes: 1000 }) ?? new Uint8Array())).type)
    }
  }
  assert.is(answers.filter(type => type === 'welcome').length, MAX_INBOUND_ASIDES)
  assert.equal(answers.slice(0, 2), ['welcome', 'busy'])
  assert.equal(answers.slice(-2), ['busy', 'busy'])
})

test('a peer of many communities leaves room for others', () => {
  const unused = async (): Promise<never> => await Promise.reject(new Error('unused'))
  const asides = createAsides({ transport: { open: unused }, peers: createPeerBook(Date.now), session: {} as AsideOptions['session'], onProgress: () => {}, onEnd: () => {} })
  const { signal } = new AbortController()
  const admitted = Array.from({ length: MAX_INBOUND_ASIDES }, (_, n) => asides.admit(communityOf(`c ${n}`), 'greedy', signal)).filter(each => each !== undefined)
  assert.is(admitted.length, MAX_INBOUND_ASIDES_PER_PEER)
  assert.ok(asides.admit(communityOf('c 0'), 'other', signal))
  admitted[0]?.done(FAILED)
  assert.ok(asides.admit(communityOf('c 9'), 'greedy', signal))
})

test('who gives up takes the month from nobody else who waits for it', async () => {
  const network = createMemoryNetwork()
  const a = peerOf(network, 'a')
  const b = peerOf(network, 'b')
  a.transport.connect('b')
  await until(() => a.sync.status(community).state === 'synced', 'met')
  b.replica.add(community, ...many(20, WANTED))
  const read = b.replica.read.bind(b.replica)
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>()
  let isAsked = false
  b.replica.read = async (...asked) => {
    isAsked = true
    await held
    return await read(...asked)
  }
  const controller = new AbortController()
  const given = a.sync.foreground(community, WANTED, { signal: controller.signal }).catch(() => null)
  await until(() => isAsked, 'the first asks')
  const waiting = a.sync.foreground(community, WANTED)
  controller.abort(new Error('enough'))
  release(undefined)
  await given
  const { sessions } = await waiting
  assert.ok(sessions.length === 1 && sessions[0]?.result.status !== 'failed', sessions[0]?.result.error)
})

test.run()
