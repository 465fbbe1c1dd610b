// One TCP port for all bodies.
import { createServer, type Server, type Socket } from 'node:net'
import { TorrentStoreError } from '../errors.ts'
import type { TorrentStoreLimits } from '../limits.ts'
import type { Serving } from './serve.ts'

export interface ListenOptions {
  /** Address to bind; default 127.0.0.1, so that reaching the world is a decision. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
}

export interface Listener {
  readonly host: string
  readonly port: number
  /** Connections open now. */
  readonly connections: number
  /** Stops listening and destroys what is open. May be called twice. */
  close (): Promise<void>
}

/** Opens a port whose connections `serve` gets, within the caps. Throws LISTEN_FAILED. */
export async function listenTcp (options: ListenOptions, limits: TorrentStoreLimits, serve: (socket: Socket) => Serving): Promise<Listener> {
  const { host = '127.0.0.1', port = 0 } = options
  const open = new Set<Serving>()
  const perAddress = new Map<string, number>()

  const server = createServer({ noDelay: true }, socket => {
    const address = addressGroup(socket.remoteAddress ?? '')
    const fromAddress = perAddress.get(address) ?? 0
    if (open.size >= limits.maxConnections || fromAddress >= limits.maxConnectionsPerAddress) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const serving = serve(socket)
    open.add(serving)
    perAddress.set(address, fromAddress + 1)
    void serving.closed.then(() => {
      open.delete(serving)
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
  await started(server, host, port)
  server.on('error', () => {}) // of a single accept, such as too many open files: the listener goes on
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new TorrentStoreError('LISTEN_FAILED', 'the port has no TCP address')

  let closing: Promise<void> | null = null
  return {
    host: bound.address,
    port: bound.port,
    get connections () { return open.size },
    close: () => closing ??= new Promise(resolve => {
      server.close(() => { resolve() })
      for (const serving of open) serving.close()
    })
  }
}

async function started (server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => {
      reject(new TorrentStoreError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${cause.message}`, { cause }))
    }
    server.once('error', fail)
    server.listen({ host, port }, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one address there has them all. */
export function addressGroup (address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  if (!address.includes(':')) return address
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right]
  return groups.slice(0, 4).map(group => group.replace(/^0+(?=.)/, '')).join(':')
}
