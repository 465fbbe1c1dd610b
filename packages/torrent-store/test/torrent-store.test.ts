import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createTorrentStore, parseMagnet, refOf, tcpCandidate, torrentFile, TorrentStoreError, type TorrentStore } from '../src/index.ts'

const test = suite('torrent-store')
const body = Buffer.from('hello, world\n')
const ref = refOf(body)

async function codeOf (work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    assert.instance(error, TorrentStoreError)
    return (error as TorrentStoreError).code
  }
  throw new Error('it should have failed')
}

test('keeps, lists, describes and forgets a body', async () => {
  const store = await createTorrentStore({ db: new MemoryLevel() })
  assert.equal(await store.put(body), ref)
  assert.equal(await store.put(body), ref)
  assert.equal(Buffer.from(await store.get(ref.infoHash) ?? []), body)
  assert.ok(await store.has(ref.infoHash))
  assert.equal(store.stat(), { bodies: 1, bytes: body.length })
  const listed = []
  for await (const one of store.list()) listed.push(one)
  assert.equal(listed, [ref])
  assert.equal(await store.torrentFile(ref.infoHash, { trackers: ['http://127.0.0.1/a'] }), torrentFile(body, { trackers: ['http://127.0.0.1/a'] }))
  assert.equal(parseMagnet(store.magnet(ref, { peers: ['127.0.0.1:1'] })), { ref, trackers: [], peers: ['127.0.0.1:1'] })
  assert.ok(await store.delete(ref.infoHash))
  assert.not.ok(await store.delete(ref.infoHash))
  assert.is(await store.get(ref.infoHash), undefined)
  assert.is(await codeOf(async () => await store.torrentFile(ref.infoHash)), 'NOT_FOUND')
  await store.close()
})

test('a caller may reuse its buffer', async () => {
  const store = await createTorrentStore({ db: new MemoryLevel() })
  const buffer = Buffer.from(body)
  const put = store.put(buffer)
  buffer.fill(0)
  await put
  assert.equal(Buffer.from(await store.get(ref.infoHash) ?? []), body)
  await store.close()
})

test('refuses what is no body', async () => {
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  assert.is(await codeOf(async () => await store.put(new Uint8Array(0))), 'BODY_EMPTY')
  assert.is(await codeOf(async () => await store.put(new Uint8Array(65_537))), 'BODY_TOO_LONG')
  assert.equal(store.stat(), { bodies: 0, bytes: 0 })
  await store.close()
})

test('a fetched body is not stored', async () => {
  const [seeder, reader] = await Promise.all([createTorrentStore({ db: createMemoryBlobs() }), createTorrentStore({ db: createMemoryBlobs() })])
  await seeder.put(body)
  const { host, port } = await seeder.listen()
  await reader.fetch(ref, { candidates: [tcpCandidate(host, port)] })
  assert.not.ok(await reader.has(ref.infoHash))
  await Promise.all([seeder.close(), reader.close()])
})

test('a taken port is an error with its cause', async () => {
  const taken = createServer()
  await new Promise<void>(resolve => { taken.listen(0, '127.0.0.1', resolve) })
  const address = taken.address()
  const store = await createTorrentStore({ db: createMemoryBlobs() })
  assert.is(await codeOf(async () => await store.listen({ port: typeof address === 'object' ? address?.port ?? 0 : 0 })), 'LISTEN_FAILED')
  await store.close()
  taken.close()
})

test('after close everything says so, and the database is still open', async () => {
  const db = new MemoryLevel()
  const store: TorrentStore = await createTorrentStore({ db })
  const listener = await store.listen()
  const putting = store.put(body)
  await Promise.all([store.close(), store.close()])
  await store[Symbol.asyncDispose]()
  assert.equal(await putting, ref)
  const calls: Array<() => unknown> = [
    async () => await store.put(body), async () => await store.get(ref.infoHash), async () => await store.has(ref.infoHash), async () => await store.delete(ref.infoHash),
    () => store.list(), async () => await store.torrentFile(ref.infoHash), async () => await store.listen(), async () => await store.fetch(ref, { candidates: [tcpCandidate(listener.host, listener.port)] })
  ]
  for (const call of calls) assert.is(await codeOf(call), 'CLOSED')
  assert.is(db.status, 'open')
  const again = await createTorrentStore({ db })
  assert.equal(again.stat(), { bodies: 1, bytes: body.length })
  await again.close()
})

test('works on a database on disk, and 200 puts at a time are all there', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'torrent-store-'))
  const db = new Level(folder)
  const store = await createTorrentStore({ db })
  const refs = await Promise.all(Array.from({ length: 200 }, async (_, i) => await store.put(Buffer.from(`body ${i % 150}`))))
  assert.is(store.stat().bodies, 150)
  for (const one of refs) assert.ok(await store.has(one.infoHash))
  await store.close()
  await db.close()
  rmSync(folder, { recursive: true, force: true })
})

test.run()
