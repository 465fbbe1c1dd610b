import { createServer } from 'node:http'

/** An HTTP tracker on loopback that remembers what it was told, and what it answers with. */
export interface LocalTracker extends AsyncDisposable {
  readonly url: string
  /** Every question, in order: event (empty: none), port, left, infohash. */
  readonly asked: Array<{ event: string, port: number, left: number, infoHash: string }>
  /** `host:port` of the peers in each answer. */
  peers: string[]
  intervalSeconds: number
  /** Requests wait for this. */
  hold: Promise<void> | null
}

export async function localTracker (): Promise<LocalTracker> {
  const server = createServer((request, response) => {
    const line = request.url ?? ''
    const query = new URL(line, 'http://localhost').searchParams
    const infoHash = (/info_hash=([^&]*)/.exec(line)?.[1] ?? '').replaceAll('%', '')
    tracker.asked.push({ event: query.get('event') ?? '', port: Number(query.get('port')), left: Number(query.get('left')), infoHash })
    const peers = Buffer.concat(tracker.peers.map(peer => {
      const [host = '', port = ''] = peer.split(':')
      return Buffer.from([...host.split('.').map(Number), Number(port) >> 8, Number(port) & 255])
    }))
    const answer = Buffer.concat([Buffer.from(`d8:intervali${tracker.intervalSeconds}e5:peers${peers.length}:`), peers, Buffer.from('e')])
    void (tracker.hold ?? Promise.resolve()).then(() => { response.end(answer) })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const tracker: LocalTracker = {
    url: `http://127.0.0.1:${address.port}/announce`,
    asked: [],
    peers: [],
    intervalSeconds: 0,
    hold: null,
    async [Symbol.asyncDispose] () {
      server.closeAllConnections()
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
  return tracker
}
