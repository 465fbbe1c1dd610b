// test-timeout-ms: 600000
// Other clients find us by what our swarm itself announces, and download from the store's listener.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createSwarm, createTorrentStore, magnet } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { downloadWithAria2, downloadWithLibtorrent, hasClient, type Client, type Downloaded, type DownloadOptions } from './clients.ts'
import { startTracker } from './tracker.ts'

const test = suite('announcing to other clients')
const scratch = mkdtempSync(path.join(tmpdir(), 'swarm-seed-'))
test.after(() => { rmSync(scratch, { recursive: true, force: true }) })

async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => { setTimeout(resolve, 20) })
}

const download: Record<Client, (options: DownloadOptions) => Promise<Downloaded>> = {
  aria2: downloadWithAria2,
  libtorrent: async options => await downloadWithLibtorrent({ ...options, encryption: 'plain' })
}
for (const client of ['aria2', 'libtorrent'] as const) {
  if (!hasClient(client)) {
    test.skip(`${client} is not installed`, () => {})
    continue
  }
  for (const kind of ['url', 'udpUrl'] as const) {
    test(`${client} finds what our swarm announced (${kind})`, async () => {
      await using tracker = await startTracker()
      await using store = await createTorrentStore({ db: createMemoryBlobs() })
      const { port } = await store.listen()
      await using swarm = createSwarm({ store, port, trackers: [tracker[kind]] })
      const bodies = Array.from({ length: 3 }, (_, index) => Buffer.alloc(30_000 + index, `${client} ${index} `))
      const refs = await Promise.all(bodies.map(async body => await store.put(body)))
      for (const ref of refs) await swarm.seed(ref.infoHash)
      await Promise.all(refs.map(async (ref, index) => {
        await until(() => tracker.seeds(ref.infoHash) === 1)
        const file = await download[client]({ magnet: magnet({ infoHash: ref.infoHash }, { trackers: [tracker.url] }), dir: mkdtempSync(path.join(scratch, 'download-')) })
        assert.equal(file.bytes, bodies[index])
      }))
    })
  }
}

for (const kind of ['url', 'udpUrl'] as const) {
  test(`the tracker forgets what is no longer seeded (${kind})`, async () => {
    await using tracker = await startTracker()
    await using store = await createTorrentStore({ db: createMemoryBlobs() })
    const { port } = await store.listen()
    const { infoHash } = await store.put(Buffer.from('for a while'))
    const swarm = createSwarm({ store, port, trackers: [tracker[kind]] })
    for (const end of [async () => { swarm.unseed(infoHash) }, async () => { await swarm.close() }]) {
      await swarm.seed(infoHash)
      await until(() => tracker.seeds(infoHash) === 1)
      await end()
      await until(() => tracker.seeds(infoHash) === 0)
    }
  })
}

test.run()
