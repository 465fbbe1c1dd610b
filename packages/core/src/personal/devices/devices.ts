/**
 * The author's devices find each other in one y-webrtc room and exchange the personal document directly:
 *
 *     signalling point -> bound length and rate -> decipher -> parse -> announcements and offers -> data channels
 *
 * y-webrtc's own client of signalling points is not used: it hands on what it cannot decipher as an unhandled rejection,
 * remembers one room of a name a process, and has a public server as default. Its connections are, so that a stock
 * y-webrtc client with room and password can take part.
 *
 * Who is on the other end of a data channel is known without another handshake: offers and answers are sealed with the
 * room's key and carry the fingerprint of the DTLS certificate (RFC 8122), which is new for every connection. Whoever
 * sends an old sealed offer again can neither finish the handshake nor read anything; such a try ends after
 * DEVICE_CONNECT_MS.
 *
 * WebRTC is loaded when another device was heard for the first time: until then this costs one WebSocket a point.
 */
import type { Doc } from 'yjs'
import type { WebrtcConn } from 'y-webrtc'
import { backgroundTimer } from '../../background-timer.ts'
import { ANNOUNCE_ANSWER_MS, ANNOUNCE_MS, MAX_DEVICE_CONNECTIONS, MAX_PENDING_SIGNALS, MAX_SIGNALLING_POINTS } from '../../limits.ts'
import type { IceServer, Logger } from '../../options.ts'
import type { PersonalSecrets } from '../secrets.ts'
import { createDeviceConnection, type DeviceConnection } from './device-connection.ts'
import { createSeal, type Seal } from './seal.ts'
import { parseSignal, type PeerSignal, type Signal } from './signal.ts'
import { createSignallingPoint, type SignallingPoint } from './signalling-point.ts'
import type { LoadWebRtc } from './web-rtc.ts'

export interface Devices {
  readonly state: 'unsupported' | 'searching' | 'connected'
  /** Other devices that are connected now. */
  readonly connected: number
  /** Replaces the signalling points; connections that came about over others stay. */
  use (urls: readonly string[]): void
  /** Ends everything; may be called twice. */
  close (): void
}

export interface DevicesOptions {
  readonly secrets: PersonalSecrets
  readonly doc: Doc
  readonly iceServers: readonly IceServer[]
  readonly loadWebRtc: LoadWebRtc
  /** Whether the document may grow by so many bytes; a device that sends more is disconnected. */
  readonly mayGrow: (bytes: number) => boolean
  readonly onChange: () => void
  readonly logger: Logger
}

/** What is loaded once another device was heard. */
interface Tools {
  readonly WebrtcConn: typeof WebrtcConn
  readonly peerOptions: object
}

export function createDevices ({ secrets, doc, iceServers, loadWebRtc, mayGrow, onChange, logger }: DevicesOptions): Devices {
  const self: string = crypto.randomUUID()
  const points = new Map<string, SignallingPoint>()
  const connections = new Map<string, DeviceConnection>()
  const sealing = isSecure() ? createSeal(secrets) : null
  let tools: Promise<Tools | null> | null = null
  let unsupported = sealing === null
  let pending = 0
  let answering = false
  let closed = false
  let timer: NodeJS.Timeout | null = null
  /** Signals are carried out one after another: an offer comes before its candidates. */
  let order: Promise<void> = Promise.resolve()
  let saying: Promise<void> = Promise.resolve()

  async function load (): Promise<Tools | null> {
    const [{ WebrtcConn }, webRtc] = await Promise.all([import('y-webrtc'), loadWebRtc()])
    if (webRtc === null) {
      unsupported = true
      closePoints()
      logger.info('this machine has no WebRTC: the personal document is not exchanged with other devices')
      onChange()
      return null
    }
    const { implementation } = webRtc
    // Candidates are sent as they are found, so nobody waits for the last one; simple-peer's timer for it would keep a process alive.
    return { WebrtcConn, peerOptions: { config: { iceServers }, iceCompleteTimeout: 1, ...(implementation === null ? {} : { wrtc: implementation }) } }
  }

  async function publish (to: readonly SignallingPoint[], signal: object): Promise<void> {
    if (sealing === null) return
    const sealed = await (await sealing).close(signal)
    for (const point of to) point.publish(sealed)
  }

  /** Signals leave in the order in which they are said: an offer before its candidates. */
  function say (to: readonly SignallingPoint[], signal: object): void {
    saying = saying.then(async () => { await publish(to, signal) }).catch((error: unknown) => { logger.warn('a signal could not be sealed', error) })
  }

  function announce (to: readonly SignallingPoint[] = [...points.values()]): void {
    if (closed || unsupported || to.length === 0 || connections.size >= MAX_DEVICE_CONNECTIONS) return
    say(to, { type: 'announce', from: self })
  }

  /** The one of the two with the lower name waits for an offer: it only has to be heard. */
  function answerAnnouncement (): void {
    if (answering) return
    answering = true
    backgroundTimer(() => {
      answering = false
      announce()
    }, ANNOUNCE_ANSWER_MS * Math.random())
  }

  function announceRegularly (): void {
    timer = backgroundTimer(() => {
      announce()
      announceRegularly()
    }, ANNOUNCE_MS * (0.75 + Math.random() / 2))
  }

  /** Told by a point, by anybody: at most so many are deciphered at a time. */
  function receive (point: SignallingPoint, sealed: string): void {
    if (closed || unsupported || sealing === null || pending >= MAX_PENDING_SIGNALS) return
    pending++
    const opening = openSealed(sealing, sealed).finally(() => { pending-- })
    order = order.then(async () => {
      const signal = await opening
      if (signal !== null && !closed) await carryOut(point, signal)
    }).catch((error: unknown) => { logger.warn('a signal of another device could not be followed', error) })
  }

  async function carryOut (point: SignallingPoint, signal: Signal): Promise<void> {
    const { from } = signal
    if (from === self) return
    if (signal.type === 'announce') {
      if (connections.has(from) || connections.size >= MAX_DEVICE_CONNECTIONS) return
      if (self > from) await connect(point, from, true)
      else answerAnnouncement()
      return
    }
    if (signal.to !== self) return
    const known = connections.get(from)
    const connection = signal.signal.type === 'offer' ? await answererFor(point, from, known) : known
    if (connection === undefined || !isExpected(connection, signal.signal)) return
    connection.signal(signal.signal)
  }

  /** A new offer ends a try that is under way; what is connected is not given up for one, which may be an old one. */
  async function answererFor (point: SignallingPoint, from: string, known: DeviceConnection | undefined): Promise<DeviceConnection | undefined> {
    if (known?.connected === true) return undefined
    known?.destroy()
    return await connect(point, from, false)
  }

  async function connect (point: SignallingPoint, remoteId: string, isInitiator: boolean): Promise<DeviceConnection | undefined> {
    const loaded = await (tools ??= load().catch((error: unknown) => {
      tools = null // a page may have been offline just now: the next signal tries again
      throw error
    }))
    if (loaded === null || closed || connections.size >= MAX_DEVICE_CONNECTIONS) return undefined
    const connection = createDeviceConnection({
      ...loaded, isInitiator, remoteId, doc, mayGrow,
      room: { name: secrets.room, peerId: self },
      onSignal: signal => { say([point], { type: 'signal', from: self, to: remoteId, token: Date.now() + Math.random(), signal }) },
      onConnected: onChange,
      onClosed: () => {
        if (connections.get(remoteId) === connection) connections.delete(remoteId)
        if (!closed) onChange()
      }
    })
    connections.set(remoteId, connection)
    return connection
  }

  function closePoints (): void {
    if (timer !== null) clearTimeout(timer)
    for (const point of points.values()) point.close()
    points.clear()
  }

  function spread (update: Uint8Array, origin: unknown): void {
    for (const connection of connections.values()) if (connection.origin !== origin) connection.sendUpdate(update)
  }
  doc.on('update', spread)

  return {
    get state () { return unsupported ? 'unsupported' : connectedCount() > 0 ? 'connected' : 'searching' },
    get connected () { return connectedCount() },
    use (urls) {
      if (closed || unsupported) return
      const wanted = new Set(urls.slice(0, MAX_SIGNALLING_POINTS))
      for (const [url, point] of points) {
        if (wanted.has(url)) continue
        points.delete(url)
        point.close()
      }
      for (const url of wanted) {
        if (points.has(url)) continue
        const point = createSignallingPoint({ url, topic: secrets.room, onOpen: () => { announce([point]) }, onPublished: sealed => { receive(point, sealed) } })
        points.set(url, point)
      }
      if (timer === null && points.size > 0) announceRegularly()
    },
    close () {
      if (closed) return
      closed = true
      doc.off('update', spread)
      closePoints()
      for (const connection of [...connections.values()]) connection.destroy()
    }
  }

  function connectedCount (): number {
    let count = 0
    for (const { connected } of connections.values()) if (connected) count++
    return count
  }
}

/** Null for whatever no device of the author's has said. */
async function openSealed (sealing: Promise<Seal>, sealed: string): Promise<Signal | null> {
  return parseSignal(await (await sealing).open(sealed))
}

/** Offers are for who answers and the reverse; of a connection that stands only candidates are news. */
function isExpected (connection: DeviceConnection, signal: PeerSignal): boolean {
  if (signal.type === 'candidate') return true
  return !connection.connected && (signal.type === 'answer') === connection.isInitiator
}

/** Pages that were not loaded over HTTPS or from this machine have no WebCrypto. */
function isSecure (): boolean {
  return 'subtle' in crypto
}
