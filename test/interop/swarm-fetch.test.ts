// test-timeout-ms: 600000
// Bodies that only another client seeds are found in the open swarm, fetched and verified.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createSwarm, createTorrentStore, magnet, parseInfoHash, refOf, torrentFile, type FetchedBody, type HeldBody, type TorrentStoreError } from '@seedbed/torrent-store'
import createTorrent from 'create-torrent'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hasClient, seedWithAria2, seedWithLibtorrent } from './clients.ts'
import { startTracker } from './tracker.ts'

const test = suite('fetching from other clients')
const scratch = mkdtempSync(path.join(tmpdir(), 'swarm-fetch-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

const nothing = { has: async () => false }
const bodies = { 'one byte': Buffer.from('x'), 'a text': Buffer.from('Grüße, 世界\n'.repeat(50)), 'a full piece': Buffer.alloc(65_536, 'seedbed ') }

/** A folder with the file of a body, and its .torrent file beside it. */
function laidOut (body: Buffer, trackers: readonly string[] = []): { dir: string, torrentFile: string } {
  const dir = mkdtempSync(path.join(scratch, 'seed-'))
  writeFileSync(path.join(dir, `${createHash('sha256').update(body).digest('hex')}.txt`), body)
  const file = `${dir}.torrent`
  writeFileSync(file, torrentFile(body, { trackers }))
  return { dir, torrentFile: file }
}
async function seeded (count: () => number): Promise<void> {
  while (count() === 0) await new Promise(resolve => { setTimeout(resolve, 20) })
}
function assertBody (fetched: FetchedBody | HeldBody, body: Buffer, from: string): void {
  assert.equal(Buffer.from(fetched.body), body)
  assert.equal(fetched.ref, refOf(body))
  assert.is(fetched.from, from)
}

if (hasClient('libtorrent')) {
  for (const [name, body] of Object.entries(bodies)) {
    test(`${name} from libtorrent, which the magnet link names`, async () => {
      await using seeder = await seedWithLibtorrent(laidOut(body))
      await using swarm = createSwarm({ store: nothing })
      assertBody(await swarm.fetch(magnet({ infoHash: refOf(body).infoHash }, { peers: [seeder.address] }), { near: true }), body, seeder.address)
      assertBody(await swarm.fetch(torrentFile(body), { peers: [seeder.address] }), body, seeder.address)
    })
  }

  test('from libtorrent that insists on encryption', async () => {
    const body = bodies['a text']
    await using seeder = await seedWithLibtorrent({ ...laidOut(body), encryption: 'forced' })
    await using swarm = createSwarm({ store: nothing })
    assertBody(await swarm.fetch(refOf(body).infoHash, { peers: [seeder.address] }), body, seeder.address)
  })

  for (const kind of ['url', 'udpUrl'] as const) {
    test(`from libtorrent, through a tracker (${kind})`, async () => {
      await using tracker = await startTracker()
      const body = bodies['a full piece']
      const { infoHash } = refOf(body)
      await using seeder = await seedWithLibtorrent(laidOut(body, [tracker.url]))
      await seeded(() => tracker.seeds(infoHash))
      await using swarm = createSwarm({ store: nothing, trackers: [tracker[kind]] })
      assertBody(await swarm.fetch(infoHash), body, seeder.address)
      await using store = await createTorrentStore({ db: createMemoryBlobs() })
      assertBody(await store.fetch({ infoHash }, { candidates: [], swarm }), body, seeder.address)
      assert.is(tracker.seeds(infoHash), 1)
    })
  }

  test('a torrent of several files is refused as NOT_A_BODY, whoever has it', async () => {
    const dir = mkdtempSync(path.join(scratch, 'foreign-'))
    mkdirSync(path.join(dir, 'foreign'))
    const files = Array.from({ length: 40 }, (_, index) => Object.assign(Buffer.alloc(50_000, String(index)), { name: `${index}.bin` }))
    for (const each of files) writeFileSync(path.join(dir, 'foreign', each.name), each)
    const file = await new Promise<Uint8Array>((resolve, reject) => {
      createTorrent(files, { name: 'foreign', announceList: [] }, (error, torrent) => { if (error === null) resolve(torrent); else reject(error) })
    })
    writeFileSync(`${dir}.torrent`, file)
    await using seeder = await seedWithLibtorrent({ torrentFile: `${dir}.torrent`, dir })
    const info = Buffer.from(file).subarray(Buffer.from(file).indexOf('4:info') + 6, -1)
    const infoHash = parseInfoHash(createHash('sha1').update(info).digest('hex'))
    await using swarm = createSwarm({ store: nothing })
    for (const id of [magnet({ infoHash }, { peers: [seeder.address] }), file]) {
      await swarm.fetch(id, { near: true }).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'NOT_A_BODY') })
    }
  })
} else test.skip('libtorrent is not installed', () => {})

if (hasClient('aria2')) {
  for (const requireEncryption of [false, true]) {
    test(`from aria2, through a tracker${requireEncryption ? ', encrypted' : ''}`, async () => {
      await using tracker = await startTracker()
      const body = bodies['a full piece']
      const { infoHash } = refOf(body)
      await using seeder = await seedWithAria2({ ...laidOut(body, [tracker.url]), requireEncryption })
      await seeded(() => tracker.seeds(infoHash))
      await using swarm = createSwarm({ store: nothing })
      assertBody(await swarm.fetch(magnet({ infoHash }, { trackers: [tracker.url] }), { near: true }), body, seeder.address)
    })
  }
} else test.skip('aria2 is not installed', () => {})

test.run()
