// A WebSocket service of the front on a server of its own, and raw clients that speak to it.
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import type { Upgrade } from '../../src/seedbox/text-sockets.ts'

export interface SocketServer extends AsyncDisposable { readonly url: string, readonly port: number }

/** Hands every upgrade to the service. */
export async function serveUpgrades (service: { upgrade (upgrade: Upgrade): void, close (): void }): Promise<SocketServer> {
  const server = createServer()
  const sockets = new Set<Duplex>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => { service.upgrade({ request, socket, head, address: request.headers['x-test-address']?.toString() ?? '127.0.0.1' }) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/`, port,
    async [Symbol.asyncDispose] () {
      service.close()
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => { server.close(resolve) })
    }
  }
}

export interface RawClient {
  readonly socket: WebSocket
  /** What came so far, parsed. */
  readonly got: unknown[]
  /** Code and reason of its end. */
  readonly ended: Promise<number>
  send (message: unknown): void
  /** A round trip: what was sent before has been worked on. */
  settle (): Promise<void>
}

/** A WebSocket without any protocol on it. */
export async function rawClient (url: string, options: { readonly headers?: Readonly<Record<string, string>> } = {}): Promise<RawClient> {
  const socket = new WebSocket(url, { ...options, perMessageDeflate: false })
  const got: unknown[] = []
  socket.on('message', data => { got.push(JSON.parse((data as Buffer).toString())) })
  socket.on('error', () => {}) // tells itself by its end
  const ended = new Promise<number>(resolve => { socket.once('close', code => { resolve(code) }) })
  await Promise.race([once(socket, 'open'), ended.then(code => { throw new Error(`closed with ${code}`) })])
  return {
    socket, got, ended,
    send: message => { socket.send(typeof message === 'string' ? message : JSON.stringify(message)) },
    async settle () {
      socket.ping()
      await once(socket, 'pong')
    }
  }
}

/** A TCP connection that sent the request for a WebSocket and speaks no further. */
export async function mutedUpgrade (port: number, path = '/'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
  const [answer] = await once(socket, 'data') as [Buffer]
  assert.match(answer.toString(), /^HTTP\/1\.1 101 /)
  socket.pause()
  return socket
}

/** Resolves when `holds` does; fails after a minute at least. */
export async function until (holds: () => boolean, what: string): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    assert.ok(turn < 6000, `in vain: ${what}`)
    await new Promise(resolve => { setTimeout(resolve, 10) })
  }
}
