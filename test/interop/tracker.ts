// A tracker on loopback, HTTP (BEP 3) and UDP (BEP 15), and announcing to it.
import { get } from 'node:http'
import { Server } from 'bittorrent-tracker'

export interface LocalTracker extends AsyncDisposable {
  /** Announce URL, HTTP. */
  readonly url: string
  /** Announce URL, UDP. */
  readonly udpUrl: string
  /** How many seeds of a torrent it knows. */
  seeds (infoHash: string): number
  /** Tells the tracker that host:port seeds the torrent; throws if the tracker refuses. `host` is one of ours. */
  announce (infoHash: string, port: number, host?: string): Promise<void>
}

/** `host`: address to listen at over HTTP and UDP, 127.0.0.1 unless clients live in another network. */
export async function startTracker (host = '127.0.0.1'): Promise<LocalTracker> {
  const server = new Server({ http: true, udp: true, ws: false, stats: false, interval: 1000 })
  const failures: Error[] = []
  server.on('error', (error: Error) => failures.push(error))
  server.on('warning', (error: Error) => failures.push(error))
  await new Promise<void>(resolve => { server.listen(0, { http: host, udp: host, udp6: '::1' }, () => { resolve() }) })
  const { port: trackerPort } = server.http.address()
  const url = `http://${host}:${trackerPort}/announce`
  return {
    url,
    udpUrl: `udp://${host}:${server.udp.address().port}/announce`,
    seeds: infoHash => server.torrents[infoHash]?.complete ?? 0,
    async announce (infoHash, port, from = host) {
      const escaped = (infoHash.match(/../g) ?? []).map(byte => `%${byte}`).join('')
      const question = `${url}?info_hash=${escaped}&peer_id=-SB0100-interoptest0&port=${port}&uploaded=0&downloaded=0&left=0&event=started&compact=1`
      const text = await textFrom(question, from)
      if (text.includes('failure reason')) throw new Error(`the tracker refused: ${text} ${failures.join(' ')}`)
    },
    async [Symbol.asyncDispose] () {
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
}

/** A tracker lists whoever asks by the address that the question comes from. */
async function textFrom (url: string, localAddress: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    get(url, { localAddress, agent: false }, answer => {
      let text = ''
      answer.setEncoding('latin1').on('data', (chunk: string) => { text += chunk }).on('end', () => { resolve(text) })
    }).on('error', reject)
  })
}
