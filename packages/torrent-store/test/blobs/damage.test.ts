// What a disk gives back wrong, in a database of the tests' own making and in LevelDB's files: the rest is listed,
// exported and counted, what is damaged is told of, and whoever puts it mends it.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, createMemoryBlobs, createTorrentStore, parseInfoHash, refOf, req2Of, type InfoHash, type TorrentStore } from '../../src/index.ts'
import { walkDamaged } from '../../src/blobs/damaged-walk.ts'
import { encodeIndexRow } from '../../src/blobs/index-row.ts'

const VIEW = { keyEncoding: 'view', valueEncoding: 'view' } as const
const test = suite('torrent-store/damage')
const folder = mkdtempSync(path.join(tmpdir(), 'damage-'))
test.after(() => { rmSync(folder, { recursive: true, force: true }) })

const bodies = Array.from({ length: 300 }, (_, i) => Buffer.from(`a body with the number ${i} `.repeat(1 + i % 40)))
const ids = bodies.map(body => refOf(body).infoHash)
const idOf = (n: number): InfoHash => ids[n] as InfoHash
const lengthOf = (n: number): number => bodies[n]?.length ?? 0
const STAT = { bodies: bodies.length, bytes: bodies.reduce((sum, { length }) => sum + length, 0) }

type Rows = ReturnType<typeof rowsOf>
function rowsOf (db: MemoryLevel<Uint8Array, Uint8Array>, name: 'index' | 'body' | 'stat') {
  return db.sublevel('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>(name, VIEW)
}
const keyOf = (id: InfoHash): Buffer => Buffer.from(req2Of(id), 'hex')
const rowOf = (n: number, length = lengthOf(n)): Buffer => Buffer.from(encodeIndexRow(Buffer.from(idOf(n), 'hex'), { length, usedSeconds: 5 }, new Uint8Array(28)))

/** Of the row of body 7. */
const DAMAGES: Readonly<Record<string, (rows: Rows) => Promise<void>>> = {
  'a short row': async rows => { await rows.put(keyOf(idOf(7)), Uint8Array.of(1, 2, 3)) },
  'no bytes': async rows => { await rows.put(keyOf(idOf(7)), new Uint8Array(0)) },
  'a wrong bit in the infohash': async rows => { await rows.put(keyOf(idOf(7)), rowOf(7).map((byte, i) => i === 11 ? byte ^ 4 : byte)) },
  'the infohash of another': async rows => { await rows.put(keyOf(idOf(7)), rowOf(8)) },
  'no length': async rows => { await rows.put(keyOf(idOf(7)), rowOf(7, 0)) },
  'a length that no body has': async rows => { await rows.put(keyOf(idOf(7)), rowOf(7, 0x8000_0000 + lengthOf(7))) },
  'a wrong bit in the key': async rows => {
    await rows.del(keyOf(idOf(7)))
    await rows.put(keyOf(idOf(7)).map((byte, i) => i === 19 ? byte ^ 1 : byte), rowOf(7))
  }
}

async function listed (store: Pick<TorrentStore, 'list'>): Promise<InfoHash[]> {
  const found: InfoHash[] = []
  for await (const { infoHash } of store.list()) found.push(infoHash)
  return found.sort()
}
const others = ids.filter(id => id !== idOf(7)).sort()

for (const [damage, harm] of Object.entries(DAMAGES)) {
  test(`${damage}: the others are listed and exported, and it is told`, async () => {
    const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
    await using store = await createTorrentStore({ db })
    await store.putMany(bodies)
    await harm(rowsOf(db, 'index'))
    const told: unknown[] = []
    store.on('damaged', event => told.push(event))
    assert.equal(await listed(store), others)
    assert.equal(told, [{ infoHash: null }])
    assert.equal(store.stat(), { ...STAT, damaged: 1 })
    await using copy = await createTorrentStore({ db: createMemoryBlobs() })
    assert.is((await copy.import(store.export())).imported, others.length)
    assert.equal(Buffer.from(await store.get(idOf(7)) ?? []), bodies[7], 'the body is not the worse for it')
    await store.put(bodies[7] as Buffer)
    assert.equal(await listed(store), ids.toSorted())
    await using again = await createTorrentStore({ db })
    assert.equal([await listed(again), again.stat()], [ids.toSorted(), STAT])
    assert.is((await rowsOf(db, 'index').keys().all()).length, ids.length, 'no row is left over')
  })

  test(`${damage}: whoever opens the store next finds all bodies in it`, async () => {
    const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
    const before = await createTorrentStore({ db })
    await before.putMany(bodies)
    await harm(rowsOf(db, 'index'))
    await listed(before)
    await before.close()
    await using store = await createTorrentStore({ db })
    assert.equal([await listed(store), store.stat()], [ids.toSorted(), STAT])
    assert.is(await store.delete(idOf(7)), true)
    assert.is(await store.get(idOf(7)), undefined)
    assert.equal(store.stat(), { bodies: STAT.bodies - 1, bytes: STAT.bytes - lengthOf(7) })
  })
}

test('a quota is kept beside a damaged row', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const before = await createTorrentStore({ db })
  await before.putMany(bodies)
  await before.close()
  await rowsOf(db, 'index').put(keyOf(idOf(7)), Uint8Array.of(1))
  await using store = await createTorrentStore({ db, quota: { cacheBytes: 10_000, isPinned: () => false } })
  const told: unknown[] = []
  store.on('damaged', event => told.push(event))
  store.on('failed', event => told.push(event))
  await store.settled()
  assert.ok(told.length > 0 && told.every(event => JSON.stringify(event) === '{"infoHash":null}'), JSON.stringify(told))
  assert.ok(store.stat().bytes <= 10_000, `${store.stat().bytes}`)
})

test('a row with a wrong length that a body could have is mended by who puts the body', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const blobs = await createLevelBlobs(db)
  await using store = await createTorrentStore({ db: blobs })
  await store.putMany(bodies)
  await rowsOf(db, 'index').put(keyOf(idOf(7)), rowOf(7, lengthOf(7) + 64))
  await store.put(bodies[7] as Buffer)
  assert.equal(await blobs.lengthsOf([idOf(7)]), [lengthOf(7)])
  assert.equal((await createLevelBlobs(db)).stat(), STAT, 'it was counted anew')
})

test('a database that cannot read some of it, and says so at its end only', async () => {
  const rows = ids.map((id, n): [Uint8Array, Uint8Array] => [keyOf(id), rowOf(n)]).sort(([a], [b]) => Buffer.compare(a, b))
  const hidden = new Set([40, 41, 42, 299])
  const openIterators: number[] = []
  const table = {
    iterator ({ gt }: { readonly gt?: Uint8Array }) {
      let at = gt === undefined ? 0 : rows.findIndex(([key]) => Buffer.compare(key, gt) > 0)
      if (at === -1) at = rows.length
      openIterators.push(at)
      return {
        nextv: async (size: number) => {
          const some: Array<[Uint8Array, Uint8Array]> = []
          for (; at < rows.length && some.length < Math.min(size, 70); at++) if (!hidden.has(at)) some.push(rows[at] as [Uint8Array, Uint8Array])
          if (at >= rows.length && some.length < Math.min(size, 70)) throw Object.assign(new Error('Corruption: bad block'), { code: 'LEVEL_CORRUPTION' })
          return some
        },
        close: async () => { openIterators.pop() }
      }
    }
  }
  const found: string[] = []
  let told = 0
  for await (const sound of walkDamaged(table, undefined, key => { assert.is(key, null); told++ })) found.push(...sound.map(({ infoHash }) => req2Of(infoHash)))
  assert.equal(found, rows.filter((_, at) => !hidden.has(at)).map(([key]) => Buffer.from(key).toString('hex')))
  assert.is(told, 1)
  assert.equal(openIterators, [])
})

test('a database that fails in another way ends a list', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>(VIEW)
  const store = await createTorrentStore({ db })
  await store.putMany(bodies)
  await db.close()
  await listed(store).then(() => { assert.unreachable() }, (error: unknown) => { assert.is((error as { code?: string }).code, 'STORAGE_FAILED') })
})

/** A database of all bodies in one table file; its folder. */
async function onDisk (name: string): Promise<string> {
  const location = path.join(folder, name)
  const db = new Level(location)
  const store = await createTorrentStore({ db, clock: () => 1_700_000_000_000 })
  for (let from = 0; from < bodies.length; from += 100) await store.putMany(bodies.slice(from, from + 100))
  await store.close()
  await (db as unknown as { compactRange (start: string, end: string): Promise<void> }).compactRange('\u0000', '~')
  await db.close()
  return location
}

function tableOf (location: string): string {
  const [name, ...more] = readdirSync(location).filter(file => file.endsWith('.ldb'))
  assert.ok(name !== undefined && more.length === 0)
  return path.join(location, name)
}

test('a wrong bit in a row on disk: LevelDB does not notice, and the store does', async () => {
  const location = await onDisk('bit')
  const file = tableOf(location)
  const bytes = readFileSync(file)
  const row = [...ids.keys()].map(n => ({ n, at: bytes.indexOf(rowOf(n).subarray(0, 24)) })).find(({ at }) => at !== -1)
  assert.ok(row !== undefined, 'rows that are no text are not compressed')
  const { n, at } = row
  bytes[at + 3] = (bytes[at + 3] ?? 0) ^ 32
  writeFileSync(file, bytes)
  const db = new Level(location)
  const store = await createTorrentStore({ db })
  assert.equal(await listed(store), ids.filter(id => id !== idOf(n)).sort())
  assert.is(store.stat().damaged, 1)
  await store.putMany(bodies)
  assert.equal(await listed(store), ids.toSorted())
  await store.close()
  const again = await createTorrentStore({ db })
  assert.equal([await listed(again), again.stat()], [ids.toSorted(), STAT])
  await again.close()
  await db.close()
})

test('wrong bits anywhere in the table on disk: nothing wrong comes out, and all can be put again', async () => {
  const sound = await onDisk('sound')
  const size = readFileSync(tableOf(sound)).length
  let noticed = 0
  for (let round = 0; round < 24; round++) {
    const location = path.join(folder, `flipped ${round}`)
    cpSync(sound, location, { recursive: true })
    const bytes = readFileSync(tableOf(location))
    const at = Math.floor(size * (round + 0.5) / 24)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << round % 8)
    bytes.fill(0xff, at + 1, at + 1 + (round % 3) * 200)
    writeFileSync(tableOf(location), bytes)
    const db = new Level(location)
    const store = await createTorrentStore({ db })
    const copy = await createTorrentStore({ db: createMemoryBlobs() })
    const damaged: unknown[] = []
    store.on('damaged', event => damaged.push(event))
    const { imported, refused } = await copy.import(store.export())
    assert.equal(refused, { NOT_A_FILE: 0, NOT_A_BODY: 0, EMPTY: 0, TOO_LONG: 0, BAD_BYTES: 0 })
    const before = await listed(store)
    assert.ok(before.every(id => ids.includes(id)), 'each is one that was put')
    if (imported < ids.length) noticed++
    assert.ok(imported === ids.length || damaged.length > 0 || before.length < ids.length, `round ${round} lost ${ids.length - imported} and said nothing`)
    if (round % 4 === 1) { // the next opening finds what the list could not
      await store.close()
      const next = await createTorrentStore({ db })
      assert.ok((await listed(next)).length >= imported, `round ${round}, mended`)
      await next.putMany(bodies)
      assert.equal(await listed(next), ids.toSorted(), `round ${round}, mended and put`)
      await next.close()
      await db.close()
      continue
    }
    await store.putMany(bodies)
    for (const [n, id] of ids.entries()) assert.equal(Buffer.from(await store.get(id) ?? []), bodies[n])
    assert.equal(await listed(store), ids.toSorted(), `round ${round}`)
    await store.close()
    if (round % 2 === 0) await db.sublevel('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>('stat', VIEW).del(Buffer.from('held'))
    const again = await createTorrentStore({ db })
    assert.equal(await listed(again), ids.toSorted(), `round ${round}, opened again`)
    const { bodies: count, bytes: sum } = again.stat()
    assert.equal({ bodies: count, bytes: sum }, STAT)
    await again.close()
    await db.close()
  }
  assert.ok(noticed > 6, `${noticed} of 24 did any harm`)
})

test('killed, and then a row is wrong: what was acknowledged is there', async () => {
  const location = path.join(folder, 'killed')
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'putter.ts'), location], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.split('\n').length > 60) child.kill('SIGKILL')
  })
  await new Promise(resolve => { child.on('close', resolve) })
  const acknowledged = text.split('\n').slice(0, -1).map(parseInfoHash)
  assert.ok(acknowledged.length >= 60)
  const db = new Level<Uint8Array, Uint8Array>(location, VIEW)
  const rows = db.sublevel('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>('index', VIEW)
  for (const id of acknowledged.slice(0, 5)) await rows.put(keyOf(id), Uint8Array.of(9))
  await db.sublevel('torrent-store', VIEW).sublevel<Uint8Array, Uint8Array>('stat', VIEW).del(Buffer.from('held'))
  const store = await createTorrentStore({ db })
  const found = new Set(await listed(store))
  for (const id of acknowledged) assert.ok(found.has(id) && await store.get(id), id)
  let bytes = 0
  for await (const { length } of store.list()) bytes += length
  assert.equal(store.stat(), { bodies: found.size, bytes })
  await store.close()
  await db.close()
})

test.run()
