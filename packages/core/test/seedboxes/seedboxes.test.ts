// Seedboxes as real nodes on loopback: what they offer, who proves to be whose, and that they are remembered.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNode } from '../../src/create-node.ts'
import { createPhrase } from '../../src/identity/phrase.ts'
import { MAX_SEEDBOX_PATH_CHARS } from '../../src/limits.ts'
import type { NetworkState, SeedbedNode } from '../../src/node.ts'
import type { NetworkOptions } from '../../src/options.ts'
import { codeOf, createTestNodes, until } from '../nodes.ts'

const test = suite('core/seedboxes')
const LISTEN = ['/ip4/127.0.0.1/tcp/0/ws']
const SEEDBOX: NetworkOptions = { listen: LISTEN, relay: true, seedbox: { tracker: '/tracker', signalling: '/signal' } }

async function addressOf (node: SeedbedNode): Promise<string> {
  return (await node.status()).addresses.find(address => address.includes('/ws/')) ?? ''
}

test('says what it offers; only the author\'s own proves to be own; a trusted one carries signalling too', async () => {
  await using nodes = await createTestNodes()
  const phrase = createPhrase()
  const own = await nodes.start([], { phrase, torrent: false, network: SEEDBOX })
  const other = await nodes.start([], { torrent: false, network: { ...SEEDBOX, seedbox: { tracker: '/t' } } })
  const node = await nodes.start([], { phrase, torrent: false })
  const live = node.live.network()
  let seen = 0
  const end = live.subscribe(() => { seen++ })

  const shown = (): NetworkState => {
    const snapshot = live.getSnapshot()
    return snapshot.state === 'ready' ? snapshot.value : { peers: [], seedboxes: [] }
  }

  const first = await node.seedboxes.add(await addressOf(own))
  const origin = (await addressOf(own)).replace(/^\/ip4\/(.+)\/tcp\/(\d+)\/.*$/, 'ws://$1:$2')
  assert.equal(first, {
    peerId: (await own.status()).peerId, address: await addressOf(own), connected: true, own: true, trusted: false, relay: true, tracker: `${origin}/tracker`, signalling: `${origin}/signal`
  })
  const second = await node.seedboxes.add(await addressOf(other))
  assert.equal([second.own, second.signalling, second.tracker?.endsWith('/t')], [false, null, true])
  assert.equal(node.seedboxes.list(), [first, second], 'own ones first')
  assert.equal(node.peers().map(({ transports }) => transports), [['websocket'], ['websocket']])
  await until('the live query shows both', () => shown().seedboxes.length === 2 && shown().peers.length === 2)
  assert.ok(seen > 0)

  await node.seedboxes.trust(second.peerId, true)
  assert.is(node.seedboxes.list().find(({ peerId }) => peerId === second.peerId)?.trusted, true)
  assert.is(await codeOf(node.seedboxes.trust((await node.status()).peerId ?? '', true)), 'UNKNOWN_PEER')
  await other.close()
  await until('it shows as gone', () => shown().seedboxes.find(({ peerId }) => peerId === second.peerId)?.connected === false)
  await node.seedboxes.remove(second.peerId)
  await node.seedboxes.remove(second.peerId)
  assert.equal(node.seedboxes.list().map(({ peerId }) => peerId), [first.peerId])
  end()
})

test('a peer that is none is told apart from one that cannot be reached', async () => {
  await using nodes = await createTestNodes()
  const plain = await nodes.start([], { torrent: false })
  const node = await nodes.start([], { torrent: false })
  const [address = ''] = (await plain.status()).addresses
  assert.is(await codeOf(node.seedboxes.add(address)), 'NOT_A_SEEDBOX')
  assert.is(await codeOf(node.seedboxes.add('/ip4/127.0.0.1/tcp/1/ws')), 'NETWORK_FAILED')
  assert.is(await codeOf(node.seedboxes.add('nonsense')), 'BAD_ADDRESS')
  assert.equal(node.seedboxes.list(), [])
  const alone = await nodes.start([], { network: false, torrent: false })
  assert.is(await codeOf(alone.seedboxes.add(address)), 'NETWORK_FAILED')
})

test('one that was given by address is noted by itself; the next start knows and dials it', async () => {
  await using nodes = await createTestNodes()
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-seedboxes-'))
  try {
    const box = await nodes.start([], { torrent: false, network: SEEDBOX })
    const peerId = (await box.status()).peerId ?? ''
    let node = await createNode({ dataDir: folder, torrent: false, network: { connect: [await addressOf(box)] } })
    await until('it is noted', () => node.seedboxes.list()[0]?.peerId === peerId)
    await node.seedboxes.trust(peerId, true)
    await node.close()
    node = await createNode({ dataDir: folder, torrent: false })
    try {
      assert.equal(node.seedboxes.list().map(({ peerId, trusted, signalling }) => ({ peerId, trusted, signalling: signalling?.endsWith('/signal') })), [{ peerId, trusted: true, signalling: true }])
      await until('it is dialled', () => node.seedboxes.list()[0]?.connected === true)
    } finally {
      await node.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('announced addresses are told, and paths that are none are refused', async () => {
  await using nodes = await createTestNodes()
  const announce = '/dns4/box.example.org/tcp/443/wss'
  const node = await nodes.start([], { torrent: false, network: { ...SEEDBOX, announce: [announce] } })
  const { addresses, peerId } = await node.status()
  assert.ok(addresses.includes(`${announce}/p2p/${peerId}`), addresses.join())
  assert.is(addresses.length, 2)
  for (const tracker of ['tracker', '//evil.example/x y', '/a?b', `/${'a'.repeat(MAX_SEEDBOX_PATH_CHARS)}`]) {
    assert.is(await codeOf(nodes.start([], { torrent: false, network: { seedbox: { tracker } } })), 'USAGE', tracker)
  }
  assert.is(await codeOf(nodes.start([], { torrent: false, network: { announce: ['nowhere'] } })), 'BAD_ADDRESS')
})

test.run()
