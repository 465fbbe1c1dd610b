// Peers that tell each other of others, over the transport in memory: who is told what, and what a liar can do.
import { createMemoryNetwork, topicOf, type MemoryTransport } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { believableHearsay } from '../../src/discovery/believable.ts'
import { createPeerExchange, PEERS_PROTOCOL, type Hearsay, type PeerExchange } from '../../src/discovery/peer-exchange.ts'
import { encodeAnswer, encodeQuestion } from '../../src/discovery/peer-exchange-codec.ts'
import { EXCHANGE_ANSWERS_BURST, EXCHANGE_ANSWERS_PER_SECOND, MAX_BOOK_ADDRESSES, MAX_EXCHANGE_FRAME_BYTES, MAX_EXCHANGE_QUESTIONS } from '../../src/limits.ts'
import type { Network } from '../../src/network/network.ts'
import { until } from '../nodes.ts'
import { communityOf, peerIdOf } from './peers.ts'

const test = suite('core/discovery/peer-exchange')
const [here, there] = [communityOf(1), communityOf(2)]

interface Member { readonly transport: MemoryTransport, readonly exchange: PeerExchange, readonly heard: Hearsay[], addresses: string[] }

/** A box that only answers, and members that ask it; all connected with the box alone. */
function world () {
  const network = createMemoryNetwork()
  const members: Member[] = []
  function add (n: number, { asks = true, introduces = false, communities = [here], addresses = [`/ip4/192.0.2.${n}/tcp/1`] } = {}): Member {
    const transport = network.peer(peerIdOf(n))
    for (const community of communities) transport.subscribe(topicOf(community), async () => ({ verdict: 'accept' }))
    const heard: Hearsay[] = []
    const member: Member = {
      transport, heard, addresses,
      exchange: createPeerExchange({
        transport, asks, introduces, introducers: () => transport.self === peerIdOf(1) ? [] : [peerIdOf(1)], joined: () => communities, ownAddresses: () => member.addresses, addressesOf: () => [], onHearsay: hearsay => { heard.push(hearsay) }
      })
    }
    members.push(member)
    if (members.length > 1) transport.connect((members[0] as Member).transport.self)
    return member
  }
  return { add, close: () => { for (const { exchange } of members) exchange.close() } }
}

const told = ({ heard }: Member): string[] => heard.map(({ peer, addresses }) => `${peer} ${addresses.map(({ address }) => address).join()}`)
const quiet = async (): Promise<void> => { await new Promise(resolve => setTimeout(resolve, 300)) }

test('members hear of each other, of those who come later and of new addresses; each once', async () => {
  const { add, close } = world()
  add(1, { asks: false, communities: [here, there] })
  const first = add(2)
  const second = add(3)
  await until('both heard', () => first.heard.length === 1 && second.heard.length === 1)
  assert.equal(told(first), [`${peerIdOf(3)} /ip4/192.0.2.3/tcp/1`])
  assert.equal([first.heard[0]?.community, first.heard[0]?.from], [here, peerIdOf(1)])
  const third = add(4)
  await until('the others hear of the third', () => first.heard.length === 2 && second.heard.length === 2 && third.heard.length === 2)
  third.addresses = ['/ip4/192.0.2.4/tcp/2']
  third.exchange.changed()
  await until('and of where it is now', () => first.heard.length === 3 && second.heard.length === 3)
  assert.is(told(second)[2], `${peerIdOf(4)} /ip4/192.0.2.4/tcp/2`)
  await quiet()
  assert.equal([first, second, third].map(({ heard }) => heard.length), [3, 3, 2])
  close()
})

test('nobody hears of members of communities that it does not take part in, whatever it asks', async () => {
  const { add, close } = world()
  const box = add(1, { asks: false, communities: [here, there] })
  const inside = add(2, { communities: [here] })
  const outside = add(3, { asks: false, communities: [there] })
  const channel = await outside.transport.open(box.transport.self, PEERS_PROTOCOL)
  await channel.write(encodeQuestion([topicOf(here), topicOf(there)], []))
  await quiet()
  assert.equal([inside.heard, outside.heard], [[], []])
  outside.transport.subscribe(topicOf(here), async () => ({ verdict: 'accept' }))
  let answer = ''
  const reading = channel.read({ maxBytes: MAX_EXCHANGE_FRAME_BYTES }).then(frame => { answer = new TextDecoder().decode(frame ?? undefined) })
  await until('it is told once it takes part', () => answer.includes(peerIdOf(2)))
  await reading
  close()
})

test('a relay introduces those who ask about one topic, and nobody else; who is no relay does not', async () => {
  for (const introduces of [true, false]) {
    const { add, close } = world()
    add(1, { asks: false, introduces, communities: [] })
    const [first, second, other] = [add(2), add(3), add(4, { communities: [there] })]
    if (introduces) await until('both heard', () => first.heard.length === 1 && second.heard.length === 1)
    await quiet()
    assert.equal([told(first), told(second), told(other)], introduces ? [[`${peerIdOf(3)} /ip4/192.0.2.3/tcp/1`], [`${peerIdOf(2)} /ip4/192.0.2.2/tcp/1`], []] : [[], [], []])
    close()
  }
})

test('who floods, talks nonsense or names too many addresses harms nobody else', async () => {
  const { add, close } = world()
  const box = add(1, { asks: false })
  const honest = add(2)
  const liar = add(3, { asks: false })
  const speak = async (frame: Uint8Array, times: number): Promise<void> => {
    const channel = await liar.transport.open(box.transport.self, PEERS_PROTOCOL)
    try {
      for (let i = 0; i < times; i++) await channel.write(frame)
      await quiet()
      await channel.write(frame)
    } catch {} // it was ended
    channel.abort(new Error('done'))
  }
  await speak(new TextEncoder().encode('nonsense'), 1)
  await speak(new Uint8Array(MAX_EXCHANGE_FRAME_BYTES), 1)
  await speak(encodeQuestion([topicOf(here)], ['/ip4/192.0.2.3/tcp/7']), 3 * MAX_EXCHANGE_QUESTIONS)
  const many = { topics: [topicOf(here)], addresses: Array.from({ length: 30 }, (_, n) => `/ip4/192.0.2.3/tcp/${n + 1}`) }
  await speak(new TextEncoder().encode(JSON.stringify(many)), 1)
  assert.ok(honest.heard.every(({ peer, addresses }) => peer === liar.transport.self && addresses.length <= MAX_BOOK_ADDRESSES))
  const next = add(4)
  await until('the box still answers', () => honest.heard.some(({ peer }) => peer === peerIdOf(4)) && next.heard.some(({ peer }) => peer === peerIdOf(2)))
  close()
})

test('of a source that never stops telling only so much is read', async () => {
  const { add, close } = world()
  const liar = add(1, { asks: false })
  liar.exchange.close()
  let written = 0
  liar.transport.handle(PEERS_PROTOCOL, async channel => {
    await channel.read({ maxBytes: MAX_EXCHANGE_FRAME_BYTES })
    try {
      for (; written < 50 * EXCHANGE_ANSWERS_BURST; written++) await channel.write(encodeAnswer(topicOf(here), [[peerIdOf(100 + written), ['/ip4/192.0.2.9/tcp/1']]]))
    } catch {} // it was ended
  })
  const startedMs = performance.now()
  const page = add(2)
  await until('it began', () => page.heard.length >= EXCHANGE_ANSWERS_BURST)
  await quiet()
  const meanwhile = Math.ceil(EXCHANGE_ANSWERS_PER_SECOND * (performance.now() - startedMs) / 1000)
  assert.ok(page.heard.length <= EXCHANGE_ANSWERS_BURST + meanwhile, `${page.heard.length}, of which ${meanwhile} came meanwhile`)
  close()
})

test('what a member says of itself is looked up once for all who are told', async () => {
  const network = createMemoryNetwork()
  const topic = topicOf(here)
  const peers = Array.from({ length: 30 }, (_, n) => network.peer(peerIdOf(n + 1)))
  const [box, ...members] = peers as [MemoryTransport, ...MemoryTransport[]]
  for (const peer of peers) peer.subscribe(topic, async () => ({ verdict: 'accept' }))
  for (const member of members) member.connect(box.self)
  let lookups = 0
  const exchange = createPeerExchange({
    transport: box, asks: false, introduces: false, introducers: () => [], joined: () => [here], ownAddresses: () => [], onHearsay () {},
    addressesOf () {
      lookups++
      return ['/ip4/192.0.2.1/tcp/1']
    }
  })
  for (const member of members) await (await member.open(box.self, PEERS_PROTOCOL)).write(encodeQuestion([topic], []))
  await quiet()
  lookups = 0
  exchange.changed()
  await quiet()
  assert.is(lookups, members.length)
  exchange.close()
})

test('a far peer cannot send us into our own network, but through itself', () => {
  const from = peerIdOf(1)
  const about = peerIdOf(2)
  const network = (address: string): Pick<Network, 'connections'> => ({ connections: () => [{ peerId: from, addresses: [address], direction: 'outbound', transports: [] }] })
  const address = (text: string, scope: 0 | 1 | 2): Hearsay['addresses'][number] => ({ peer: about, address: text, scope })
  const near = address('/ip4/192.168.0.1/tcp/1', 1)
  const far = address('/ip4/192.0.2.1/tcp/1', 2)
  const through = address(`/ip4/127.0.0.1/tcp/1/ws/p2p/${from}/p2p-circuit/webrtc`, 0)
  const throughOther = address(`/ip4/127.0.0.1/tcp/1/ws/p2p/${peerIdOf(3)}/p2p-circuit/webrtc`, 0)
  const hearsay: Hearsay = { peer: about, from, community: here, addresses: [near, far, through, throughOther] }
  const by = (host: string): string => `${host}/p2p/${from}/p2p-circuit/webrtc`
  assert.equal(believableHearsay(hearsay, network('/dns4/example.org/tcp/443/wss')), [far.address, by('/dns4/example.org/tcp/443/wss')], 'nowhere but where it was reached, also once it hung up')
  assert.equal(believableHearsay(hearsay, network('/ip4/192.168.0.9/tcp/80/ws')), [near.address, far.address, by('/ip4/192.168.0.9/tcp/80/ws')])
  assert.equal(believableHearsay(hearsay, network('/ip4/127.0.0.1/tcp/80/ws')), [near.address, far.address, by('/ip4/127.0.0.1/tcp/80/ws'), throughOther.address])
})

test.run()
