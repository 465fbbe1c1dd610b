import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { AddressScope, formatPeerAddress, parsePeerAddress } from '../../src/discovery/peer-address.ts'
import { peerIdOf } from './peers.ts'

const test = suite('core/discovery/peer-address')
const peer = peerIdOf(1)

test('how far an address means anything', () => {
  const scopes: Record<string, AddressScope> = {
    '/ip4/127.0.0.1/tcp/4001': AddressScope.machine,
    '/ip4/127.8.0.1/tcp/4001': AddressScope.machine,
    '/ip6/::1/tcp/4001': AddressScope.machine,
    '/ip6/::ffff:127.0.0.1/tcp/4001': AddressScope.machine,
    '/ip6/::ffff:192.168.1.2/tcp/4001': AddressScope.network,
    '/dns4/localhost/tcp/4001': AddressScope.machine,
    '/ip4/10.1.2.3/tcp/4001': AddressScope.network,
    '/ip4/172.31.0.1/tcp/4001': AddressScope.network,
    '/ip4/192.168.0.1/tcp/4001': AddressScope.network,
    '/ip4/169.254.1.1/tcp/4001': AddressScope.network,
    '/ip4/100.64.0.1/tcp/4001': AddressScope.network,
    '/ip6/fd00::1/tcp/4001': AddressScope.network,
    '/dns/printer.local/tcp/4001': AddressScope.network,
    '/ip4/192.0.2.1/tcp/4001': AddressScope.world,
    '/ip4/172.32.0.1/tcp/4001': AddressScope.world,
    '/ip6/2001:db8::1/tcp/4001/ws': AddressScope.world,
    '/dns4/example.org/tcp/443/tls/ws': AddressScope.world,
    [`/dns4/example.org/tcp/443/wss/p2p/${peerIdOf(2)}/p2p-circuit/webrtc`]: AddressScope.world,
    [`/ip4/192.168.0.1/tcp/4001/p2p/${peerIdOf(2)}/p2p-circuit`]: AddressScope.network,
    [`/ip4/127.0.0.1/tcp/8080/ws/p2p/${peerIdOf(2)}/p2p-circuit/webrtc`]: AddressScope.machine
  }
  for (const [address, scope] of Object.entries(scopes)) {
    const parsed = parsePeerAddress(address, peer)
    assert.is(parsed?.scope, scope, address)
    assert.is(parsed?.peer, peer)
    assert.equal(parsePeerAddress(formatPeerAddress({ peer, address: parsed?.address ?? '' })), parsed, 'named or told, it is the same')
  }
})

test('what nobody can dial, or would dial to somebody else, is no address', () => {
  const bad = [
    '', '/', 'ip4/1.2.3.4/tcp/1', '/ip4/1.2.3.4', '/ip4/1.2.3.4/tcp', '/ip4/1.2.3.4/tcp/0', '/ip4/1.2.3.4/tcp/65536', '/ip4/1.2.3.4/http',
    '/ip4/0.0.0.0/tcp/1', '/ip6/::/tcp/1', '/ip4/224.0.0.251/tcp/1', '/ip4/255.255.255.255/tcp/1', '/ip6/ff02::1/tcp/1', '/ip6/fe80::1/tcp/1',
    '/ip6zone/eth0/ip6/fe80::1/tcp/1', '/dns4/a b/tcp/1', '/dns4/-a/tcp/1', '/dns4/ü.example/tcp/1', '/dns4/a/tcp/1\n', '/unix/tmp', '/p2p-circuit',
    `/ip4/1.2.3.4/tcp/1/p2p/${peerIdOf(2)}`, '/ip4/1.2.3.4/tcp/1/p2p/xyz', `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit`, `/ip4/1.2.3.4/tcp/1/p2p/${peer}/p2p-circuit/webrtc/p2p/${peer}`,
    `/ip4/1.2.3.4/tcp/1/p2p-circuit/p2p/${peer}`, `/p2p/${peerIdOf(2)}/p2p-circuit/p2p/${peer}`, `/ip4/1.2.3.4/tcp/1/p2p/xyz/p2p-circuit/p2p/${peer}`,
    `/ip4/1.2.3.4/tcp/1/p2p/${peerIdOf(2)}/p2p/${peerIdOf(3)}/p2p-circuit/p2p/${peer}`, `/ip4/1.2.3.4/tcp/1/p2p/${peerIdOf(2)}/p2p-circuit/p2p/${peerIdOf(3)}/p2p-circuit/p2p/${peer}`,
    `/ip4/1.2.3.4/tcp/1/p2p/${peerIdOf(2)}/p2p-circuit/webrtc/webrtc/p2p/${peer}`, `/ip4/1.2.3.4/tcp/1/p2p/${peerIdOf(2)}/p2p-circuit/tcp/1/p2p/${peer}`,
    `/dns4/${'a'.repeat(600)}/tcp/1`
  ]
  for (const address of bad) assert.is(parsePeerAddress(address, peer), null, address)
  assert.is(parsePeerAddress('/ip4/1.2.3.4/tcp/1'), null, 'whose it is has to be said')
})

test.run()
