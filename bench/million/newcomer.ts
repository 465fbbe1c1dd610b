// The peer that has nothing. Its process is up, its libp2p node listens and its database is open when the clock starts; each
// call is meant for a process of its own.
import { createCrdtIndex, createLibp2pTransport } from '@seedbed/crdt-index'
import { multiaddr } from '@multiformats/multiaddr'
import { Level } from 'level'
import * as Y from 'yjs'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { readEvents } from '../support/event-log.ts'
import { peakBytes, residentBytes } from '../support/resident.ts'
import { countSocketBytes } from '../support/socket-bytes.ts'
import { until } from '../support/until.ts'
import type { PreparedCrowd } from './crowd.ts'
import { readDoc } from './shared-doc.ts'

export interface Arrival {
  /** Until the first page is complete. */
  readonly seconds: number
  /** Until all of the newest month is there. */
  readonly newestSeconds: number
  readonly cpuSeconds: number
  /** Over TCP. */
  readonly megabytes: number
  /** The most in memory at any time, and what stays once the rest is collected, less what was there at the start. */
  readonly peakMegabytes: number
  readonly keptMegabytes: number
  readonly votes: number
}

const MB = 1e6
const libp2p = await createBareLibp2p()
const received = countSocketBytes()

function collect (): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return residentBytes(process.pid)
}

/** Begins to measure. */
function stopwatch (): (newestMs?: number) => Omit<Arrival, 'votes' | 'keptMegabytes'> & { kept (): number } {
  const before = collect()
  const cpu = process.cpuUsage()
  const beganMs = performance.now()
  return newestMs => {
    const seconds = (performance.now() - beganMs) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return {
      seconds,
      newestSeconds: newestMs === undefined ? seconds : (newestMs - beganMs) / 1000,
      cpuSeconds: (user + system) / 1e6,
      megabytes: received() / MB,
      peakMegabytes: peakBytes(process.pid) / MB,
      kept: () => (collect() - before) / MB
    }
  }
}

answer({
  async join ({ folder, prepared: { community, newest, newestVotes }, peer, digest, votes: wanted }: { folder: string, prepared: PreparedCrowd, peer: string, digest: string, votes: number }): Promise<Arrival> {
    const db = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.open()
    const index = await createCrdtIndex({ db: db.sublevel('index'), transport: createLibp2pTransport(libp2p) })
    let votes = 0
    let ofNewest = 0
    let newestMs: number | undefined
    index.on('change', ({ period, changes }) => {
      let more = 0
      for (const { root, before, after } of changes) if (root === 'votes') more += Number(after !== undefined) - Number(before !== undefined)
      votes += more
      if (period === newest) ofNewest += more
      if (ofNewest === newestVotes) newestMs ??= performance.now()
    })
    const stop = stopwatch()
    await index.join(community)
    await libp2p.dial(multiaddr(peer))
    await until('all votes are here', () => votes === wanted && index.status(community).digest === digest, { timeoutMs: 120_000 })
    if (index.feed({ sort: 'top', window: 'all', limit: 50 }).items.length !== 50) throw new Error('a short page')
    const { kept, ...arrival } = stop(newestMs)
    const { items } = index.feed({ sort: 'top', window: 'all', limit: 1_000_000 })
    const counted = items.reduce((sum, { up, down }) => sum + up + down, 0)
    items.length = 0
    return { ...arrival, keptMegabytes: kept(), votes: counted }
  },
  async joinLog (peer: string): Promise<Arrival> {
    const stop = stopwatch()
    const { votes } = await readEvents(await libp2p.dial(multiaddr(peer)))
    const { kept, ...arrival } = stop()
    return { ...arrival, keptMegabytes: kept(), votes }
  },
  async joinDoc (peer: string): Promise<Arrival> {
    const stop = stopwatch()
    const doc = new Y.Doc()
    const { votes } = await readDoc(await libp2p.dial(multiaddr(peer)), doc)
    const { kept, ...arrival } = stop()
    const keptMegabytes = kept()
    return { ...arrival, keptMegabytes, votes: doc.getMap('votes').size > 0 ? votes : 0 }
  }
})
