// A tracker on loopback, HTTP (BEP 3) and UDP (BEP 15), and announcing to it.
import { Server } from 'bittorrent-tracker'

export interface LocalTracker extends AsyncDisposable {
  /** Announce URL, HTTP. */
  readonly url: string
  /** Announce URL, UDP. */
  readonly udpUrl: string
  /** How many seeds of a torrent it knows. */
  seeds (infoHash: string): number
  /** Tells the tracker that 127.0.0.1:port seeds the torrent; throws if the tracker refuses. */
  announce (infoHash: string, port: number): Promise<void>
}

export async function startTracker (): Promise<LocalTracker> {
  const server = new Server({ http: true, udp: true, ws: false, stats: false, interval: 1000 })
  const failures: Error[] = []
  server.on('error', (error: Error) => failures.push(error))
  server.on('warning', (error: Error) => failures.push(error))
  await new Promise<void>(resolve => { server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, () => { resolve() }) })
  const { port: trackerPort } = server.http.address()
  const url = `http://127.0.0.1:${trackerPort}/announce`
  return {
    url,
    udpUrl: `udp://127.0.0.1:${server.udp.address().port}/announce`,
    seeds: infoHash => server.torrents[infoHash]?.complete ?? 0,
    async announce (infoHash, port) {
      const escaped = (infoHash.match(/../g) ?? []).map(byte => `%${byte}`).join('')
      const answer = await fetch(`${url}?info_hash=${escaped}&peer_id=-SB0100-interoptest0&port=${port}&uploaded=0&downloaded=0&left=0&event=started&compact=1`)
      const text = await answer.text()
      if (!answer.ok || text.includes('failure reason')) throw new Error(`the tracker refused: ${text} ${failures.join(' ')}`)
    },
    async [Symbol.asyncDispose] () {
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
}
