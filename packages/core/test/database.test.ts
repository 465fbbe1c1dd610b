import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDatabase } from '../src/database.ts'
import { SeedbedError } from '../src/errors.ts'

const test = suite('database')
const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const
/** What classic-level does; replaced to play a full disk. */
const native = Level.prototype as unknown as Record<'_batch' | '_open', (...args: unknown[]) => Promise<void>>

async function withFolder (work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-database-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function all (db: Level): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const [key, value] of db.iterator()) found[key] = value
  return found
}

const key = fc.integer({ min: 0, max: 9 }).map(n => `k${n}`)
const action = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value: fc.string({ minLength: 1, maxLength: 5 }) }),
  fc.record({ type: fc.constant('del' as const), key }),
  fc.record({ type: fc.constant('clear' as const), key })
)

test('whatever is asked for at once takes effect in order, also through a close', async () => {
  await fc.assert(fc.asyncProperty(fc.array(action, { maxLength: 40 }), async actions => {
    await withFolder(async folder => {
      const db = await openDatabase(folder)
      const model = new Map<string, string>()
      const done = actions.map(async (one, i) => {
        if (one.type === 'put') {
          model.set(one.key, one.value)
          await (i % 2 === 0 ? db.put(one.key, one.value) : db.batch([one], { sync: true } as object))
        } else if (one.type === 'del') {
          model.delete(one.key)
          await db.del(one.key)
        } else {
          for (const held of [...model.keys()]) if (held >= one.key) model.delete(held)
          await db.clear({ gte: one.key })
        }
      })
      const closed = db.close()
      await Promise.all([...done, closed])
      const again = await openDatabase(folder)
      assert.equal(await all(again), Object.fromEntries(model))
      await again.close()
    })
  }), { numRuns: 15 })
})

test('after a failed write the database is opened anew, and the keys have what was acknowledged', async () => {
  await withFolder(async folder => {
    const db = await openDatabase(folder)
    const table = db.sublevel<Uint8Array, Uint8Array>('table', VIEW)
    const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
    await table.put(bytes(1), bytes(10))
    const original = { _batch: native._batch, _open: native._open }
    const failed: unknown[][] = []
    try {
      native._batch = async (...args) => {
        failed.push(args)
        throw new Error('No space left on device')
      }
      const both = [table.put(bytes(1), bytes(11)), table.put(bytes(2), bytes(20))]
      for (const { status } of await Promise.allSettled(both)) assert.is(status, 'rejected')
      assert.is((await table.get(bytes(1)))?.[0], 10)
    } finally {
      native._batch = original._batch
    }
    assert.is(failed.length, 1, 'what was asked for at once went together')
    // The worst that LevelDB does: its log brings the record that failed at the next opening.
    native._open = async function (this: Level, ...args) {
      await original._open.apply(this, args)
      await original._batch.apply(this, failed[0] ?? [])
    }
    try {
      await table.put(bytes(3), bytes(30))
    } finally {
      native._open = original._open
    }
    assert.equal(await Promise.all([1, 2, 3].map(async key => (await table.get(bytes(key)))?.[0])), [10, undefined, 30])
    await db.close()
    const again = await openDatabase(folder)
    const reopened = again.sublevel<Uint8Array, Uint8Array>('table', VIEW)
    assert.equal((await Array.fromAsync(reopened.iterator())).map(([key]) => key[0]), [1, 3])
    assert.is((await reopened.get(bytes(1)))?.[0], 10)
    await again.close()
  })
})

test('reads and iterators wait for it, or end with an error, and never with wrong data', async () => {
  await withFolder(async folder => {
    const db = await openDatabase(folder)
    for (let i = 0; i < 50; i++) await db.put(`k${String(i).padStart(2, '0')}`, String(i))
    const iterator = db.iterator()
    await iterator.next()
    const original = native._batch
    native._batch = async () => { throw new Error('No space left on device') }
    assert.is((await db.put('k00', 'never').then(() => null, (error: unknown) => error) as Error).message, 'No space left on device')
    native._batch = original
    const write = db.put('k99', 'after')
    const reads = Array.from({ length: 50 }, async (_, i) => await db.get(`k${String(i).padStart(2, '0')}`))
    await write
    assert.equal(await Promise.all(reads), Array.from({ length: 50 }, (_, i) => String(i)))
    const rest = await iterator.next().then(() => 'more', (error: unknown) => (error as { code: string }).code)
    assert.is(rest, 'LEVEL_ITERATOR_NOT_OPEN')
    assert.is(Object.keys(await all(db)).length, 51)
    await db.close()
  })
})

test('a folder that is open elsewhere is LOCKED, one that cannot be a database is STORAGE_FAILED', async () => {
  await withFolder(async folder => {
    const db = await openDatabase(folder)
    const error = await openDatabase(folder).then(() => null, (reason: unknown) => reason)
    assert.instance(error, SeedbedError)
    assert.is((error as SeedbedError).code, 'LOCKED')
    await db.close()
    await db.close()
    const wrong = await openDatabase(path.join('/dev/null', 'db')).then(() => null, (reason: unknown) => reason)
    assert.is((wrong as SeedbedError).code, 'STORAGE_FAILED')
  })
})

test.run()
