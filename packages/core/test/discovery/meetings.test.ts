import { topicOf, type CrdtIndex } from '@seedbed/crdt-index'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AddressBook, Meeting } from '../../src/discovery/address-book.ts'
import { keepMeetings } from '../../src/discovery/meetings.ts'
import type { Identified, Network } from '../../src/network/network.ts'
import { communityOf, peerIdOf } from './peers.ts'

const test = suite('core/discovery/meetings')
const peerId = peerIdOf(1)
const community = communityOf(1)

function world (loopback = false) {
  const learned: Meeting[] = []
  const state = { members: [] as string[], identify: (_peer: Identified): void => {}, join: (_peer: string): void => {}, disconnect: (_peer: string): void => {} }
  keepMeetings({
    network: {
      listensOnLoopback: () => loopback,
      onIdentified (listener) {
        state.identify = listener
        return () => {}
      },
      onPeer (listener) {
        state.disconnect = id => { listener({ peerId: id, connected: false }) }
        return () => {}
      },
      transport: {
        peers: (topic: string) => topic === topicOf(community) ? state.members : [],
        onPeer (listener: Parameters<Network['transport']['onPeer']>[0]) {
          state.join = peer => {
            state.members.push(peer)
            listener({ topic: topicOf(community), peer, joined: true })
          }
          return () => {}
        }
      }
    } as Pick<Network, 'listensOnLoopback' | 'onIdentified' | 'onPeer'> as Network,
    index: { communities: () => [{ address: community }, { address: communityOf(2) }], on: () => () => {} } as unknown as CrdtIndex,
    book: { learn: meeting => { learned.push(meeting) } } as Pick<AddressBook, 'learn'> as AddressBook,
    learned: () => {}
  })
  return { state, learned }
}

const SAID = ['/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1', '/ip4/203.0.113.9/tcp/1', 'nonsense', `/ip4/203.0.113.9/tcp/2/p2p/${peerIdOf(9)}`]

test('who shares no community is not written down; who joins one later is', () => {
  const { state, learned } = world()
  state.identify({ peerId, direction: 'outbound', remoteAddress: '/ip4/203.0.113.9/tcp/7', listenAddresses: SAID })
  assert.is(learned.length, 0)
  state.join(peerId)
  assert.equal(learned, [{ peer: peerId, communities: [community], said: ['/ip4/203.0.113.9/tcp/1'], worked: ['/ip4/203.0.113.9/tcp/7'] }])
  state.disconnect(peerId)
  state.join(peerId)
  assert.is(learned.length, 1, 'gone with the connection')
})

test('a peer cannot send us to places nearer than it is itself', () => {
  const said = (remoteAddress: string, loopback: boolean): unknown => {
    const { state, learned } = world(loopback)
    state.join(peerId)
    state.identify({ peerId, direction: 'inbound', remoteAddress, listenAddresses: SAID })
    assert.not.ok('worked' in (learned[0] ?? {}), 'the address of who came to us is not one to dial')
    return learned[0]?.said
  }
  const [machine, network, internet] = SAID
  assert.equal(said('/ip4/203.0.113.9/tcp/50000', true), [internet])
  assert.equal(said('/ip4/192.168.1.5/tcp/50000', true), [network, internet])
  assert.equal(said('/ip4/127.0.0.1/tcp/50000', true), [machine, network, internet])
  assert.equal(said('/ip4/127.0.0.1/tcp/50000', false), [network, internet], 'not listening on loopback')
})

test.run()
