// The UDP tracker protocol (BEP 15):
//   connect   request  connection id 0x41727101980 (8), action 0 (4), transaction (4)
//             answer   action 0 (4), transaction (4), connection id (8)
//   announce  request  connection id (8), action 1 (4), transaction (4), infohash (20), peer id (20), downloaded (8),
//                      left (8), uploaded (8), event (4), ip (4), key (4), wanted (4), port (2)
//             answer   action 1 (4), transaction (4), interval (4), leechers (4), seeders (4), peers (6 each)
//   error     answer   action 3 (4), transaction (4), text
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readCompactPeers, WANTED_PEERS, type Announce, type AskOptions, type RawAnswer } from './tracker-message.ts'

const Action = { connect: 0, announce: 1, error: 3 } as const
const Event = { none: 0, started: 2, stopped: 3 } as const
const PROTOCOL_ID = Buffer.from('0000041727101980', 'hex')
/** Datagrams get lost; the 15 s of the specification are longer than we wait in all. */
const RESEND_MS = 2500

export async function announceUdp (url: URL, announce: Announce, { signal }: AskOptions): Promise<RawAnswer> {
  signal.throwIfAborted()
  const socket = createSocket('udp4')
  socket.on('error', () => {}) // who waits listens too; an error while nobody does is of no interest
  const key = randomBytes(4)
  try {
    // Connected, so that only this tracker is heard.
    socket.connect(Number(url.port || 80), url.hostname.replace(/^\[|\]$/g, ''))
    await once(socket, 'connect', { signal })
    const connected = await ask(socket, Action.connect, transaction => Buffer.concat([PROTOCOL_ID, uint32(Action.connect), transaction]), 16, signal)
    const answer = await ask(socket, Action.announce, transaction => Buffer.concat([
      connected.subarray(8, 16), uint32(Action.announce), transaction, Buffer.from(announce.infoHash, 'hex'), announce.peerId,
      uint64(0), uint64(announce.left), uint64(0), uint32(Event[announce.event ?? 'none']), uint32(0), key,
      uint32(announce.event === 'stopped' ? 0 : WANTED_PEERS), uint32(announce.port).subarray(2)
    ]), 20, signal)
    return { intervalSeconds: answer.readUInt32BE(8), peers: readCompactPeers(answer.subarray(20), 4) }
  } finally {
    socket.close()
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
        else reject(new Error(answered === Action.error ? `the tracker refused: ${message.toString('utf8', 8, 208)}` : 'the tracker answered nonsense'))
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
