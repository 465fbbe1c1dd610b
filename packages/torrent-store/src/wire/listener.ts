// One port for all bodies: TCP and uTP, on one address or several, under the caps of one admission.
import { createServer, isIPv4, type Server, type Socket } from 'node:net'
import { TorrentStoreError } from '../errors.ts'
import { MAX_PORT_ATTEMPTS, type TorrentStoreLimits } from '../limits.ts'
import { createAdmission, type Admission, type ConnectionQuota } from './admission.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import type { Serving } from './serve.ts'
import { openUtpPort, type UtpPort } from './utp/port.ts'

export interface ListenOptions {
  /**
   * Address to bind, or several, IPv4 or IPv6; default 127.0.0.1, so that reaching the world is a decision. `::` takes
   * IPv4 too, unless there is an IPv4 address beside it.
   */
  readonly host?: string | readonly string[]
  /** The same number on each address and for each transport. Default 0: any free one. */
  readonly port?: number
  /** Whether to listen for uTP (BEP 29) too, which most clients try first. Default true. */
  readonly utp?: boolean
}

/** uTP is left out where its UDP port is taken. */
export type Transport = 'tcp' | 'utp'

export interface Listener {
  /** The first address. */
  readonly host: string
  readonly hosts: readonly string[]
  readonly port: number
  /** Which run, on at least one address. */
  readonly transports: readonly Transport[]
  /** Connections open now, of all transports. */
  readonly connections: number
  /** Stops listening and destroys what is open. May be called twice. */
  close (): Promise<void>
}

export type ServeConnection = (connection: ByteDuplex, quota: ConnectionQuota) => Serving

/** Opens ports whose connections `serve` gets, within the caps. Throws LISTEN_FAILED. */
export async function listen (options: ListenOptions, limits: TorrentStoreLimits, serve: ServeConnection): Promise<Listener> {
  const { host = '127.0.0.1', port = 0, utp = true } = options
  const hosts = typeof host === 'string' ? [host] : host
  if (hosts.length === 0) throw new TorrentStoreError('LISTEN_FAILED', 'there is no address to listen on')
  const admission = createAdmission(limits, () => performance.now())
  const door = createDoor(admission, serve)
  for (let attempt = 1; ; attempt++) {
    const opened = await open(hosts, port, utp, door)
    const { tcp, udp, refused } = opened
    const last = port !== 0 || attempt === MAX_PORT_ATTEMPTS
    // A port that was free for the first socket may be taken for the others: another number may be free for all.
    if (refused === null && (last || !utp || udp.length === hosts.length)) return new OpenListener(opened, door, admission)
    await closeAll(opened)
    if (refused !== null && (last || tcp.length === 0 || !isTaken(refused.cause))) throw refused
  }
}

/** What comes in goes through here, whatever it came over. */
interface Door {
  readonly open: Set<Serving>
  /** False: there is no room. `over` says when nothing of the connection is left. */
  enter (connection: ByteDuplex, address: string, over?: Promise<void>): boolean
}

function createDoor (admission: Admission, serve: ServeConnection): Door {
  const open = new Set<Serving>()
  return {
    open,
    enter (connection, address, over) {
      const seat = admission.enter(address)
      if (seat === null) return false
      let serving: Serving
      try {
        serving = serve(connection, seat.quota)
      } catch { // the store was closed in the meantime
        seat.leave()
        return false
      }
      open.add(serving)
      seat.take(serving)
      void serving.closed.then(async () => {
        open.delete(serving)
        await over
        seat.leave()
      })
      return true
    }
  }
}

interface Opened { readonly tcp: Server[], readonly udp: UtpPort[], readonly hosts: string[], readonly port: number, readonly refused: TorrentStoreError | null }

async function open (hosts: readonly string[], wanted: number, utp: boolean, door: Door): Promise<Opened> {
  const tcp: Server[] = []
  const udp: UtpPort[] = []
  const bound: string[] = []
  let port = wanted
  for (const host of hosts) {
    const ipv6Only = host !== '::' || hosts.some(isIPv4)
    const server = createServer({ noDelay: true }, socket => {
      if (!door.enter(socket, socket.remoteAddress ?? '')) refuse(socket)
    })
    try {
      await started(server, { host, port, ipv6Only })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown'
      return { tcp, udp, hosts: bound, port, refused: new TorrentStoreError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${reason}`, { cause }) }
    }
    tcp.push(server)
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TorrentStoreError('LISTEN_FAILED', 'the port has no TCP address')
    port = address.port
    bound.push(address.address)
    if (!utp) continue
    try {
      udp.push(await openUtpPort({ host: address.address, port, ipv6Only, accept: socket => door.enter(socket, socket.remoteAddress, socket.over) }))
    } catch {} // TCP alone reaches everybody, if later
  }
  return { tcp, udp, hosts: bound, port, refused: null }
}

function isTaken (cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
}

async function started (server: Server, where: { host: string, port: number, ipv6Only: boolean }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      server.on('error', () => {}) // of a single accept, such as too many open files: the listener goes on
      resolve()
    })
  })
}

function refuse (socket: Socket): void {
  socket.on('error', () => {})
  socket.destroy()
}

async function closeAll ({ tcp, udp }: Pick<Opened, 'tcp' | 'udp'>): Promise<void> {
  await Promise.all([
    ...tcp.map(async server => { await new Promise(resolve => { server.close(resolve) }) }),
    ...udp.map(async port => { await port.close() })
  ])
}

class OpenListener implements Listener {
  readonly host: string
  readonly hosts: readonly string[]
  readonly port: number
  readonly transports: readonly Transport[]
  readonly #opened: Opened
  readonly #door: Door
  readonly #admission: Admission
  #closing: Promise<void> | null = null

  constructor (opened: Opened, door: Door, admission: Admission) {
    this.hosts = opened.hosts
    this.host = opened.hosts[0] ?? ''
    this.port = opened.port
    this.transports = opened.udp.length > 0 ? ['tcp', 'utp'] : ['tcp']
    this.#opened = opened
    this.#door = door
    this.#admission = admission
  }

  get connections (): number {
    return this.#admission.size
  }

  close (): Promise<void> {
    return this.#closing ??= (async () => {
      const closed = closeAll(this.#opened)
      for (const serving of this.#door.open) serving.close()
      await closed
    })()
  }
}
