// The server that hostile-server.test.ts attacks, in a process of its own, so that its memory and its event loop are its
// own too. Whatever ends it but the test is a failure there: an uncaught exception, a rejection nobody handles.
import { createMemoryBlobs, createTorrentStore } from '../../src/index.ts'
import { CORPUS_BODY } from './transcripts.ts'

export const CHILD_LIMITS = { handshakeTimeoutMs: 700, idleTimeoutMs: 500, maxServeMs: 2500, maxConnections: 120, maxConnectionsPerAddress: 100 }

export interface Health {
  readonly rss: number
  readonly connections: number
  /** The longest that the event loop's thread worked without a rest for others, in milliseconds of processor time, since the last time this was asked: what other programs take is nobody's stall. */
  readonly stallMs: number
}

const BEAT_MS = 10
/** Processor time of this thread. */
function workedMs (): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
let lastMs = workedMs()
let stallMs = 0
const beat = setInterval(() => {
  const nowMs = workedMs()
  stallMs = Math.max(stallMs, nowMs - lastMs)
  lastMs = nowMs
}, BEAT_MS)
if (process.send === undefined) clearInterval(beat)

if (process.send !== undefined) {
  const store = await createTorrentStore({ db: createMemoryBlobs(), limits: CHILD_LIMITS })
  await store.put(CORPUS_BODY)
  const listener = await store.listen()
  process.on('message', () => {
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    const health: Health = { rss: process.memoryUsage().rss, connections: listener.connections, stallMs }
    stallMs = 0
    lastMs = workedMs() // collecting the garbage is not what is measured
    process.send?.(health)
  })
  process.send({ port: listener.port })
}
