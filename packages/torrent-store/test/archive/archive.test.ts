// Bodies to an archive and back, by this package and by the system's tar.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createMemoryBlobs, createTorrentStore, refOf, TorrentStoreError, type BlobStore, type ImportReport, type TorrentStore } from '../../src/index.ts'
import { importArchive } from '../../src/archive/import.ts'
import { sortedHashes } from '../../src/archive/sorted-hashes.ts'
import { BOUNDARY_LENGTHS, randomBody } from '../bodies.ts'
import { bytesOf, inChunks, nameOf } from './tar-blocks.ts'

const test = suite('archive')
const scratch = mkdtempSync(path.join(tmpdir(), 'archive-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })
const NONE = { NOT_A_FILE: 0, NOT_A_BODY: 0, EMPTY: 0, TOO_LONG: 0, BAD_BYTES: 0 }
const bodies = BOUNDARY_LENGTHS.map(randomBody)

async function storeOf (bodies: readonly Uint8Array[], db: BlobStore = createMemoryBlobs()): Promise<TorrentStore> {
  const store = await createTorrentStore({ db })
  for (const body of bodies) await store.put(body)
  return store
}

async function heldIn (store: TorrentStore): Promise<string[]> {
  const held: string[] = []
  for await (const { infoHash } of store.list()) held.push(infoHash)
  return held.sort()
}

function report (bodies: readonly Uint8Array[], rest: Partial<ImportReport> = {}): ImportReport {
  return { imported: bodies.length, importedBytes: bodies.reduce((sum, { length }) => sum + length, 0), alreadyHeld: 0, refused: NONE, ...rest }
}

test('what is exported is imported, whatever the chunks, and twice changes nothing', async () => {
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 1500 }), { maxLength: 12, selector: body => nameOf(body) }), fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
    async (bodies, lengths) => {
      await using from = await storeOf(bodies)
      await using to = await storeOf([])
      const archive = await bytesOf(from.export())
      assert.is(archive.length % 512, 0)
      assert.equal(await to.import(inChunks(archive, ...lengths)), report(bodies))
      assert.equal(await heldIn(to), await heldIn(from))
      for (const body of bodies) assert.equal(Buffer.from(await to.get(refOf(body).infoHash) ?? []), Buffer.from(body))
      assert.equal(await to.import(inChunks(archive, archive.length)), report([], { alreadyHeld: bodies.length }))
    }
  ), { numRuns: 60 })
})

test('equal stores give equal bytes, in memory, in level and whatever was put first', async () => {
  await using inMemory = await storeOf(bodies)
  await using inLevel = await createTorrentStore({ db: new MemoryLevel() })
  for (const body of bodies.toReversed()) await inLevel.put(body)
  const archive = await bytesOf(inMemory.export())
  assert.ok(archive.equals(await bytesOf(inLevel.export())))
  const names = [...archive.toString('latin1').matchAll(/[0-9a-f]{64}\.txt(?=\0)/g)].map(([name]) => name)
  const byHash = bodies.toSorted((a, b) => refOf(a).infoHash < refOf(b).infoHash ? -1 : 1)
  assert.equal(names, byHash.map(nameOf))
})

test('some bodies can be chosen, and one that is not held is an error', async () => {
  await using store = await storeOf(bodies)
  await using to = await storeOf([])
  const chosen = bodies.slice(1, 3)
  const infoHashes = chosen.map(body => refOf(body).infoHash)
  assert.equal(await to.import(store.export({ infoHashes: [...infoHashes, ...infoHashes] })), report(chosen))
  await assertCode(bytesOf(to.export({ infoHashes: [refOf(bodies[0]!).infoHash] })), 'NOT_FOUND')
})

test('more infohashes than are sorted at a time come in order, each once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 4 }), { maxLength: 200 }), fc.integer({ min: 1, max: 50 }), async (bodies, maxHeld) => {
    await using store = await storeOf(bodies)
    const sorted: string[] = []
    for await (const infoHash of sortedHashes({ list: () => store.list() }, maxHeld)) sorted.push(infoHash)
    assert.equal(sorted, await heldIn(store))
  }), { numRuns: 25 })
})

test('the archive of an empty store is empty, and right', async () => {
  await using store = await storeOf([])
  const archive = await bytesOf(store.export())
  assert.equal(archive, Buffer.alloc(1024))
  assert.equal(await store.import(inChunks(archive, 512)), report([]))
})

test('damaged bytes do not travel: of all they are left out and told of, and who asks for them hears of it', async () => {
  const blobs = createMemoryBlobs()
  const { infoHash } = refOf(bodies[0]!)
  await blobs.put(infoHash, Buffer.from('something else'))
  await using store = await storeOf(bodies.slice(1), blobs)
  const damaged: Array<string | null> = []
  store.on('damaged', ({ infoHash }) => damaged.push(infoHash))
  await using to = await storeOf([])
  assert.equal(await to.import(store.export()), report(bodies.slice(1)))
  assert.equal(damaged, [infoHash])
  await assertCode(bytesOf(store.export({ infoHashes: [infoHash] })), 'STORAGE_FAILED')
})

test('a page writes and reads the same archive', async () => {
  const script = `
    import { createMemoryBlobs, createTorrentStore } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
    import { platform } from ${JSON.stringify(new URL('../../src/platform/browser.ts', import.meta.url).href)}
    const from = await createTorrentStore({ db: createMemoryBlobs() })
    for (const n of [1, 500, 512, 70]) await from.put(new Uint8Array(n).fill(n))
    const to = await createTorrentStore({ db: createMemoryBlobs() })
    const { imported } = await to.import(from.export())
    const chunks = []
    for await (const chunk of to.export()) chunks.push(chunk)
    console.log(platform.canEncrypt, imported, chunks.some(chunk => chunk instanceof Buffer), platform.sha256Hex(platform.concat(chunks)))`
  const page = spawnSync(process.execPath, ['--conditions=browser', '--conditions=source', '--input-type=module', '-e', script], { encoding: 'utf8', timeout: 15_000 })
  await using store = await storeOf([1, 500, 512, 70].map(n => new Uint8Array(n).fill(n)))
  const expected = createHash('sha256').update(await bytesOf(store.export())).digest('hex')
  assert.is(page.stdout, `false 4 false ${expected}\n`, page.stderr)
})

test('a body that is deleted while an archive is written is left out', async () => {
  const blobs = createMemoryBlobs()
  await using store = await storeOf(bodies, {
    ...blobs,
    get: async infoHash => {
      if (infoHash === refOf(bodies[2]!).infoHash) await blobs.delete(infoHash)
      return await blobs.get(infoHash)
    }
  })
  const damaged: unknown[] = []
  store.on('damaged', event => damaged.push(event))
  await using to = await storeOf([])
  assert.equal(await to.import(store.export()), report(bodies.filter(body => body !== bodies[2])))
  assert.equal(damaged, [])
})

test("the system's tar unpacks an export into readable files", async () => {
  await using store = await storeOf(bodies)
  const file = path.join(scratch, 'export.tar')
  const folder = mkdtempSync(path.join(scratch, 'unpacked-'))
  writeFileSync(file, await bytesOf(store.export()))
  execFileSync('tar', ['xf', file, '-C', folder])
  assert.equal(readdirSync(folder).sort(), bodies.map(nameOf).sort())
  for (const body of bodies) assert.equal(readFileSync(path.join(folder, nameOf(body))), body)
})

for (const format of ['gnu', 'oldgnu', 'pax', 'ustar']) {
  for (const folders of ['short', `${'a-long-name-'.repeat(5)}/${'another-one-'.repeat(7)}`]) {
    test(`a folder packed by the system's tar is imported: ${format}, ${folders.length} characters of path`, async () => {
      const root = mkdtempSync(path.join(scratch, 'packed-'))
      mkdirSync(path.join(root, folders), { recursive: true })
      for (const body of bodies) writeFileSync(path.join(root, folders, nameOf(body)), body)
      writeFileSync(path.join(root, folders, 'README'), 'not a body')
      const file = path.join(root, 'made.tar')
      execFileSync('tar', ['cf', file, `--format=${format}`, '-C', root, folders.split('/')[0] ?? ''])
      await using store = await createTorrentStore({ db: new MemoryLevel() })
      assert.equal(await store.import(createReadStream(file)), report(bodies, { refused: { ...NONE, NOT_A_BODY: 1 } }))
      assert.equal(await heldIn(store), bodies.map(body => refOf(body).infoHash).sort())
    })
  }
}

test('what was imported is on disk', async () => {
  const folder = path.join(scratch, 'level')
  await using from = await storeOf(bodies)
  for (const expected of [report(bodies), report([], { alreadyHeld: bodies.length })]) {
    const db = new Level(folder)
    const store = await createTorrentStore({ db })
    assert.equal(await store.import(from.export()), expected)
    await store.close()
    await db.close()
  }
})

test('progress is told batch by batch', async () => {
  const many = Array.from({ length: 2100 }, (_, i) => Buffer.from(`body ${i}`))
  await using from = await storeOf(many)
  await using to = await storeOf(many.slice(0, 10))
  const told: ImportReport[] = []
  const done = await to.import(from.export(), { onProgress: progress => { told.push(progress) } })
  assert.equal(told.map(({ imported, alreadyHeld }) => imported + alreadyHeld), [1000, 2000, 2100, 2100])
  assert.equal(told.at(-1), done)
  assert.equal(done, report(many.slice(10), { alreadyHeld: 10 }))
})

test('a batch is written while the next is read, and never two', async () => {
  const many = Array.from({ length: 3100 }, (_, i) => Buffer.from(`body ${i}`))
  await using from = await storeOf(many)
  const chunks = inChunks(await bytesOf(from.export()), 64 * 1024)
  const blobs = createMemoryBlobs()
  let [read, writing, readWhileWriting] = [0, 0, 0]
  const source = async function * (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      read++
      yield chunk
    }
  }
  const putMany: BlobStore['putMany'] = async news => {
    assert.is(++writing, 1, 'two batches at a time')
    const before = read
    for (let turns = 0; turns < 200; turns++) await new Promise(resolve => { setImmediate(resolve) })
    readWhileWriting += read - before
    writing--
    return await blobs.putMany(news)
  }
  assert.equal(await importArchive({ putMany }, source(), {}), report(many))
  assert.ok(readWhileWriting > 0, 'reading waited for each write')
})

test('a write that fails ends an import whose source is stuck', async () => {
  const many = Array.from({ length: 1100 }, (_, i) => Buffer.from(`body ${i}`))
  await using from = await storeOf(many)
  const bytes = await bytesOf(from.export())
  let isTold = false
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      let isRead = false
      return {
        next: async () => isRead ? await new Promise(() => {}) : (isRead = true, { value: bytes.subarray(0, bytes.length - 1024) }),
        return: async () => { isTold = true; return { done: true, value: undefined } }
      }
    }
  }
  const full = new TorrentStoreError('STORAGE_FAILED', 'no space left on device')
  const error = await importArchive({ putMany: async () => { throw full } }, source, {}).then(() => null, (reason: unknown) => reason)
  assert.is(error, full)
  assert.ok(isTold)
})

test('an aborted import keeps what it read, lets go of a source that is stuck, and can be made again', async () => {
  const bodies = Array.from({ length: 6 }, (_, i) => Buffer.alloc(20_000, `body ${i} `))
  await using from = await storeOf(bodies)
  await using to = await storeOf([])
  const archive = await bytesOf(from.export())
  const controller = new AbortController()
  const reason = new Error('enough')
  let left = false
  async function * stuck (): AsyncGenerator<Uint8Array> {
    try {
      yield archive.subarray(0, archive.length - 70_000)
      setImmediate(() => { controller.abort(reason) })
      await new Promise(() => {})
    } finally {
      left = true
    }
  }
  await assertRejects(to.import(stuck(), { signal: controller.signal }), reason)
  assert.is(left, false) // nobody can end a generator that waits
  const kept = to.stat().bodies
  assert.ok(kept > 0 && kept < bodies.length)
  const rest = await to.import(inChunks(archive, 1000))
  assert.is(rest.alreadyHeld, kept)
  assert.is(to.stat().bodies, bodies.length)
  await assertRejects(to.import(inChunks(archive, 1000), { signal: AbortSignal.abort(reason) }), reason)
})

test('a source is told when an import ends early', async () => {
  await using store = await storeOf([])
  let left = false
  async function * bad (): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield Buffer.alloc(512, 'no tar ')
    } finally {
      left = true
    }
  }
  await assertCode(store.import(bad()), 'BAD_ARCHIVE')
  assert.is(left, true)
})

test('empty chunks are read over, and an abort between two of them is seen', async () => {
  await using store = await storeOf([])
  const controller = new AbortController()
  async function * empty (): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 100_000; i++) {
      if (i === 50_000) controller.abort(new Error('enough'))
      yield new Uint8Array(0)
    }
  }
  const error = await store.import(empty(), { signal: controller.signal }).then(() => null, (error: unknown) => error)
  assert.is((error as Error | null)?.message, 'enough')
})

test('a source that fails is the error of the import', async () => {
  await using store = await storeOf([])
  const broken = new Error('the disk is gone')
  // eslint-disable-next-line require-yield
  async function * failing (): AsyncGenerator<Uint8Array> { throw broken }
  await assertRejects(store.import(failing()), broken)
})

test('an export ends when it is aborted or the store closes', async () => {
  const store = await storeOf(Array.from({ length: 200 }, (_, i) => Buffer.alloc(4000, `${i} `)))
  const reason = new Error('enough')
  const controller = new AbortController()
  const aborted = store.export({ signal: controller.signal })[Symbol.asyncIterator]()
  assert.is((await aborted.next()).done, false)
  controller.abort(reason)
  await assertRejects(aborted.next(), reason)
  const closed = store.export()[Symbol.asyncIterator]()
  await closed.next()
  await store.close()
  await assertCode((async () => { while ((await closed.next()).done !== true); })(), 'CLOSED')
  assert.throws(() => store.export(), (error: unknown) => error instanceof TorrentStoreError && error.code === 'CLOSED')
  await assertCode(store.import(inChunks(Buffer.alloc(1024), 512)), 'CLOSED')
})

async function assertCode (work: Promise<unknown>, code: string): Promise<void> {
  const error = await work.then(() => null, (error: unknown) => error)
  assert.instance(error, TorrentStoreError)
  assert.is((error as TorrentStoreError).code, code)
}

async function assertRejects (work: Promise<unknown>, reason: Error): Promise<void> {
  assert.is(await work.then(() => null, (error: unknown) => error), reason)
}

test.run()
