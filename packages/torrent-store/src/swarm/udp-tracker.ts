// The UDP tracker protocol (BEP 15):
//   connect   request  connection id 0x41727101980 (8), action 0 (4), transaction (4)
//             answer   action 0 (4), transaction (4), connection id (8)
//   announce  request  connection id (8), action 1 (4), transaction (4), infohash (20), peer id (20), downloaded (8),
//                      left (8), uploaded (8), event (4), ip (4), key (4), wanted (4), port (2)
//             answer   action 1 (4), transaction (4), interval (4), leechers (4), seeders (4), peers (6 each; 18 over IPv6)
//   scrape    request  connection id (8), action 2 (4), transaction (4), infohashes (20 each, up to 74)
//             answer   action 2 (4), transaction (4), for each: seeders (4), completed (4), leechers (4)
//   error     answer   action 3 (4), transaction (4), text
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { InfoHash } from '../torrent-ref.ts'
import { readCompactPeers, TrackerRefusal, WANTED_PEERS, type Announce, type AskOptions, type RawAnswer, type TrackerCount } from './tracker-message.ts'

const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const
const Event = { none: 0, started: 2, stopped: 3 } as const
const PROTOCOL_ID = Buffer.from('0000041727101980', 'hex')
/** Datagrams get lost; the 15 s of the specification are longer than we wait in all. */
const RESEND_MS = 2500

export async function announceUdp (url: URL, announce: Announce, { signal }: AskOptions): Promise<RawAnswer> {
  const key = randomBytes(4)
  return await connected(url, signal, async ({ socket, connectionId, family }) => {
    const answer = await ask(socket, Action.announce, transaction => Buffer.concat([
      connectionId, uint32(Action.announce), transaction, Buffer.from(announce.infoHash, 'hex'), announce.peerId,
      uint64(0), uint64(announce.left), uint64(0), uint32(Event[announce.event ?? 'none']), uint32(0), key,
      uint32(announce.event === 'stopped' ? 0 : WANTED_PEERS), uint32(announce.port).subarray(2)
    ]), 20, signal)
    return { intervalSeconds: answer.readUInt32BE(8), peers: readCompactPeers(answer.subarray(20), family === 6 ? 16 : 4) }
  })
}

/** Counts of up to MAX_UDP_SCRAPE_IDS torrents. A tracker that does not know one says zeros. */
export async function scrapeUdp (url: URL, infoHashes: readonly InfoHash[], { signal }: AskOptions): Promise<Map<InfoHash, TrackerCount>> {
  return await connected(url, signal, async ({ socket, connectionId }) => {
    const answer = await ask(socket, Action.scrape, transaction => Buffer.concat([
      connectionId, uint32(Action.scrape), transaction, ...infoHashes.map(infoHash => Buffer.from(infoHash, 'hex'))
    ]), 8 + 12 * infoHashes.length, signal)
    return new Map(infoHashes.map((infoHash, index) => {
      const at = 8 + 12 * index
      return [infoHash, { seeders: answer.readUInt32BE(at), completed: answer.readUInt32BE(at + 4), leechers: answer.readUInt32BE(at + 8) }]
    }))
  })
}

interface Connection {
  readonly socket: Socket
  readonly connectionId: Uint8Array
  readonly family: number
}

/** Connects to a tracker, over IPv6 where its name says so or has nothing else, and closes the socket after `talk`. */
async function connected<T> (url: URL, signal: AbortSignal, talk: (connection: Connection) => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const { address, family } = await resolved(url.hostname.replace(/^\[|\]$/g, ''), signal)
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  socket.on('error', () => {}) // who waits listens too; an error while nobody does is of no interest
  try {
    socket.connect(Number(url.port || 80), address) // so that only this tracker is heard
    await once(socket, 'connect', { signal })
    const answer = await ask(socket, Action.connect, transaction => Buffer.concat([PROTOCOL_ID, uint32(Action.connect), transaction]), 16, signal)
    return await talk({ socket, connectionId: answer.subarray(8, 16), family })
  } finally {
    socket.close()
  }
}

/** An IPv4 address if there is one: most peers have no other. Rejects when aborted; the resolver itself cannot be stopped. */
async function resolved (host: string, signal: AbortSignal): Promise<{ address: string, family: number }> {
  const over = new AbortController()
  try {
    return await Promise.race([
      lookup(host, { order: 'ipv4first' }),
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => { reject(signal.reason) }, { signal: over.signal })
        if (signal.aborted) reject(signal.reason)
      })
    ])
  } finally {
    over.abort()
  }
}

/** Sends a request until its answer comes. Rejects for an error of the tracker or the socket, and when aborted. */
async function ask (socket: Socket, action: number, request: (transaction: Uint8Array) => Uint8Array, leastBytes: number, signal: AbortSignal): Promise<Buffer> {
  const transaction = randomBytes(4)
  const datagram = request(transaction)
  const over = new AbortController()
  const send = (): void => { socket.send(datagram, () => {}) } // what it reports also comes as 'error', or not at all
  const resend = setInterval(send, RESEND_MS)
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      socket.on('error', reject) // stays, settled and harmless
      signal.addEventListener('abort', () => { reject(signal.reason) }, { signal: over.signal })
      socket.on('message', (message: Buffer) => {
        if (message.length < 8 || !message.subarray(4, 8).equals(transaction)) return
        const answered = message.readUInt32BE(0)
        if (answered === action && message.length >= leastBytes) resolve(message)
        else reject(answered === Action.error ? new TrackerRefusal(message.toString('utf8', 8, 208)) : new Error('the tracker answered nonsense'))
      })
      if (signal.aborted) reject(signal.reason)
      else send()
    })
  } finally {
    clearInterval(resend)
    over.abort()
    socket.removeAllListeners('message')
  }
}

function uint32 (number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

function uint64 (number: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(number))
  return bytes
}
