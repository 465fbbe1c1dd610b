import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLevelBlobs, createTorrentStore, parseInfoHash, refOf, TorrentStoreError } from '../../src/index.ts'
import { blobStoreAcceptance } from './acceptance.ts'

const test = suite('level blobs')
const folders: string[] = []
const scratch = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'level-blobs-'))
  folders.push(folder)
  return folder
}
test.after(() => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }) })

blobStoreAcceptance(test, async () => await createLevelBlobs(new MemoryLevel()))
blobStoreAcceptance(test, async () => await createLevelBlobs(new MemoryLevel({ keyEncoding: 'json', valueEncoding: 'buffer' }).sublevel('theirs')))

const body = Buffer.from('a body')
const { infoHash } = refOf(body)

test('a page hands no value to the database that lies in a longer buffer: IndexedDB would store all of it', async () => {
  const script = `
    import { MemoryLevel } from ${JSON.stringify(import.meta.resolve('memory-level'))}
    import { createTorrentStore } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
    const db = new MemoryLevel()
    const original = db.batch.bind(db)
    let [values, stored] = [0, 0]
    db.batch = async (operations, options) => {
      for (const { value } of operations) if (value !== undefined) values += value.byteLength
      for (const { value } of operations) if (value !== undefined) stored += value.buffer.byteLength
      return await original(operations, options)
    }
    const store = await createTorrentStore({ db })
    const bodies = Array.from({ length: 100 }, (_, i) => new TextEncoder().encode('body ' + i))
    await store.put(bodies[0])
    await store.putMany(bodies)
    console.log(values > 100 * 28, stored - values)`
  const page = spawnSync(process.execPath, ['--conditions=browser', '--conditions=source', '--input-type=module', '-e', script], { encoding: 'utf8', timeout: 15_000 })
  assert.is(page.stdout, 'true 0\n', page.stderr)
})

test('asks the database for a synchronous write of all rows at once', async () => {
  const db = new MemoryLevel()
  const writes: Array<{ rows: number, sync: unknown }> = []
  db.on('write', (operations: unknown[]) => { writes.push({ rows: operations.length, sync: null }) })
  const original = db.batch.bind(db) as (operations: unknown[], options: { sync?: boolean }) => Promise<void>
  db.batch = (async (operations: unknown[], options: { sync?: boolean }) => {
    writes.push({ rows: operations.length, sync: options.sync })
    await original(operations, options)
  }) as unknown as typeof db.batch
  const blobs = await createLevelBlobs(db)
  await blobs.put(infoHash, body)
  await blobs.touch(new Map([[infoHash, 5]]))
  await blobs.delete(infoHash)
  assert.equal(writes.filter(write => write.sync !== null), [{ rows: 3, sync: true }, { rows: 1, sync: false }, { rows: 3, sync: true }])
})

test('a failing write rejects with its cause, leaves the counts and can be made again', async () => {
  const db = new MemoryLevel()
  const blobs = await createLevelBlobs(db)
  const original = db.batch
  const full = new Error('no space left on device')
  db.batch = (async () => { throw full }) as unknown as typeof db.batch
  await assertFails(blobs.put(infoHash, body), full)
  assert.equal(blobs.stat(), { bodies: 0, bytes: 0 })
  assert.is(await blobs.has(infoHash), false)
  db.batch = original
  assert.is(await blobs.put(infoHash, body), true)
  db.batch = (async () => { throw full }) as unknown as typeof db.batch
  await assertFails(blobs.delete(infoHash), full)
  assert.equal(blobs.stat(), { bodies: 1, bytes: body.length })
})

async function assertFails (work: Promise<unknown>, cause: unknown): Promise<void> {
  try {
    await work
  } catch (error) {
    assert.instance(error, TorrentStoreError)
    assert.is((error as TorrentStoreError).code, 'STORAGE_FAILED')
    assert.is((error as TorrentStoreError).cause, cause)
    return
  }
  assert.unreachable('it should have failed')
}

test('counts are exact after a restart', async () => {
  const folder = scratch()
  for (let round = 1; round <= 3; round++) {
    const db = new Level(folder)
    const blobs = await createLevelBlobs(db)
    assert.equal(blobs.stat(), { bodies: (round - 1) * 3, bytes: (round - 1) * 60 })
    for (const [i, length] of [10, 20, 30].entries()) {
      const one = Buffer.alloc(length, round * 10 + i)
      await blobs.put(refOf(one).infoHash, one)
    }
    await db.close()
  }
})

/** Runs the putter; `stop` sees every line. Resolves with the acknowledged infohashes and the last words. */
async function runPutter (folder: string, shell: string, stop: (lines: number, kill: () => void) => void): Promise<{ acknowledged: string[], lastWords: string | undefined }> {
  const child = spawn('bash', ['-c', `${shell} exec "$0" --conditions=source "$1" "$2"`, process.execPath, path.join(import.meta.dirname, 'putter.ts'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    stop(text.split('\n').length - 1, () => child.kill('SIGKILL'))
  })
  await new Promise(resolve => { child.on('close', resolve) })
  clearTimeout(limit)
  const lines = text.split('\n').slice(0, -1)
  return { acknowledged: lines.filter(line => !line.startsWith('failed')), lastWords: lines.find(line => line.startsWith('failed'))?.slice(7) }
}

async function assertHolds (folder: string, acknowledged: readonly string[]): Promise<void> {
  const db = new Level(folder)
  const store = await createTorrentStore({ db })
  for (const text of acknowledged) assert.ok(await store.get(parseInfoHash(text)), `${text} was acknowledged and is gone`)
  let bodies = 0
  let bytes = 0
  for await (const ref of store.list()) {
    assert.is((await store.get(ref.infoHash))?.length, ref.length)
    bodies++
    bytes += ref.length
  }
  assert.equal(store.stat(), { bodies, bytes })
  await store.close()
  await db.close()
}

test('a killed process loses nothing it acknowledged', async () => {
  const folder = scratch()
  for (const lines of [40, 200]) {
    const { acknowledged } = await runPutter(folder, '', (seen, kill) => { if (seen >= lines) kill() })
    assert.ok(acknowledged.length >= lines)
    await assertHolds(folder, acknowledged)
  }
})

test('a disk that takes no more fails the put, not the process, and keeps the counts', async () => {
  const folder = scratch() // a limit on file size is the full disk that needs no mount
  const { acknowledged, lastWords } = await runPutter(folder, 'ulimit -f 200;', () => {})
  assert.ok(acknowledged.length > 10)
  assert.equal(JSON.parse(lastWords ?? '{}'), { code: 'STORAGE_FAILED', cause: true, stat: { bodies: acknowledged.length, bytes: sizes(acknowledged.length) } })
  await assertHolds(folder, acknowledged)
})

function sizes (bodies: number): number {
  return Array.from({ length: bodies }, (_, i) => `${i} `.length * 200).reduce((sum, length) => sum + length, 0)
}

test.run()
