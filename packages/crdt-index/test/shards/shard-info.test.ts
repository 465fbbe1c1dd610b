// What an index says of its shards: alone, with somebody who agrees, and with somebody it cannot take from.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { periodOf } from '../../src/identity/period.ts'
import { META_PERIOD, type Clock, type ContentId, type Transport } from '../../src/model.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { createMemoryNetwork } from '../../src/sync/memory-transport.ts'
import { until } from '../sync/memory-replica.ts'

const test = suite('shards as told')
const ada = createSigner(new Uint8Array(32).fill(1))
const HOUR = 3_600_000
/** The middle of a month, so that an hour changes none. */
const NOW = Date.UTC(2026, 2, 15)
const clock: Clock = () => NOW

async function open (transport?: Transport, at: Clock = clock): Promise<CrdtIndex> {
  return await createCrdtIndex({ db: new MemoryLevel(), clock: at, syncIntervalMs: HOUR, ...transport === undefined ? {} : { transport } })
}

test('an index says what it holds, who agrees, and why nothing comes', async () => {
  const network = createMemoryNetwork()
  const [near, far, late] = [network.peer('a'), network.peer('b'), network.peer('c')]
  await using author = await open(near)
  const { address } = await author.create({ founder: ada, slug: 'c', title: 'C' })
  for (const [n, createdMs] of [NOW, NOW - 40 * 24 * HOUR].entries()) await author.writer(ada).post({ community: address, contentId: `${n}`.repeat(40) as ContentId, length: 100, title: 'a post', createdMs })
  const periods = [META_PERIOD, periodOf(NOW), periodOf(NOW - 40 * 24 * HOUR)]
  const held = author.status(address).shards
  assert.equal(held.map(({ period, holding, state, missing, agreeing }) => [period, holding, state, missing, agreeing]), periods.map(period => [period, 'whole', 'alone', 0, 0]))

  await using reader = await open(far)
  await reader.join(address)
  near.connect('b')
  await until(() => reader.status(address).sync.state === 'synced' && author.status(address).sync.state === 'synced', 'met')
  for (const index of [author, reader]) {
    const { shards, sync } = index.status(address)
    assert.equal(shards.map(({ digest, envelopes }) => [digest, envelopes]), held.map(({ digest, envelopes }) => [digest, envelopes]))
    assert.equal(shards.map(({ period, holding, state, agreeing }) => [period, holding, state, agreeing]), periods.map(period => [period, 'whole', 'synced', 1]))
    assert.equal(sync.exchanges, [{ peer: index === author ? 'b' : 'a', state: 'equal', missing: 0, lastMs: NOW, againMs: null, error: null }])
  }

  await using slow = await open(late, () => NOW - HOUR)
  await slow.join(address)
  near.connect('c')
  await until(() => slow.status(address).sync.exchanges[0]?.state === 'early', 'told')
  const { shards, posts, sync } = slow.status(address)
  assert.equal([shards, posts, sync.state, sync.missing], [[], 0, 'behind', 0])
  assert.is(slow.community(address)?.slug, 'c', 'the genesis bears no date')
})

test('a month of which only its existence is known is absent', async () => {
  const network = createMemoryNetwork()
  const [near, far] = [network.peer('z'), network.peer('b')] // the lower name begins
  await using author = await open(near)
  const { address } = await author.create({ founder: ada, slug: 'c', title: 'C' })
  await author.writer(ada).post({ community: address, contentId: '1'.repeat(40) as ContentId, length: 100, title: 'a post', createdMs: NOW })
  await using reader = await open({
    ...pick(far),
    async open (peer, protocol, options) {
      const channel = await far.open(peer, protocol, options)
      let frames = 0
      return { ...pick(channel), read: async options => ++frames > 2 ? await Promise.reject(new Error('the line is dead')) : await channel.read(options) } // welcome, shards
    }
  })
  await reader.join(address)
  far.connect('z')
  await reader.sync(address)
  const { shards, sync } = reader.status(address)
  assert.equal(shards.map(({ period, holding, envelopes, missing }) => [period, holding, envelopes, missing]), [[META_PERIOD, 'absent', 0, 1], [periodOf(NOW), 'absent', 0, 1]])
  assert.equal([sync.state, sync.missing, sync.exchanges[0]?.state, sync.exchanges[0]?.error], ['behind', 2, 'failed', 'the line is dead'])
})

/** An instance with its methods as an object that can be spread. */
function pick<T extends object> (instance: T): T {
  const names = new Set([...Object.getOwnPropertyNames(Object.getPrototypeOf(instance)), ...Object.keys(instance)])
  return Object.fromEntries([...names].filter(name => name !== 'constructor').map(name => {
    const value = instance[name as keyof T]
    return [name, typeof value === 'function' ? value.bind(instance) : value]
  })) as T
}

test.run()
