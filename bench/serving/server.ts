// A process that serves bodies out of a database on disk, over TCP and libp2p, or nothing at all.
import { createServer, type Socket } from 'node:net'
import { BT_PROTOCOL, createTorrentStore, streamToDuplex } from '@seedbed/torrent-store'
import { Level } from 'level'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { benchBody } from '../support/bodies.ts'
import { answer } from '../support/child.ts'
import { boundlessForOneAddress } from '../support/limits.ts'

const BATCH = 1000

answer({
  async start ({ folder, bodies }: { folder: string, bodies: number }): Promise<{ port: number, address: string }> {
    const store = await createTorrentStore({ db: new Level(folder), limits: boundlessForOneAddress() })
    for (let at = 0; at < bodies; at += BATCH) await store.putMany(Array.from({ length: Math.min(BATCH, bodies - at) }, (_, i) => benchBody(at + i)))
    const { port } = await store.listen({ utp: false })
    const libp2p = await createBareLibp2p()
    await libp2p.handle(BT_PROTOCOL, stream => { store.serve(streamToDuplex(stream)) })
    return { port, address: String(libp2p.getMultiaddrs()[0]) }
  },
  /** Accepts connections and keeps them. */
  async startBare (): Promise<{ port: number }> {
    const sockets = new Set<Socket>()
    const server = createServer(socket => { sockets.add(socket.on('data', () => {})) })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    const address = server.address()
    return { port: typeof address === 'object' && address !== null ? address.port : 0 }
  },
  /** Bytes in use, without what was collected. */
  heap (): number {
    globalThis.gc?.()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
})
