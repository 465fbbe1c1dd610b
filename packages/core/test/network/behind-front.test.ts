import { generateKeyPair } from '@libp2p/crypto/keys'
import type { IdentifyResult } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { believable } from '../../src/discovery/believable.ts'
import { remoteAddressOf } from '../../src/network/behind-front.ts'
import { createLibp2pNode } from '../../src/network/libp2p.ts'
import type { Front, NetworkOptions } from '../../src/options.ts'

const PEER = '12D3KooWGobjX4f7pbvBtQseDfGgDh4maewuqYZkXULaP4PmV4Sg'
const inbound = (address: string): Parameters<typeof remoteAddressOf>[0] => ({ direction: 'inbound', remoteAddr: multiaddr(address) })
const front = (reachedBy: Front['reachedBy'], listening: Front['listening'] = () => {}): Front => ({ reachedBy, listening })
const test = suite('network/behind-front')

test('behind a front of the world, what comes through it is from nowhere in particular', () => {
  const piped = inbound('/ip4/127.0.0.1/tcp/40123/ws')
  assert.is(remoteAddressOf(piped, { behindFront: front('world') }), '')
  assert.is(remoteAddressOf(inbound(`/ip4/127.0.0.1/tcp/40123/ws/p2p/${PEER}`), { behindFront: front('world') }), '')
  for (const options of [{}, { behindFront: front('machine') }]) assert.is(remoteAddressOf(piped, options), '/ip4/127.0.0.1/tcp/40123/ws')
  for (const address of ['/ip4/127.0.0.1/tcp/40123', '/ip4/192.0.2.1/tcp/40123/ws']) assert.is(remoteAddressOf(inbound(address), { behindFront: front('world') }), address)
  assert.is(remoteAddressOf({ ...piped, direction: 'outbound' }, { behindFront: front('world') }), '/ip4/127.0.0.1/tcp/40123/ws')
})

test('a stranger behind it sends nobody to addresses of this machine or its network', () => {
  const listenAddresses = ['/ip4/127.0.0.1/tcp/9', '/ip4/192.168.1.1/tcp/80', '/ip4/198.51.100.7/tcp/4001'].map(address => `${address}/p2p/${PEER}`)
  const said = (remoteAddress: string): string[] => believable({ peerId: PEER, direction: 'inbound', remoteAddress, listenAddresses }, true)
  assert.equal(said(remoteAddressOf(inbound('/ip4/127.0.0.1/tcp/40123/ws'), { behindFront: front('world') })), listenAddresses.slice(-1))
  assert.equal(said(remoteAddressOf(inbound('/ip4/127.0.0.1/tcp/40123/ws'), { behindFront: front('machine') })), listenAddresses)
})

test('what the front pipes to is told to the front alone', async () => {
  const start = async (options: NetworkOptions): ReturnType<typeof createLibp2pNode> => await createLibp2pNode(await generateKeyPair('Ed25519'), options)
  const ports: number[] = []
  const announced = '/ip4/127.0.0.1/tcp/8700/ws'
  const box = await start({ listen: ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/0'], announce: [announced], behindFront: front('machine', port => { ports.push(port) }) })
  const guest = await start({})
  try {
    const [port = 0] = ports
    assert.is(ports.length, 1)
    const told = box.getMultiaddrs().map(String)
    assert.equal(told.map(address => address.replace(/\/tcp\/(?!8700)\d+/, '/tcp/N')), ['/ip4/127.0.0.1/tcp/N', '/ip4/127.0.0.1/tcp/N/ws', announced].map(address => `${address}/p2p/${box.peerId.toString()}`))
    assert.is(told.filter(address => address.includes(`/tcp/${port}/`)).length, 0)
    const identified = new Promise<IdentifyResult>(resolve => { guest.addEventListener('peer:identify', ({ detail }) => { resolve(detail) }, { once: true }) })
    await guest.dial(multiaddr(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${box.peerId.toString()}`)) // as the front does
    assert.equal((await identified).listenAddrs.map(String).sort(), told.map(address => address.replace(/\/p2p\/.*$/, '')).sort())
  } finally {
    await Promise.all([box.stop(), guest.stop()])
  }
})

test.run()
