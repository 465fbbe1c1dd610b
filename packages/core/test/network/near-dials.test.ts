// What a page's libp2p may dial beside what it was told to.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_NEAR_DIALS } from '../../src/limits.ts'
import { createNearDials } from '../../src/network/near-dials.ts'
import { peerIdOf } from '../discovery/peers.ts'

const test = suite('core/network/near-dials')
const [box, peer] = [`/p2p/${peerIdOf(1)}`, `/p2p/${peerIdOf(2)}`]

test('everything far may be dialled, nothing near that nobody asked for', () => {
  const { mayDial } = createNearDials()
  for (const far of ['/ip4/203.0.113.9/tcp/443/wss', '/dns4/box.example.org/tcp/443/tls/ws', `/ip6/2001:db8::1/tcp/1/ws${box}/p2p-circuit/webrtc${peer}`]) assert.ok(mayDial(far), far)
  for (const near of ['/ip4/192.168.1.1/tcp/80/ws', `/ip4/127.0.0.1/tcp/8080/ws${box}`, '/dns4/localhost/tcp/1/ws', '/dns4/printer.local/tcp/1/ws', '/ip6/fd00::1/tcp/1/ws', '/ip6/fe80::1/tcp/1/ws', `/ip4/10.0.0.1/tcp/1/ws${box}/p2p-circuit${peer}`]) assert.not.ok(mayDial(near), near)
})

test('what was asked for is that host and port, as a relay too', () => {
  const { allow, mayDial } = createNearDials()
  allow(`/ip4/192.168.1.5/tcp/8700/ws${box}`)
  assert.ok(mayDial('/ip4/192.168.1.5/tcp/8700/ws'))
  assert.ok(mayDial(`/ip4/192.168.1.5/tcp/8700/ws${box}/p2p-circuit${peer}`))
  assert.not.ok(mayDial(`/ip4/192.168.1.5/tcp/80/ws${box}`))
  assert.not.ok(mayDial(`/ip4/192.168.1.1/tcp/8700/ws${box}`))
})

test('the oldest of very many is forgotten', () => {
  const { allow, mayDial } = createNearDials()
  for (let port = 1; port <= MAX_NEAR_DIALS + 1; port++) allow(`/ip4/10.0.0.1/tcp/${port}/ws`)
  assert.equal([1, 2, MAX_NEAR_DIALS + 1].map(port => mayDial(`/ip4/10.0.0.1/tcp/${port}/ws`)), [false, true, true])
})

test.run()
