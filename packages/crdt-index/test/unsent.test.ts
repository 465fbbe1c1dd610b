// What was written here and no other peer is known to have: counted, also across restarts, until somebody has it.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../src/create-crdt-index.ts'
import type { CrdtIndex } from '../src/crdt-index.ts'
import { createSigner, type Signer } from '../src/identity/keys.ts'
import type { CommunityAddress, ContentId, Transport } from '../src/model.ts'
import { createMemoryNetwork } from '../src/sync/memory-transport.ts'

const test = suite('unsent envelopes')
const ada: Signer = createSigner(new Uint8Array(32).fill(1))
const idOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId
let posts = 0

async function until (what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

async function open (db: MemoryLevel = new MemoryLevel(), transport?: Transport): Promise<CrdtIndex> {
  return await createCrdtIndex({ db, signers: [ada], syncIntervalMs: 200, ...(transport === undefined ? {} : { transport }) })
}

async function post (index: CrdtIndex, community: CommunityAddress): Promise<void> {
  await index.writer(ada).post({ community, contentId: idOf(++posts), length: 100, title: 'a post', createdMs: Date.now() })
}

test('without a peer everything waits, and still does after a restart and after a kill', async () => {
  const db = new MemoryLevel()
  const first = await open(db)
  const { address } = await first.create({ founder: ada, slug: 'c', title: 'C' })
  assert.is(first.status(address).unsent, 1, 'the title')
  await post(first, address)
  assert.is(first.status(address).unsent, 2)
  const again = await open(db) // the first was never closed
  assert.is(again.status(address).unsent, 2)
  await again.close()
  await first.close()
})

test('a snapshot takes the place of what it covers', async () => {
  const db = new MemoryLevel()
  const index = await open(db)
  const { address } = await index.create({ founder: ada, slug: 'c' })
  for (let i = 0; i < 20; i++) await post(index, address)
  assert.is(index.status(address).unsent, 20)
  await index.close() // makes a snapshot
  const again = await open(db)
  assert.is(again.status(address).unsent, 1)
  assert.is(again.status(address).shards.reduce((sum, { envelopes }) => sum + envelopes, 0), 1)
  await again.close()
})

test('what a connected peer got by gossip does not wait, nor does the snapshot of it that is made at the end', async () => {
  const network = createMemoryNetwork()
  const [here, there] = [network.peer('here'), network.peer('there')]
  const db = new MemoryLevel()
  const index = await open(db, here)
  const other = await createCrdtIndex({ db: new MemoryLevel(), transport: there, syncIntervalMs: 100_000 })
  const { address } = await index.create({ founder: ada, slug: 'c' })
  await other.join(address, index.genesis(address))
  here.connect('there')
  await until('synced', () => index.status(address).sync.state === 'synced')
  for (let i = 0; i < 12; i++) await post(index, address)
  await until('sent', () => index.status(address).unsent === 0)
  await until('received', () => other.status(address).posts === 12)
  here.disconnect('there')
  await index.close()
  const again = await open(db)
  assert.is(again.status(address).unsent, 0)
  await again.close()
  await other.close()
})

test('an exchange that ends equal clears what waited, and tells; what was written meanwhile waits on', async () => {
  const network = createMemoryNetwork()
  const [here, there] = [network.peer('here'), network.peer('there')]
  const db = new MemoryLevel()
  const alone = await open(db)
  const { address } = await alone.create({ founder: ada, slug: 'c' })
  for (let i = 0; i < 5; i++) await post(alone, address)
  const genesis = alone.genesis(address)
  await alone.close()
  const index = await open(db, here)
  assert.is(index.status(address).unsent, 5)
  const counts: number[] = []
  index.on('sync', () => { counts.push(index.status(address).unsent) })
  const other = await createCrdtIndex({ db: new MemoryLevel(), transport: there, syncIntervalMs: 100_000 })
  await other.join(address, genesis)
  here.connect('there')
  await until('cleared', () => index.status(address).unsent === 0)
  await until('told', () => counts.at(-1) === 0)
  assert.is(other.status(address).posts, 5)
  here.disconnect('there')
  await post(index, address)
  assert.is(index.status(address).unsent, 1)
  await index.close()
  await other.close()
})

test('what others wrote never waits, and leaving forgets', async () => {
  const db = new MemoryLevel()
  const index = await open(db)
  const writer = await createCrdtIndex({ db: new MemoryLevel() })
  const { address } = await index.create({ founder: ada, slug: 'c' })
  await writer.join(address, index.genesis(address))
  await writer.writer(createSigner(new Uint8Array(32).fill(2))).post({ community: address, contentId: idOf(++posts), length: 100, title: 'theirs', createdMs: Date.now() })
  for await (const envelope of writer.envelopes(address)) await index.ingest(address, [envelope])
  assert.is(index.status(address).posts, 1)
  assert.is(index.status(address).unsent, 0)
  await post(index, address)
  const genesis = index.genesis(address)
  await index.leave(address)
  await index.join(address, genesis)
  assert.is(index.status(address).unsent, 0)
  await index.close()
  const again = await open(db)
  assert.is(again.status(address).unsent, 0)
  await again.close()
  await writer.close()
})

test.run()
