// One UDP socket for any number of uTP connections (BEP 29), both ways, IPv4 and IPv6. A stranger costs nothing before it has
// proven its address: the answer to a SYN is computed from a secret and what the SYN said, nothing is kept, and the
// connection begins with a first packet that names the number from the answer, as SYN cookies do for TCP (RFC 4987).
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { hash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { createTokenBucket } from '../../token-bucket.ts'
import { MAX_UTP_LINGERING, MAX_UTP_RESETS_PER_SECOND, MAX_UTP_UNREAD_BYTES, UTP_COOKIE_MS, UTP_SYSTEM_BUFFER_BYTES, UTP_TICK_MS } from '../../limits.ts'
import { UtpFlow, type FlowStart } from './flow.ts'
import { decodeUtp, encodeUtp, UtpType, type UtpPacket } from './packet.ts'
import { UtpSocket } from './socket.ts'

export interface UtpPortOptions {
  readonly host: string
  /** Whether `::` leaves IPv4 alone. Default false. */
  readonly ipv6Only?: boolean
  /** 0: any free port. */
  readonly port: number
  /** Gets connections from others; without it there are none. False: no room. */
  readonly accept?: (socket: UtpSocket) => boolean
}

export interface UtpPort {
  readonly host: string
  readonly port: number
  /** Connections that are not over. */
  readonly connections: number
  /** Dials; the socket emits `connect`, or `error` and `close`. `address` is an IP address. */
  connect (address: string, port: number): UtpSocket
  /** Resets what is open and frees the port. May be called twice. */
  close (): Promise<void>
}

/** A first packet may come after those behind it: so many of these are recognised too. */
const COOKIE_REORDER = 4

/** Binds. Rejects with what the system says. */
export async function openUtpPort ({ host, port, ipv6Only = false, accept }: UtpPortOptions): Promise<UtpPort> {
  const udp = isIPv6(host) ? createSocket({ type: 'udp6', ipv6Only, lookup: isAddress }) : createSocket({ type: 'udp4', lookup: isAddress })
  await new Promise<void>((resolve, reject) => {
    udp.once('error', cause => {
      udp.close()
      reject(cause)
    })
    udp.bind({ port, address: host }, () => {
      udp.removeAllListeners('error')
      resolve()
    })
  })
  try {
    udp.setRecvBufferSize(UTP_SYSTEM_BUFFER_BYTES)
  } catch {} // then it keeps the system's own size
  return new Port(udp, accept)
}

/** There are only addresses here. The system's look-up would hold each datagram back, and lose the last ones before closing. */
function isAddress (host: string, _options: unknown, callback: (error: null, address: string, family: number) => void): void {
  callback(null, host, isIPv6(host) ? 6 : 4)
}

class Port implements UtpPort {
  readonly host: string
  readonly port: number
  readonly #udp: UdpSocket
  readonly #accept: ((socket: UtpSocket) => boolean) | undefined
  readonly #flows = new Map<string, UtpFlow>()
  readonly #secret = randomBytes(16).toString('hex')
  readonly #resets = createTokenBucket(MAX_UTP_RESETS_PER_SECOND, MAX_UTP_RESETS_PER_SECOND)
  readonly #unacknowledged = new Set<UtpFlow>()
  /** Those that were closed here, the first one first. */
  readonly #lingering = new Set<UtpFlow>()
  #timer: NodeJS.Timeout | null = null
  #closing: Promise<void> | null = null

  constructor (udp: UdpSocket, accept: ((socket: UtpSocket) => boolean) | undefined) {
    this.#udp = udp
    this.#accept = accept
    const { address, port } = udp.address()
    this.host = address
    this.port = port
    udp.on('error', () => {}) // of a single datagram; what is lost is sent again
    udp.on('message', (bytes, remote) => { this.#onDatagram(bytes, remote) })
  }

  get connections (): number {
    return this.#flows.size
  }

  connect (address: string, port: number): UtpSocket {
    let receiveId = 0
    do receiveId = randomBytes(2).readUInt16BE(); while (this.#flows.has(flowKey(address, port, receiveId)))
    return this.#open(address, port, { receiveId, sendId: (receiveId + 1) & 0xffff, seq: randomBytes(2).readUInt16BE(), ack: null })
  }

  close (): Promise<void> {
    return this.#closing ??= new Promise(resolve => {
      for (const flow of this.#flows.values()) flow.reset()
      this.#stopTimer()
      this.#udp.close(() => { resolve() })
    })
  }

  #open (address: string, port: number, start: FlowStart): UtpSocket {
    const socket = new UtpSocket(address, port)
    const key = flowKey(address, port, start.receiveId)
    const flow = new UtpFlow({
      nowMs: () => performance.now(),
      send: datagram => {
        this.#send(datagram, port, address)
        this.#watch() // it may get lost, long after the last one came
      },
      unreadBytes: () => socket.readableLength,
      connected: () => { socket.emit('connect') },
      data: bytes => { socket.push(bytes) },
      ended: () => { socket.push(null) },
      writable: () => { socket.onWritable() },
      lingers: () => {
        this.#linger(flow)
        this.#watch()
      },
      over: error => {
        this.#flows.delete(key)
        this.#unacknowledged.delete(flow)
        this.#lingering.delete(flow)
        socket.onOver(error)
      }
    }, start)
    socket.attach(flow)
    this.#flows.set(key, flow)
    this.#watch()
    return socket
  }

  /** Whoever is sent away for others keeps no seat, and must not be able to fill the memory by coming again. */
  #linger (flow: UtpFlow): void {
    const [first] = this.#lingering
    if (first !== undefined && this.#lingering.size >= MAX_UTP_LINGERING) first.reset()
    this.#lingering.add(flow)
  }

  #onDatagram (bytes: Uint8Array, { address, port }: RemoteInfo): void {
    if (this.#closing !== null || port === 0) return
    const packet = decodeUtp(bytes)
    if (packet === null) return
    if (packet.type === UtpType.syn) { this.#onSyn(packet, address, port); return }
    const flow = this.#flowOf(packet, address, port) ?? this.#begin(packet, address, port)
    if (flow === undefined) { this.#refuse(packet, address, port); return }
    flow.receive(packet)
    if (this.#unacknowledged.size === 0) setImmediate(() => { this.#acknowledge() })
    this.#unacknowledged.add(flow)
    this.#watch()
  }

  #flowOf ({ type, connectionId }: UtpPacket, address: string, port: number): UtpFlow | undefined {
    const flow = this.#flows.get(flowKey(address, port, connectionId))
    if (flow !== undefined || type !== UtpType.reset) return flow
    // A reset may name either id of the connection.
    return this.#flows.get(flowKey(address, port, (connectionId + 1) & 0xffff)) ?? this.#flows.get(flowKey(address, port, (connectionId - 1) & 0xffff))
  }

  #onSyn (packet: UtpPacket, address: string, port: number): void {
    if (this.#accept === undefined) return
    const nowMs = performance.now()
    this.#send(encodeUtp({
      type: UtpType.state,
      connectionId: packet.connectionId,
      timestampUs: Math.floor(nowMs * 1000) % 0x1_0000_0000,
      differenceUs: 0,
      windowBytes: MAX_UTP_UNREAD_BYTES,
      seq: this.#cookie(address, port, packet.connectionId, packet.seq, Math.floor(nowMs / UTP_COOKIE_MS)),
      ack: packet.seq,
      selective: null,
      payload: new Uint8Array(0)
    }), port, address)
  }

  /** The connection that a first packet of data begins, if it proves to have seen our answer to its SYN. */
  #begin (packet: UtpPacket, address: string, port: number): UtpFlow | undefined {
    if (packet.type !== UtpType.data || this.#accept === undefined) return undefined
    const sendId = (packet.connectionId - 1) & 0xffff
    const cookie = (packet.ack + 1) & 0xffff
    const now = Math.floor(performance.now() / UTP_COOKIE_MS)
    const period = (now ^ cookie) & 1 ? now - 1 : now
    for (let back = 1; back <= COOKIE_REORDER; back++) {
      const synSeq = (packet.seq - back) & 0xffff
      if (this.#cookie(address, port, sendId, synSeq, period) !== cookie) continue
      const socket = this.#open(address, port, { receiveId: packet.connectionId, sendId, seq: cookie, ack: synSeq })
      const flow = this.#flows.get(flowKey(address, port, packet.connectionId))
      if (!this.#accept(socket)) flow?.reset()
      return flow
    }
    return undefined
  }

  /** Tells a peer that there is no such connection, so that it need not wait; some of them, as the sender may be made up. */
  #refuse (packet: UtpPacket, address: string, port: number): void {
    if (packet.type === UtpType.reset || !this.#resets.take(1, performance.now())) return
    this.#send(encodeUtp({
      type: UtpType.reset, connectionId: packet.connectionId, timestampUs: 0, differenceUs: 0, windowBytes: 0, seq: 0, ack: packet.seq, selective: null, payload: new Uint8Array(0)
    }), port, address)
  }

  /**
   * The number in our answer to a SYN. It is good in one period and the next one, so that whoever had an address once
   * cannot use later, from elsewhere, what it was told there; the lowest bit says in which period it was made.
   */
  #cookie (address: string, port: number, connectionId: number, synSeq: number, period: number): number {
    const digest = hash('sha1', `${this.#secret} ${period} ${connectionId} ${synSeq} ${port} ${address}`, 'hex')
    return Number.parseInt(digest.slice(0, 4), 16) & 0xfffe | period & 1
  }

  #acknowledge (): void {
    const flows = [...this.#unacknowledged]
    this.#unacknowledged.clear()
    for (const flow of flows) flow.acknowledge()
  }

  #send (datagram: Uint8Array, port: number, address: string): void {
    try {
      this.#udp.send(datagram, port, address, () => {})
    } catch {} // closed meanwhile, or an address of the other family: as if it had been lost
  }

  #watch (): void {
    this.#timer ??= setInterval(() => {
      let needed = false
      for (const flow of [...this.#flows.values()]) {
        if (!flow.needsTicks) continue
        needed = true
        flow.tick()
      }
      if (!needed) this.#stopTimer()
    }, UTP_TICK_MS)
  }

  #stopTimer (): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

function flowKey (address: string, port: number, receiveId: number): string {
  return `${receiveId} ${port} ${address}`
}
