// A process that downloads the bodies of a thread by WebTorrent, a torrent each.
import { answer } from '../support/child.ts'
import { createBenchClient, torrentOptions, type Way } from '../support/webtorrent.ts'

const TIMEOUT_MS = 120_000

answer({
  /** Milliseconds from the first `add` until the last torrent is done. */
  async download ({ way, folder, infoHashes, port }: { way: Way, folder: string, infoHashes: string[], port: number }): Promise<number> {
    const client = await createBenchClient(way)
    const beganMs = performance.now()
    let done = 0
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => { reject(new Error(`WebTorrent, ${way}: ${done} of ${infoHashes.length} bodies in ${TIMEOUT_MS} ms`)) }, TIMEOUT_MS)
      for (const infoHash of infoHashes) {
        const torrent = client.add(`magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${port}`, torrentOptions(way, folder))
        torrent.once('done', () => {
          if (way === 'tuned') torrent.destroy() // it would go on dialling who has it too
          if (++done < infoHashes.length) return
          clearTimeout(limit)
          resolve()
        })
      }
    })
    return performance.now() - beganMs
  }
})
