// `TRACKER MISSING`: fetches over WebRTC and over TCP, says how it went, and has to end by itself. The package MISSING
// cannot be loaded.
import { registerHooks } from 'node:module'
import { argv } from 'node:process'
import { createMemoryBlobs, createTorrentStore, createWebSwarm, tcpCandidate, TorrentStoreError } from '../../src/index.ts'
import { until } from '../bodies.ts'

const [, , tracker = '', missing = ''] = argv
registerHooks({
  resolve (specifier, context, next) {
    if (missing !== '' && specifier === missing) throw new Error(`${missing} is not here`)
    return next(specifier, context)
  }
})

const store = await createTorrentStore({ db: createMemoryBlobs() })
const listener = await store.listen()
const ref = await store.put(Buffer.from('hello'))
const seeder = createWebSwarm({ store, trackers: [tracker] })
const reader = createWebSwarm({ store, trackers: [tracker] })
await seeder.seed(ref.infoHash)
if (missing === '') await until(() => seeder.hot()[0]?.announcedMs !== null)

async function outcome (work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'fetched'
  } catch (error) {
    if (!(error instanceof TorrentStoreError)) throw error
    return `${error.code} ${error.cause instanceof TorrentStoreError ? error.cause.code : ''}`
  }
}
const overRtc = await outcome(reader.fetch(ref.infoHash))
const overTcp = await outcome(store.fetch(ref, { candidates: [tcpCandidate('127.0.0.1', listener.port)] }))
await Promise.all([seeder.close(), reader.close(), store.close()])
console.log(JSON.stringify({ overRtc, overTcp }))
