// Databases of every format that a release ever wrote are opened, shown as they were, and written to.
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { STORE_FORMAT } from '../../src/store/format.ts'
import { everything, firstDifference } from '../checkpoint/everything.ts'
import { authors, copyOf, ids, memory, START_MS, type Memory } from '../checkpoint/world.ts'

const test = suite('stored formats')

interface Fixture { readonly format: number, readonly shown: string, readonly rows: ReadonlyArray<readonly [string, string]> }

async function load (format: number): Promise<{ fixture: Fixture, db: Memory }> {
  const fixture = JSON.parse(await readFile(new URL(`fixtures/format-${format}.json`, import.meta.url), 'utf8')) as Fixture
  const db = memory()
  await db.batch(fixture.rows.map(([key, value]) => ({ type: 'put', key: new Uint8Array(Buffer.from(key, 'hex')), value: new Uint8Array(Buffer.from(value, 'base64')) })))
  return { fixture, db }
}

const devicesOf = async (db: Memory): Promise<string[]> => (await db.keys().all()).map(key => Buffer.from(key).toString('latin1')).filter(key => key.includes('!devices!'))

for (let format = 1; format <= STORE_FORMAT; format++) {
  test(`format ${format}`, async () => {
    const { fixture, db } = await load(format)
    const options = { db, clock: () => START_MS + 1e9, randomUint32: (): number => { throw new Error('the devices are known') }, checkpoints: { intervalMs: 1e9, minEnvelopes: 1e9 } }
    const damaged: unknown[] = []
    const index = await createCrdtIndex(options)
    index.on('damaged', each => { damaged.push(each) })
    // Items did not say then as of when they are, nor pages how much they hide.
    assert.is(firstDifference((await everything(index, ids)).replaceAll('"asOfMs":null,', '').replaceAll(',"hidden":0', ''), fixture.shown), null)
    const [community] = index.communities()
    assert.ok(community !== undefined)
    // Writing goes on as the devices that wrote before, behind their last numbers.
    const [post] = index.feed({ sort: 'new', window: 'all', limit: 1 }).items
    assert.ok(post !== undefined)
    const before = await devicesOf(db)
    for (const label of ['one', 'two']) await index.writer(authors[0]!).label({ community: community.address, period: post.period, item: post.item, label })
    assert.equal(await devicesOf(db), before)
    assert.equal(await index.equivocations(), [])
    const shown = await everything(index, ids)
    assert.is.not(shown, fixture.shown)
    const again = await createCrdtIndex({ ...options, db: await copyOf(db) })
    again.on('damaged', each => { damaged.push(each) })
    assert.is(firstDifference(await everything(again, ids), shown), null)
    assert.equal(damaged, [])
    await index.close()
    await again.close()
  })
}

test('the newest fixture has a checkpoint and what changed since', async () => {
  const { fixture } = await load(STORE_FORMAT)
  const tables = fixture.rows.map(([key]) => Buffer.from(key, 'hex').toString('latin1'))
  for (const table of ['!checkpoints!', '!checkpoint!', '!changed!']) assert.ok(tables.some(key => key.includes(table)), table)
})

test.run()
