// A process that seeds bodies by WebTorrent.
import { answer } from '../support/child.ts'
import { benchBody } from '../support/bodies.ts'
import { createBenchClient, torrentOptions, type Way } from '../support/webtorrent.ts'

answer({
  async start ({ way, folder, bodies }: { way: Way, folder: string, bodies: number }): Promise<{ port: number, infoHashes: string[] }> {
    const client = await createBenchClient(way)
    const infoHashes: string[] = []
    for (let n = 0; n < bodies; n++) {
      await new Promise<void>(resolve => {
        client.seed(benchBody(n), { ...torrentOptions(way, folder), name: `${n}.txt`, announceList: [] }, torrent => {
          infoHashes.push(torrent.infoHash)
          resolve()
        })
      })
    }
    return { port: client.torrentPort, infoHashes }
  }
})
