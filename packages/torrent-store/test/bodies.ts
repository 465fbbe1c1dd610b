// Bodies and adversaries that several tests use.
import { createServer, type Server, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import type { TorrentRef } from '../src/index.ts'

/** Every length at which a body changes its shape: one byte, around one block, a full piece. */
export const BOUNDARY_LENGTHS: readonly number[] = [1, 16_383, 16_384, 16_385, 65_536]

export function randomBody (length: number): Uint8Array {
  return randomBytes(length)
}

/** A BitTorrent handshake (BEP 3) with the bits for BEP 6 and BEP 10. */
export function handshake (infoHash: string, reserved: readonly number[] = [0, 0, 0, 0, 0, 0x10, 0, 4]): Buffer {
  return Buffer.concat([Buffer.from('\x13BitTorrent protocol', 'latin1'), Buffer.from(reserved), Buffer.from(infoHash, 'hex'), Buffer.from('-XX0000-abcdefghijkl')])
}

export function message (id: number, ...payload: Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.of(id), ...payload])
  return Buffer.concat([uint32(body.length), body])
}

export function extended (id: number, payload: string | Uint8Array): Buffer {
  return message(20, Buffer.of(id), typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload)
}

export function uint32 (...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, index) => bytes.writeUInt32BE(number >>> 0, index * 4))
  return bytes
}

/** A seeder that behaves until `misbehave`, for every connection. It is closed with its connections. */
export async function fakePeer (onConnection: (socket: Socket) => void): Promise<{ port: number, sockets: Set<Socket>, close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
    socket.resume() // otherwise the end of the other side would go unnoticed
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>(resolve => { server.close(() => { resolve() }) })
    }
  }
}

/** Answers a downloader as a seed of `ref` whose blocks are `bytes`, whatever these are. */
export function seedWith (socket: Socket, ref: TorrentRef, bytes: Uint8Array): void {
  socket.write(Buffer.concat([handshake(ref.infoHash), message(14), message(1)]))
  answerBlocks(socket, bytes)
}

/** Answers requests for blocks of `bytes`. */
export function answerBlocks (socket: Socket, bytes: Uint8Array): void {
  socket.on('data', chunk => {
    for (let at = chunk.indexOf(uint32(13)); at !== -1 && chunk[at + 4] === 6; at = chunk.indexOf(uint32(13), at + 17)) {
      const [offset, length] = [chunk.readUInt32BE(at + 9), chunk.readUInt32BE(at + 13)]
      socket.write(message(7, uint32(0, offset), bytes.subarray(offset, offset + length)))
    }
  })
}

/** Resolves when `condition` holds; the runner's limit ends a test whose condition never does. */
/** Turns of the event loop and no time: what goes on in this process alone goes on in them, however slow the machine is. */
export async function turns (count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => { setImmediate(resolve) })
}

export async function until (condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => { setTimeout(resolve, 5) })
}
