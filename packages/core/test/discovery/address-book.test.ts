import type { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openAddressBook, type AddressBook } from '../../src/discovery/address-book.ts'
import { MAX_BOOK_ADDRESSES, MAX_BOOK_COMMUNITIES, MAX_BOOK_PEERS } from '../../src/limits.ts'
import { communityOf, peerIdOf } from './peers.ts'

const test = suite('core/discovery/address-book')
const LOGGER = { debug: () => {}, info: () => {}, warn: (message: string) => { throw new Error(message) } }

function world () {
  const db = new MemoryLevel() as unknown as Level
  const state = { nowMs: 1000 }
  return { db, state, open: async (): Promise<AddressBook> => await openAddressBook(db, () => state.nowMs, LOGGER) }
}

const at = (n: number): string => `/ip4/192.0.2.${n}/tcp/4001`

test('what worked is kept, what was only said is replaced, and both outlive a restart', async () => {
  const { open, state } = world()
  const book = await open()
  const peer = peerIdOf(1)
  book.learn({ peer, worked: [`${at(1)}/p2p/${peer}`], said: [at(2), at(3)], communities: [communityOf(1)] })
  state.nowMs = 2000
  book.learn({ peer, said: [at(3), at(4), 'nonsense', `${at(5)}/p2p/${peerIdOf(2)}`], communities: [communityOf(2)] })
  const expected = [{
    peer,
    addresses: [{ address: at(1), lastSuccessMs: 1000 }, { address: at(3), lastSuccessMs: null }, { address: at(4), lastSuccessMs: null }],
    communities: [communityOf(2), communityOf(1)],
    heardMs: 2000
  }]
  assert.equal(book.peers(), expected)
  await book.close()
  assert.equal((await open()).peers(), expected)
})

test('what third peers tell comes beside what others told before, however much it is', async () => {
  const { open } = world()
  const book = await open()
  const peer = peerIdOf(1)
  const addresses = (): string[] => book.peers()[0]?.addresses.map(({ address }) => address) ?? []
  book.learn({ peer, told: [at(1), at(2)], communities: [communityOf(1)] })
  for (let lie = 0; lie < 5; lie++) book.learn({ peer, told: Array.from({ length: MAX_BOOK_ADDRESSES }, (_, i) => at(100 + 10 * lie + i)), communities: [] })
  assert.equal(addresses().slice(0, 2), [at(1), at(2)])
  assert.is(addresses().length, MAX_BOOK_ADDRESSES)
  book.learn({ peer, told: [at(3)], communities: [] })
  assert.ok(addresses().includes(at(3)), 'and there is room for news')
  book.learn({ peer, said: [at(4)], communities: [] })
  assert.equal(addresses(), [at(4)], 'what it says itself replaces all hearsay')
  await book.close()
})

test('bounds: peers, addresses, communities; who was reached is not pushed out by who only came', async () => {
  const { open, state } = world()
  const book = await open()
  book.learn({ peer: peerIdOf(0), worked: [at(1)], communities: [communityOf(1)] })
  for (let n = 1; n <= MAX_BOOK_PEERS + 50; n++) {
    state.nowMs += 1000
    book.learn({ peer: peerIdOf(n), said: [at(2)], communities: [communityOf(1)] })
  }
  assert.is(book.peers().length, MAX_BOOK_PEERS)
  assert.is(book.peers()[0]?.peer, peerIdOf(0))
  assert.is(book.peers()[1]?.peer, peerIdOf(MAX_BOOK_PEERS + 50))
  const crowded = peerIdOf(1000)
  book.learn({ peer: crowded, worked: [at(250)], said: Array.from({ length: 40 }, (_, i) => at(i + 1)), communities: Array.from({ length: 100 }, (_, i) => communityOf(i)) })
  const entry = book.peers().find(({ peer }) => peer === crowded)
  assert.is(entry?.addresses.length, MAX_BOOK_ADDRESSES)
  assert.is(entry?.addresses[0]?.address, at(250))
  assert.is(entry?.communities.length, MAX_BOOK_COMMUNITIES)
  await book.close()
  assert.is((await open()).peers().length, MAX_BOOK_PEERS, 'on disk too')
})

test('rows that are none are left out', async () => {
  const { db, open } = world()
  const table = db.sublevel<string, unknown>('address-book', { valueEncoding: 'json' })
  const good = peerIdOf(1)
  await table.batch([
    [good, { addresses: [[at(1), 5], ['nonsense', 1], 7, [at(2), 'x']], communities: [communityOf(1), 3], heard: 9 }],
    [peerIdOf(2), 7], [peerIdOf(3), { addresses: 'x', communities: [], heard: 1 }], [peerIdOf(4), { addresses: [], communities: [], heard: 'x' }]
  ].map(([key, value]) => ({ type: 'put' as const, key: key as string, value })))
  assert.equal((await open()).peers(), [
    { peer: good, addresses: [{ address: at(1), lastSuccessMs: 5 }, { address: at(2), lastSuccessMs: null }], communities: [communityOf(1)], heardMs: 9 }
  ])
})

test.run()
