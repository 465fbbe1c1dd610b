// The least that a BitTorrent client can do to get a body whose length it knows (BEP 3): a handshake, `interested` once
// that is answered (WebTorrent overhears it before), a request once it is unchoked, and the piece. What it costs is small beside any server's share.
import { connect } from 'node:net'

export interface Wanted { readonly infoHash: string, readonly body: Uint8Array }

const TIMEOUT_MS = 10_000
const HANDSHAKE_BYTES = 68
const INTERESTED = Buffer.of(0, 0, 0, 1, 2)
const UNCHOKE = 1
const PIECE = 7

/** Bodies a second, a connection each, `parallel` at a time. Throws unless every body came, and was right. */
export async function downloadEach (port: number, wanted: readonly Wanted[], parallel: number): Promise<number> {
  const queue = wanted.values()
  const beganMs = performance.now()
  await Promise.all(Array.from({ length: parallel }, async () => { for (const one of queue) await download(port, one) }))
  return wanted.length / (performance.now() - beganMs) * 1000
}

async function download (port: number, { infoHash, body }: Wanted): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let received = Buffer.alloc(0)
    let [greeted, asked] = [false, false]
    socket.setTimeout(TIMEOUT_MS, () => { socket.destroy() })
    const fail = (error?: Error): void => { reject(error ?? new Error(`no body of ${infoHash} came`)) }
    socket.once('connect', () => { socket.write(handshake(infoHash)) })
    socket.once('error', fail)
    socket.once('close', () => { fail() })
    socket.on('data', chunk => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      if (!greeted && received.length >= HANDSHAKE_BYTES) {
        greeted = true
        received = received.subarray(HANDSHAKE_BYTES)
        socket.write(INTERESTED)
      }
      while (greeted && received.length >= 4 && received.length >= 4 + received.readUInt32BE()) {
        const message = received.subarray(4, 4 + received.readUInt32BE())
        received = received.subarray(4 + message.length)
        if (message[0] === UNCHOKE && !asked) {
          asked = true
          socket.write(request(body.length))
        }
        if (message[0] !== PIECE) continue
        if (message.subarray(9).equals(body)) resolve()
        else fail(new Error(`other bytes came for ${infoHash}`))
        socket.destroy()
        return
      }
    })
  })
}

export function handshake (infoHash: string): Buffer {
  return Buffer.concat([Buffer.from('\x13BitTorrent protocol', 'latin1'), Buffer.alloc(8), Buffer.from(infoHash, 'hex'), Buffer.from('-XX0000-benchclient0')])
}

function request (length: number): Buffer {
  const message = Buffer.alloc(17)
  message.writeUInt32BE(13)
  message[4] = 6
  message.writeUInt32BE(length, 13)
  return message
}
