// test-timeout-ms: 600000
// Clients and our swarm find each other through one tracker, each dialling the other: in a network of their own,
// because on loopback rtorrent takes us for itself and Transmission dials nobody.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createMemoryBlobs, createSwarm, createTorrentStore, magnet, refOf, torrentFile } from '@seedbed/torrent-store'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { oddBodies } from './bodies.ts'
import type { ClientName } from './clients/client.ts'
import { hasClient } from './clients/installed.ts'
import { until } from './clients/process.ts'
import { START } from './session.ts'
import { hasSubnet, openSubnet } from './subnet.ts'
import { startTracker } from './tracker.ts'

const CLIENTS: readonly ClientName[] = ['rtorrent', 'transmission', 'webtorrent']
const TIMEOUT_MS = 150_000
const test = suite('clients and our swarm')
const subnets = hasSubnet()

async function meet (client: ClientName): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), `seedbed-${client}-`))
  try {
    const [dir, stateDir] = [path.join(scratch, 'files'), path.join(scratch, 'state')]
    for (const folder of [dir, stateDir]) mkdirSync(folder)
    await using subnet = await openSubnet()
    await using tracker = await startTracker(subnet.ours)
    await using store = await createTorrentStore({ db: createMemoryBlobs() })
    const { port } = await store.listen({ host: subnet.ours })
    await using swarm = createSwarm({ store, host: subnet.ours, port, trackers: [tracker.url] })
    await using running = await START[client]({ dir, stateDir, host: subnet.theirs, encryption: 'plain', transport: 'tcp', within: subnet.within })
    const [ours, theirs] = [oddBodies().at(-1)?.bytes ?? Buffer.of(), oddBodies().at(-2)?.bytes ?? Buffer.of()]
    const fileOf = (bytes: Buffer): string => path.join(dir, `${createHash('sha256').update(bytes).digest('hex')}.txt`)
    const has = async (infoHash: string): Promise<void> => {
      await until(async () => (await running.complete()).has(infoHash), TIMEOUT_MS, () => `${client} has not all of ${infoHash}:\n${running.log()}`)
    }

    const { infoHash } = await store.put(ours)
    await swarm.seed(infoHash)
    await until(() => tracker.seeds(infoHash) === 1, TIMEOUT_MS, () => 'our swarm did not announce')
    await running.add([{ infoHash, id: magnet({ infoHash }, { trackers: [tracker.url] }) }])
    await has(infoHash)
    await until(() => readFileSync(fileOf(ours)).equals(ours), TIMEOUT_MS, () => 'other bytes')

    writeFileSync(fileOf(theirs), theirs)
    const ref = refOf(theirs)
    await running.add([{ infoHash: ref.infoHash, id: torrentFile(theirs, { trackers: [tracker.url] }) }])
    await has(ref.infoHash)
    await until(() => tracker.seeds(ref.infoHash) > 0, TIMEOUT_MS, () => `${client} did not announce`)
    const fetched = await swarm.fetch(magnet({ infoHash: ref.infoHash }), { timeoutMs: TIMEOUT_MS })
    assert.ok(theirs.equals(fetched.body))
    assert.is(fetched.from, `${subnet.theirs}:${running.port}`)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

for (const client of CLIENTS) {
  if (hasClient(client) && subnets) test(`${client} and our swarm find each other`, async () => { await meet(client) })
  else test.skip(`${client} cannot run here`, () => {})
}

test.run()
