// One process that stores bodies, or seeds what lies in a folder.
import { createTorrentStore, type TorrentStore } from '@seedbed/torrent-store'
import { Level } from 'level'
import { answer } from '../support/child.ts'
import { benchBody } from '../support/bodies.ts'

const BATCH = 1000
let store: TorrentStore | null = null

answer({
  /** Milliseconds from the closed database to the open port. */
  async open (folder: string): Promise<{ openMs: number, port: number, bodies: number }> {
    const beganMs = performance.now()
    store = await createTorrentStore({ db: new Level(folder) })
    const { port } = await store.listen()
    return { openMs: performance.now() - beganMs, port, bodies: store.stat().bodies }
  },
  /** The database alone. */
  async openLevel (folder: string): Promise<number> {
    const beganMs = performance.now()
    await new Level(folder).open()
    return performance.now() - beganMs
  },
  /** Bodies a second. */
  async fill (bodies: number): Promise<number> {
    const beganMs = performance.now()
    for (let at = 0; at < bodies; at += BATCH) await store?.putMany(Array.from({ length: Math.min(BATCH, bodies - at) }, (_, i) => benchBody(at + i)))
    return bodies / (performance.now() - beganMs) * 1000
  }
})
