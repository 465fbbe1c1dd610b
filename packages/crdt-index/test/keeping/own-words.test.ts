// What was written here outlives damage, drops, and whatever else goes on beside.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex, CrdtIndexOptions } from '../../src/crdt-index.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { copyOf, memory, type Memory } from '../checkpoint/world.ts'
import { contentOf, createMonthWorld, NOW, timeIn } from './month-world.ts'

const test = suite('own words')
const OLD = 202601
const open = async (db: Memory, options: Partial<CrdtIndexOptions> = {}): Promise<CrdtIndex> =>
  await createCrdtIndex({ db, clock: () => NOW, checkpoints: { intervalMs: 1e9, minEnvelopes: 1e9 }, ...options })

async function rowsOf (db: Memory, author: string): Promise<Array<[Uint8Array, Uint8Array]>> {
  const rows = await db.iterator({ gte: Buffer.from('!crdt-index!!envelopes!'), lt: Buffer.from('!crdt-index!!envelopes"') }).all()
  return rows.filter(([key]) => Buffer.from(key).toString('hex').includes(author))
}

test('an own envelope that cannot be read, and the others of its author, stay when their month is dropped', async () => {
  const world = await createMonthWorld(3, [202612, OLD])
  const me = createSigner(new Uint8Array(32).fill(77))
  for (const damaged of [[0], [0, 1]]) {
    const db = memory()
    {
      await using index = await open(db, { signers: [me] })
      await index.join(world.address, world.genesis)
      await index.ingest(world.address, world.envelopes)
      for (const n of [0, 1]) await index.writer(me).post({ community: world.address, contentId: contentOf(OLD, 500 + n), length: 1, title: `mine ${n}`, createdMs: timeIn(OLD, 500 + n) })
    }
    const own = await rowsOf(db, me.author)
    assert.is(own.length, 2)
    await db.batch(damaged.map(at => {
      const [key, value] = own[at]!
      const bytes = new Uint8Array(value)
      bytes[bytes.length - 1]! ^= 1
      return { type: 'put' as const, key, value: bytes }
    }))
    await (await open(db)).close() // finds the damage
    {
      await using index = await open(db, { retain: { months: 1 } })
      await index.retain(world.address, { months: 1 })
      assert.is(index.status(world.address).shards.find(({ period }) => period === OLD)?.envelopes, 2 - damaged.length)
    }
    assert.is((await rowsOf(db, me.author)).length, 2, `${damaged.length} damaged`)
    assert.ok((await rowsOf(await copyOf(db), '')).length < world.envelopes.length, 'the month was dropped')
  }
})

test('who begins to write here keeps their words of months that are not kept, though they were passed on before', async () => {
  const world = await createMonthWorld(3, [202612, OLD])
  const second = createSigner(new Uint8Array(32).fill(2))
  await using index = await open(memory(), { retain: { months: 1 } })
  await index.join(world.address, world.genesis)
  const inOld = (): number => index.status(world.address).shards.find(({ period }) => period === OLD)?.envelopes ?? 0
  await index.ingest(world.address, world.envelopes)
  assert.is(inOld(), 0)
  index.writer(second)
  await index.ingest(world.address, world.envelopes)
  assert.ok(inOld() > 0)
})

test('a month that cannot be dropped from a full disk says so, and is gone with the next look', async () => {
  const world = await createMonthWorld(3, [202612, OLD])
  const db = memory()
  await using index = await open(db)
  await index.join(world.address, world.genesis)
  await index.ingest(world.address, world.envelopes)
  const posts = index.feed({ sort: 'new', limit: 100 }).items.length
  const clear = db.clear.bind(db)
  db.clear = async () => { throw new Error('no space left') }
  try {
    await index.retain(world.address, { months: 1 })
    assert.unreachable()
  } catch (error) {
    assert.is((error as { code?: string }).code, 'STORAGE_FAILED')
  }
  assert.is(index.feed({ sort: 'new', limit: 100 }).items.length, posts)
  db.clear = clear
  await index.retain(world.address, { months: 1 })
  assert.is(index.holding(world.address, OLD), 'absent')
  assert.is(index.feed({ sort: 'new', limit: 100 }).items.length, posts)
})

test.run()
