import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTorrentStore, parseInfoHash, type InfoHash, type TorrentStore } from '../../src/index.ts'

const test = suite('torrent-store/killed')
const folder = mkdtempSync(path.join(tmpdir(), 'killed-'))
test.after(() => { rmSync(folder, { recursive: true, force: true }) })

/** Runs the churner until it has acknowledged so many bodies, and kills it. Resolves with all that it acknowledged. */
async function churn (start: number, lines: number): Promise<InfoHash[]> {
  const child = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, 'churner.ts'), folder, String(start)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    if (text.split('\n').length > lines) child.kill('SIGKILL')
  })
  await new Promise(resolve => { child.on('close', resolve) })
  clearTimeout(limit)
  return text.split('\n').slice(0, -1).map(parseInfoHash)
}

test('killed at any moment while it puts, deletes and evicts: what is counted is what is there, and nothing acknowledged is lost', async () => {
  const acknowledged = new Set<InfoHash>()
  let start = 0
  for (const lines of [1, 30, 80, 150, 220]) {
    const told = await churn(start, lines)
    assert.ok(told.length >= lines, `the churner ended by itself after ${told.length}`)
    for (const id of told) acknowledged.add(id)
    start += 1000
    const db = new Level(folder)
    const found = await createTorrentStore({ db })
    const counted = await countOf(found)
    assert.equal(found.stat(), counted)
    await found.close()
    const store = await createTorrentStore({ db, quota: { cacheBytes: 50_000, isPinned: async id => isKept(await store.peek(id)) } })
    await store.settled()
    let cached = 0
    for await (const { infoHash, length } of store.list()) {
      const body = await store.peek(infoHash)
      assert.is(body?.length, length)
      if (!isKept(body)) cached += length
    }
    assert.ok(cached <= 50_000, `${cached} bytes are cached`)
    const { bodies, bytes } = store.stat()
    assert.equal({ bodies, bytes }, await countOf(store))
    for (const id of acknowledged) assert.ok(await store.has(id), `${id} was acknowledged and is gone`)
    await store.close()
    await db.close()
  }
})

async function countOf (store: TorrentStore): Promise<{ bodies: number, bytes: number }> {
  let [bodies, bytes] = [0, 0]
  for await (const { length } of store.list()) {
    bodies++
    bytes += length
  }
  return { bodies, bytes }
}

function isKept (body: Uint8Array | undefined): boolean {
  return body !== undefined && Buffer.from(body).toString('latin1').startsWith('keep')
}

test.run()
