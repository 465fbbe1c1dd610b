// A WebRTC peer that misbehaves: `hostile-peer MISDEED TRACKER INFOHASH`. Prints a line for each connection on which it
// does. Lives until its input ends.
import * as trackerClient from 'bittorrent-tracker'
import { randomBytes } from 'node:crypto'
import { once, type EventEmitter } from 'node:events'
import './end-of-candidates.ts'

interface Peer extends EventEmitter { write (bytes: Uint8Array): boolean, destroy (): void }

const [, , misdeed, tracker = '', infoHash = ''] = process.argv
const greeting = Buffer.concat([Buffer.from('\x13BitTorrent protocol', 'latin1'), Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 4]), Buffer.from(infoHash, 'hex'), Buffer.from('-XX0000-abcdefghijkl')])
const extendedMessage = (payload: Buffer): Buffer => {
  const message = Buffer.concat([Buffer.alloc(4), Buffer.from([20, 0]), payload])
  message.writeUInt32BE(message.length - 4)
  return message
}

const { Client } = trackerClient as unknown as { readonly Client: new (options: object) => EventEmitter & { start (): void, destroy (): void } }
const client = new Client({ infoHash, peerId: randomBytes(20), announce: [tracker], port: 6881, rtcConfig: { iceServers: [] } })
client.on('error', () => {}).on('warning', () => {})
client.on('peer', (peer: Peer) => {
  peer.on('error', () => {})
  peer.on('data', () => {})
  peer.once('connect', () => {
    console.log('connected')
    if (misdeed === 'length') {
      peer.write(greeting)
      peer.write(Buffer.from('7fffffff14', 'hex'))
      flood(peer, Buffer.alloc(65_536), 64)
    } else if (misdeed === 'loop') {
      peer.write(greeting)
      peer.write(extendedMessage(Buffer.from('l-3:e')))
      peer.write(extendedMessage(Buffer.alloc(0)))
    } else if (misdeed === 'flood') {
      flood(peer, randomBytes(65_536), 1024)
    } else {
      peer.write(randomBytes(16_384))
    }
  })
})
client.start()

function flood (peer: Peer, bytes: Buffer, times: number): void {
  let open = true
  peer.once('close', () => { open = false })
  const next = (): void => {
    while (open && times-- > 0) if (!peer.write(bytes)) { peer.once('drain', next); return }
  }
  next()
}

process.stdin.resume()
await once(process.stdin, 'end')
client.destroy()
setTimeout(() => { process.exit() }, 100)
