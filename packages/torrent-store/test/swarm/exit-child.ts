// Uses everything that a swarm opens, closes it, and has to end by itself.
import { getActiveResourcesInfo } from 'node:process'
import { createMemoryBlobs, createSwarm, createTorrentStore } from '../../src/index.ts'
import { until } from '../bodies.ts'
import { localTracker } from './local-tracker.ts'

const tracker = await localTracker()
const store = await createTorrentStore({ db: createMemoryBlobs() })
const listener = await store.listen()
const { port } = listener
const ref = await store.put(Buffer.from('hello'))
const bootstrap = createSwarm({ store, dht: { bootstrap: [] } })
const nodes = [`127.0.0.1:${await bootstrap.dhtPort()}`]
const seeder = createSwarm({ store, port, trackers: [tracker.url], dht: { bootstrap: nodes } })
await seeder.seed(ref.infoHash)
await until(() => seeder.hot()[0]?.announcedMs !== null)
const reader = createSwarm({ store, dht: { bootstrap: nodes } })
const fetched = await reader.fetch(ref.infoHash)
const abandoned = reader.fetch('c'.repeat(40)).catch(() => {})
await listener.close()
await tracker[Symbol.asyncDispose]()
await until(() => !getActiveResourcesInfo().includes('TCPServerWrap')) // WebTorrent's own listener is gone too
await Promise.all([seeder.close(), reader.close(), bootstrap.close(), store.close(), abandoned])
console.log(JSON.stringify({ fetched: fetched.ref.infoHash }))
