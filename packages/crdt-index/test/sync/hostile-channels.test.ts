// What a peer can make another one hold or compute by the channels that it opens.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { MAX_INBOUND_GETS, MAX_INBOUND_GETS_PER_PEER, MAX_INBOUND_SESSIONS, MAX_INBOUND_SESSIONS_PER_PEER, SALT_BURST, SALT_TOTAL_BURST, SALT_TOTAL_REFILL_MS } from '../../src/limits.ts'
import type { Channel } from '../../src/model.ts'
import { packFrame } from '../../src/sync/deflated.ts'
import { decodeFrame, encodeFrame, SYNC_PROTOCOL, type Frame } from '../../src/sync/frames.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { createPeerBook } from '../../src/sync/peer-book.ts'
import { createReconciliation } from '../../src/sync/reconcile.ts'
import { createSynchroniser, type Synchroniser } from '../../src/sync/synchroniser.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, sha256, topicOf, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('channels of hostile peers')
const community = communityOf('c')
const PERIOD = 202601
const own = envelopeOf({ period: PERIOD })

interface Fixture { readonly network: MemoryNetwork, readonly replica: MemoryReplica, readonly peer: (name: string) => MemoryTransport }
const open: Array<{ readonly sync: Synchroniser, readonly transport: MemoryTransport }> = []
test.after.each(async () => {
  for (const { sync, transport } of open.splice(0)) {
    await sync.close()
    transport.close()
  }
})

function victim (more: readonly string[] = []): Fixture {
  const network = createMemoryNetwork()
  const transport = network.peer('v')
  const replica = createMemoryReplica()
  const sync = createSynchroniser({ transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000 })
  replica.join(community, genesisOf('c'))
  replica.add(community, own)
  sync.join(community)
  for (const name of more) {
    replica.join(communityOf(name), genesisOf(name))
    sync.join(communityOf(name))
  }
  open.push({ sync, transport })
  return {
    network,
    replica,
    peer (name) {
      const peer = network.peer(name)
      peer.connect('v')
      return peer
    }
  }
}
const send = async (channel: Channel, frame: Frame): Promise<void> => { await channel.write(encodeFrame(frame)) }
const receive = async (channel: Channel): Promise<Frame | null> => {
  const bytes = await channel.read({ maxBytes: 2 ** 20 })
  return bytes === null ? null : decodeFrame(bytes)
}
const get: Frame = { type: 'get', address: hexToBytes(community), period: PERIOD, hashes: [sha256(own.subarray(0, 60))] }

test('a peer of many communities leaves others their turn, and has more than its share where nobody else comes', async () => {
  const names = Array.from({ length: MAX_INBOUND_SESSIONS }, (_, n) => `c${n}`)
  const { peer } = victim(names)
  const begin = async (from: MemoryTransport, name: string): Promise<{ readonly channel: Channel, readonly answer: string | undefined }> => {
    const channel = await from.open('v', SYNC_PROTOCOL)
    await send(channel, { type: 'hello', address: hexToBytes(communityOf(name)), hasGenesis: true, only: null })
    return { channel, answer: (await receive(channel))?.type }
  }
  const answers = async (from: MemoryTransport, some: readonly string[]): Promise<Array<Awaited<ReturnType<typeof begin>>>> => {
    const begun = []
    for (const name of some) begun.push(await begin(from, name)) // all of them stay open: nobody says `shards`
    return begun
  }
  const welcomed = (begun: ReadonlyArray<{ readonly answer: string | undefined }>): number => begun.filter(({ answer }) => answer === 'welcome').length
  const greedy = await answers(peer('greedy'), names)
  assert.is(welcomed(greedy), MAX_INBOUND_SESSIONS / 2)
  assert.is(welcomed(await answers(peer('second'), names)), MAX_INBOUND_SESSIONS_PER_PEER)
  assert.is((await begin(peer('third'), 'c0')).answer, 'welcome')
  for (const { channel } of greedy) channel.abort(new Error('gone'))
  const fourth = peer('fourth')
  let given = 0
  for (let tries = 0; tries < 50 && given < MAX_INBOUND_SESSIONS_PER_PEER; tries++) { // they end in turns of the loop
    if ((await begin(fourth, names[given]!)).answer === 'welcome') given++
    else await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.is(given, MAX_INBOUND_SESSIONS_PER_PEER, 'what is given back is there for others')
})

test('a peer, and all together, have so many envelopes answered at once and no more', async () => {
  const { replica, peer } = victim()
  const read = replica.read.bind(replica)
  const held: Array<() => void> = []
  let isHeld = true
  replica.read = async (...asked) => {
    if (isHeld) await new Promise<void>(resolve => { held.push(resolve) })
    return await read(...asked)
  }
  const channels: Channel[] = []
  const answers: string[] = []
  const ask = async (from: MemoryTransport): Promise<void> => {
    const channel = await from.open('v', SYNC_PROTOCOL)
    channels.push(channel)
    await send(channel, get)
    void receive(channel).then(frame => { answers.push(frame?.type ?? 'ended') }, () => { answers.push('aborted') })
  }
  const first = peer('peer 0')
  for (let n = 0; n < MAX_INBOUND_GETS_PER_PEER + 3; n++) await ask(first)
  await until(() => answers.length === 3, 'of one peer')
  const others = MAX_INBOUND_GETS / MAX_INBOUND_GETS_PER_PEER + 1
  for (let n = 1; n < others; n++) {
    const other = peer(`peer ${n}`)
    for (let each = 0; each < MAX_INBOUND_GETS_PER_PEER; each++) await ask(other)
  }
  await until(() => answers.length === 3 + MAX_INBOUND_GETS_PER_PEER, 'of all')
  assert.equal([...new Set(answers)], ['busy'])
  isHeld = false
  await until(() => {
    for (const resolve of held.splice(0)) resolve()
    return answers.filter(answer => answer === 'envelopes').length === MAX_INBOUND_GETS
  }, 'the others are answered')
  for (const channel of channels) channel.abort(new Error('done'))
  await until(() => answers.length === channels.length, 'all ended')
  answers.length = 0
  await ask(first)
  await until(() => answers.includes('envelopes'), 'there is room again')
  channels.at(-1)?.abort(new Error('done'))
})

test('between two envelopes asked for nothing is inflated', async () => {
  const { peer } = victim()
  const channel = await peer('h').open('v', SYNC_PROTOCOL)
  await send(channel, get)
  assert.is((await receive(channel))?.type, 'envelopes')
  const packed = await packFrame({ type: 'envelopes', envelopes: [new Uint8Array(200_000)] })
  assert.is(decodeFrame(packed).type, 'deflated')
  await channel.write(packed)
  assert.is(await receive(channel).catch(() => 'aborted'), 'aborted')
})

test('a shard that neither named, or that did not differ, is not opened', async () => {
  for (const period of [202512, PERIOD]) {
    const { replica, peer } = victim()
    const channel = await peer('h').open('v', SYNC_PROTOCOL)
    await send(channel, { type: 'hello', address: hexToBytes(community), hasGenesis: true, only: null })
    assert.is((await receive(channel))?.type, 'welcome')
    await send(channel, { type: 'shards', shards: replica.shards(community), since: 0, partial: [] })
    assert.is((await receive(channel))?.type, 'shards')
    await send(channel, { type: 'open', period, salt: null, message: createReconciliation({ set: replica.items(community, period) }).start() })
    assert.is(await receive(channel).catch(() => 'aborted'), 'aborted', String(period))
  }
})

test('ever new names get no more salted repeats than one', () => {
  let nowMs = 0
  const peers = createPeerBook(() => nowMs)
  let allowed = 0
  for (let n = 0; n < 1000; n++) if (peers.allowSalt(`peer ${n}`)) allowed++
  assert.is(allowed, SALT_TOTAL_BURST)
  nowMs += SALT_TOTAL_REFILL_MS
  for (let n = 0; n < 3; n++) assert.is(peers.allowSalt('another'), n === 0)
  assert.ok(SALT_BURST < SALT_TOTAL_BURST)
})

test.run()
