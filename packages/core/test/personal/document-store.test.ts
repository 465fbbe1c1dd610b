import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import type { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDatabase } from '../../src/database.ts'
import { MAX_PERSONAL_BYTES, MAX_PERSONAL_LOG_ENTRIES } from '../../src/limits.ts'
import { openDocumentStore } from '../../src/personal/document-store.ts'

const test = suite('document store')
const logger = { debug: () => {}, info: () => {}, warn: () => {} }
const memory = (): Level => new MemoryLevel() as unknown as Level

test('whatever was written before `durable` resolved is there when the database is opened again, also across foldings', async () => {
  const key = fc.integer({ min: 0, max: 5 }).map(n => `k${n}`)
  await fc.assert(fc.asyncProperty(fc.array(fc.array(fc.tuple(key, fc.option(fc.string({ maxLength: 9 }))), { maxLength: 30 }), { maxLength: 5 }), async sessions => {
    const db = memory()
    const expected = new Map<string, string>()
    for (const writes of sessions) {
      const store = await openDocumentStore(db, logger)
      const map = store.doc.getMap('drafts')
      assert.equal(map.toJSON(), Object.fromEntries(expected))
      for (const [key, value] of writes) {
        if (value === null) {
          map.delete(key)
          expected.delete(key)
        } else {
          map.set(key, value)
          expected.set(key, value)
        }
      }
      await store.durable() // and never closed
    }
    assert.equal((await openDocumentStore(db, logger)).doc.getMap('drafts').toJSON(), Object.fromEntries(expected))
  }), { numRuns: 40 })
})

test('the log of changes stays bounded', async () => {
  const db = memory()
  const store = await openDocumentStore(db, logger)
  const map = store.doc.getMap('read')
  for (let i = 0; i < MAX_PERSONAL_LOG_ENTRIES * 2 + 10; i++) {
    map.set('key', i)
    await store.durable()
  }
  const keys = await db.sublevel('personal', { valueEncoding: 'view' }).keys().all()
  assert.ok(keys.length <= MAX_PERSONAL_LOG_ENTRIES + 1, String(keys.length))
  assert.is((await openDocumentStore(db, logger)).doc.getMap('read').get('key'), MAX_PERSONAL_LOG_ENTRIES * 2 + 9)
})

test('what would make the document larger than the bound is told before', async () => {
  const store = await openDocumentStore(memory(), logger)
  const map = store.doc.getMap('drafts')
  assert.ok(store.mayGrow(MAX_PERSONAL_BYTES / 2))
  map.set('draft', 'x'.repeat(MAX_PERSONAL_BYTES * 0.75))
  assert.not(store.mayGrow(MAX_PERSONAL_BYTES / 2))
  map.set('draft', '') // what was overwritten no longer counts once it is measured
  assert.ok(store.mayGrow(MAX_PERSONAL_BYTES / 2))
})

test('a write that fails is an error of the call, and the next one that succeeds has it too', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-personal-'))
  try {
    const db = await openDatabase(folder)
    const store = await openDocumentStore(db, logger)
    const table = db.sublevel('personal', { valueEncoding: 'view' })
    const prototype = Object.getPrototypeOf(table) as { batch: unknown }
    const { batch } = prototype
    prototype.batch = async () => { throw new Error('no space') }
    try {
      store.doc.getMap('read').set('a', 1)
      await store.durable().then(() => { assert.unreachable() }, (error: unknown) => { assert.is((error as { code: string }).code, 'STORAGE_FAILED') })
    } finally {
      prototype.batch = batch
    }
    store.doc.getMap('read').set('b', 2)
    await store.durable()
    assert.equal((await openDocumentStore(db, logger)).doc.getMap('read').toJSON(), { a: 1, b: 2 })
    await db.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('bytes that are no document are an error, not an empty document', async () => {
  const db = memory()
  await db.sublevel<string, Uint8Array>('personal', { valueEncoding: 'view' }).put('whole', new Uint8Array([9, 9, 9]))
  await openDocumentStore(db, logger).then(() => { assert.unreachable() }, (error: unknown) => { assert.is((error as { code: string }).code, 'STORAGE_FAILED') })
})

test.run()
