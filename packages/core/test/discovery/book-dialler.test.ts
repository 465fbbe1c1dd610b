import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AddressBook, BookPeer } from '../../src/discovery/address-book.ts'
import { createBookDialler, type BookDiallerOptions } from '../../src/discovery/book-dialler.ts'
import { BOOK_DIALS, BOOK_REDIAL_LAST_MS, ENOUGH_BOOK_PEERS, HEARSAY_DIALS_BURST, HEARSAY_DIALS_PER_SECOND, REDIAL_FIRST_MS } from '../../src/limits.ts'
import { communityOf, peerIdOf } from './peers.ts'

const test = suite('core/discovery/book-dialler')

const known = (n: number, address = `/ip4/192.0.2.1/tcp/${n + 1}`, community = 1): BookPeer =>
  ({ peer: peerIdOf(n), addresses: [{ address, lastSuccessMs: null }], communities: [communityOf(community)], heardMs: 0 })

/** Dials wait for the test to let them succeed or fail; the clock is the test's. */
function world (peers: BookPeer[], options: Partial<BookDiallerOptions> = {}) {
  const state = { nowMs: 0, connected: new Set<string>(), joined: [communityOf(1)], loopback: false }
  const dials: Array<{ peer: string, addresses: readonly string[], end: (reached: boolean) => Promise<void> }> = []
  const dialler = createBookDialler({
    book: { peers: () => peers } as AddressBook,
    joined: () => state.joined,
    isConnected: peer => state.connected.has(peer),
    listensOnLoopback: () => state.loopback,
    async dial (addresses) {
      const peer = addresses[0]?.split('/p2p/')[1] ?? ''
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      dials.push({
        peer,
        addresses,
        async end (reached) {
          dials.splice(dials.findIndex(dial => dial.peer === peer), 1)
          if (reached) state.connected.add(peer)
          if (reached) resolve()
          else reject(new Error('nobody there'))
          await new Promise(resolve => { setImmediate(resolve) })
        }
      })
      await promise
    },
    nowMs: () => state.nowMs,
    ...options
  })
  return { state, dials, dialler }
}

test('a few at once, only who shares a community, until enough are connected', async () => {
  const peers = Array.from({ length: 40 }, (_, n) => known(n))
  const { dialler, dials, state } = world([known(100, undefined, 2), ...peers])
  dialler.look()
  assert.equal(dials.map(({ peer }) => peer), peers.slice(0, BOOK_DIALS).map(({ peer }) => peer))
  assert.equal(dials[0]?.addresses, [`/ip4/192.0.2.1/tcp/1/p2p/${peerIdOf(0)}`])
  for (let ended = 0; dials.length > 0; ended++) {
    assert.ok(dials.length <= BOOK_DIALS)
    assert.ok(ended < 40)
    await dials[0]?.end(true)
  }
  assert.is(state.connected.size, ENOUGH_BOOK_PEERS)
  state.connected.delete(peerIdOf(3))
  state.nowMs += REDIAL_FIRST_MS
  dialler.look()
  assert.equal(dials.map(({ peer }) => peer), [peerIdOf(3)], 'a lost one is dialled again')
  dialler.close()
})

test('who was never reached is dialled no more often than once a second, however many a liar names', async () => {
  const peers = Array.from({ length: 5 * HEARSAY_DIALS_BURST }, (_, n) => known(n))
  const { dialler, dials, state } = world(peers)
  let dialled = 0
  async function failAll (): Promise<void> {
    for (; dials.length > 0; dialled++) await dials[0]?.end(false)
  }
  dialler.look()
  await failAll()
  assert.is(dialled, HEARSAY_DIALS_BURST)
  state.nowMs += 1000
  dialler.look()
  await failAll()
  assert.is(dialled, HEARSAY_DIALS_BURST + HEARSAY_DIALS_PER_SECOND)
  const friend = known(1000)
  peers.unshift({ ...friend, addresses: friend.addresses.map(({ address }) => ({ address, lastSuccessMs: 1 })) })
  dialler.look()
  assert.equal(dials.map(({ peer }) => peer), [friend.peer], 'who was reached before does not wait')
  dialler.close()
})

test('pauses grow for who is not reached, up to the last', async () => {
  const { dialler, dials, state } = world([known(0)])
  let pauseMs = REDIAL_FIRST_MS
  dialler.look()
  for (let i = 0; i < 15; i++) {
    assert.is(dials.length, 1)
    await dials[0]?.end(false)
    pauseMs = Math.min(2 * pauseMs, BOOK_REDIAL_LAST_MS)
    state.nowMs += pauseMs - 1
    dialler.look()
    assert.is(dials.length, 0, `still waiting after ${pauseMs - 1} ms`)
    state.nowMs += 1
    dialler.look()
  }
  assert.is(pauseMs, BOOK_REDIAL_LAST_MS)
  dialler.close()
})

test('loopback addresses are dialled only from a peer that listens there; communities joined later count', () => {
  const { dialler, dials, state } = world([known(0, '/ip4/127.0.0.1/tcp/1'), known(1, undefined, 2)])
  dialler.look()
  assert.is(dials.length, 0)
  state.loopback = true
  state.joined = [communityOf(1), communityOf(2)]
  dialler.look()
  assert.equal(dials.map(({ peer }) => peer), [peerIdOf(0), peerIdOf(1)])
  dialler.close()
  dialler.look()
  assert.is(dials.length, 2, 'nothing after the end')
})

test('what cannot be dialled here is left out; who is about to dial us gets the time to; a return of the network ends all waiting', async () => {
  const asked: string[] = []
  const { dialler, dials, state } = world([known(0), known(1, '/ip4/192.0.2.1/tcp/9/ws')], {
    canDial: address => address.includes('/ws'),
    yieldMs (peer, addresses) {
      asked.push(...addresses)
      return peer === peerIdOf(1) ? 500 : 0
    }
  })
  dialler.look()
  assert.is(dials.length, 0)
  assert.equal(asked, [`/ip4/192.0.2.1/tcp/9/ws/p2p/${peerIdOf(1)}`])
  state.nowMs = 500
  dialler.look()
  assert.equal(dials.map(({ peer }) => peer), [peerIdOf(1)])
  await dials[0]?.end(false)
  dialler.look()
  assert.is(dials.length, 0, 'a failed one waits')
  dialler.now()
  assert.is(dials.length, 1)
  dialler.close()
})

test('as many as are enough', async () => {
  const { dialler, dials, state } = world(Array.from({ length: 9 }, (_, n) => known(n)), { enough: 2 })
  dialler.look()
  assert.is(dials.length, 2)
  while (dials.length > 0) await dials[0]?.end(true)
  assert.is(state.connected.size, 2)
  dialler.close()
})

test.run()
