// test-timeout-ms: 600000
// Whatever is delivered when, in whatever order, twice or in bursts: peers that hold the same envelopes show the same.
// Authors write through the real index on several devices, some of them copied behind their back (which makes them
// equivocate); what they publish is delivered to other indexes at random through their gossip entrance.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex, createSigner, itemIdOf, type CommunityAddress, type ContentId, type CrdtIndex, type ItemView, type Signer, type Transport, type Verdict } from '@seedbed/crdt-index'

const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 40)
const FIRST_SEED = Number(process.env['SEEDBED_TEST_SEED'] ?? 1)
const START_MS = Date.UTC(2026, 10, 20)

type Random = (below: number) => number
function createRandom (seed: number): Random {
  let state = seed * 2654435761 >>> 0 || 1
  return below => {
    state ^= state << 13; state >>>= 0
    state ^= state >>> 17
    state ^= state << 5; state >>>= 0
    return state % below
  }
}

/** A transport without peers: it keeps what is published and delivers what it is given. */
interface Tap extends Transport {
  readonly published: Uint8Array[]
  deliver (message: Uint8Array): Promise<Verdict>
}
function createTap (): Tap {
  let receive: ((data: Uint8Array, from: string) => Promise<Verdict>) | null = null
  const published: Uint8Array[] = []
  return {
    self: 'tap',
    published,
    subscribe: (_topic, onMessage) => { receive = onMessage },
    unsubscribe: () => { receive = null },
    publish: async (_topic, data) => published.push(data),
    peers: () => [],
    onPeer: () => () => {},
    handle: () => () => {},
    open: async () => { throw new Error('nobody is there') },
    deliver: async message => receive === null ? { verdict: 'ignore', reason: 'not subscribed' } : await receive(message, 'somebody')
  }
}

interface World { readonly index: CrdtIndex, readonly tap: Tap, readonly db: MemoryLevel<Uint8Array, Uint8Array> }
const newDb = (): World['db'] => new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
async function openWorld (clock: () => number, random: Random, db = newDb()): Promise<World> {
  const tap = createTap()
  const index = await createCrdtIndex({ db, transport: tap, clock, randomUint32: () => 1 + random(0xfffffffe), syncIntervalMs: 1e9 })
  return { index, tap, db }
}
async function copyOf (db: World['db']): Promise<World['db']> {
  const copy = newDb()
  for await (const [key, value] of db.iterator()) await copy.put(key, value)
  return copy
}

/** Everything a reader can see, in plain form. */
async function pageOf (index: CrdtIndex, address: CommunityAddress, authors: readonly Signer[]): Promise<Record<string, unknown>> {
  const posts = index.feed({ sort: 'top', window: 'all', limit: 1000 }).items
  const entries: string[] = []
  for (const { author } of authors) for await (const { period, root, key, value } of index.entries(author)) entries.push(`${author} ${period} ${root} ${key} ${value.map(part => part instanceof Uint8Array ? Buffer.from(part).toString('hex') : String(part)).join(' ')}`)
  return { digest: index.status(address).digest, posts, threads: posts.map(post => index.thread(post)), entries: entries.sort(), title: index.community(address)?.title }
}

const shuffle = <T>(values: readonly T[], random: Random): T[] => values.map(value => ({ value, at: random(1 << 30) })).sort((a, b) => a.at - b.at).map(({ value }) => value)

const test = suite('convergence')

for (const hostile of [false, true]) {
  test(`${RUNS} random histories with ${hostile ? 'equivocating' : 'honest'} authors end in equal digests and equal pages, from seed ${FIRST_SEED}`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      try {
        await history(seed, hostile)
      } catch (error) {
        console.error(`seed ${seed}, ${hostile ? 'equivocating' : 'honest'}: rerun with SEEDBED_TEST_SEED=${seed} SEEDBED_TEST_RUNS=1`)
        throw error
      }
    }
  })
}

async function history (seed: number, hostile: boolean): Promise<void> {
  const random = createRandom(seed)
  let nowMs = START_MS
  const clock = (): number => nowMs
  const newId = (): ContentId => Array.from({ length: 40 }, () => random(16).toString(16)).join('') as ContentId
  const authors = Array.from({ length: 2 + random(2) }, () => createSigner(Uint8Array.from({ length: 32 }, () => random(256))))
  const first = await openWorld(clock, random)
  const { address } = await first.index.create({ founder: authors[0] as Signer, slug: 'seeds', difficulty: 0, title: 'Seeds' })
  const genesis = first.index.genesis(address)
  const devices = [first]
  while (devices.length < 2 + random(2)) {
    const device = await openWorld(clock, random)
    await device.index.join(address, genesis)
    devices.push(device)
  }
  const known: Uint8Array[] = []
  const collect = (): void => { for (const { tap } of devices) known.push(...tap.published.splice(0)) }

  for (let step = 0; step < 60; step++) {
    nowMs += 1 + random(60_000)
    const at = random(devices.length)
    const { index, tap, db } = devices[at] as World
    const author = authors[random(authors.length)] as Signer
    const writer = index.writer(author)
    const posts = index.feed({ sort: 'new', window: 'all', limit: 20 }).items
    const post = posts[random(Math.max(1, posts.length))]
    const roll = random(20)
    if (roll < 4 || post === undefined) {
      await writer.post({ community: address, contentId: newId(), length: 1 + random(1000), title: `post ${step}`, createdMs: nowMs })
    } else if (roll < 8) {
      const comments = index.thread(post) ?? []
      const parent: Pick<ItemView, 'item'> = comments[random(comments.length + 1)] ?? post
      await writer.comment({ community: address, period: post.period, contentId: newId(), length: 9, createdMs: nowMs, root: post.item, parent: parent.item })
    } else if (roll < 14) {
      if (post.author !== author.author) await writer.vote({ community: address, period: post.period, item: post.item, value: (random(3) - 1) as -1 | 0 | 1 })
      else await writer.vote({ community: address, period: post.period, item: itemIdOf(author.author, newId()), value: 1 })
    } else if (roll < 15) {
      if (post.author === author.author) await writer.edit({ community: address, period: post.period, item: post.item, contentId: newId(), length: 5, title: `edit ${step}`, editedMs: nowMs })
    } else if (roll < 16) {
      if (post.author === author.author && random(4) === 0) await writer.delete({ community: address, period: post.period, item: post.item })
    } else if (roll < 19) {
      collect()
      for (const message of shuffle(known, random).slice(0, random(known.length + 1))) await tap.deliver(message)
    } else if (hostile && devices.length < 5) {
      collect()
      devices.push(await openWorld(clock, random, await copyOf(db))) // goes on with the same device ids
    }
  }
  for (const { index } of devices) await index.close()
  collect()

  const readers = await Promise.all([0, 1, 2].map(async () => await openWorld(clock, random)))
  for (const { index } of readers) await index.join(address, genesis)
  for (const [i, { tap, index, db }] of readers.entries()) {
    const order = shuffle([...known, ...known.slice(0, 20)], random)
    if (i === 0) for (const message of order) assert.is.not((await tap.deliver(message)).verdict, 'reject')
    else await Promise.all(order.map(async message => await tap.deliver(message))) // in bursts
    // What one order drops as covered, and another keeps, is offered again until nothing is new, as peers do for each other.
    for (let round = 0; round < 4; round++) for (const message of known) await tap.deliver(message)
    if (i === 2) { // one of them reads all of it again from its database
      await index.close()
      const again = await createCrdtIndex({ db, clock })
      readers[i] = { index: again, tap, db }
    }
  }
  const pages = await Promise.all(readers.map(async ({ index }) => await pageOf(index, address, authors)))
  for (const [i, how] of ['one by one', 'in bursts', 'reopened'].entries()) {
    const parts = Object.keys(pages[0] ?? {}).filter(part => JSON.stringify(pages[i]?.[part]) !== JSON.stringify(pages[0]?.[part]))
    assert.equal(parts, [], `seed ${seed}: what was read ${how} differs in ${parts.join(', ')}`)
  }
  for (const { index } of readers) await index.close()
}

test.run()
