// One connection to another device: y-webrtc's, with a guard in front of what it reads and writes.
import type { Doc } from 'yjs'
import type { ConnectionRoom, WebrtcConn } from 'y-webrtc'
import { backgroundTimer } from '../../background-timer.ts'
import { DEVICE_CONNECT_MS, MAX_PERSONAL_BYTES } from '../../limits.ts'
import { createAssembler, fragmentsOf } from './fragments.ts'
import type { PeerSignal } from './signal.ts'
import { updateMessage } from './update-message.ts'

/** y-webrtc's messages: awareness and what is meant for other tabs are of no use here and not read. */
const SYNC_MESSAGE = 0
const SYNC_STEP_1 = 0
const UPDATE = 2
/** State vectors, delete sets and message heads beside the content of a document. */
const MESSAGE_OVERHEAD_BYTES = 256 * 1024

export interface DeviceConnection {
  readonly connected: boolean
  /** Whether this side made the offer. */
  readonly isInitiator: boolean
  signal (signal: PeerSignal): void
  /** Sends what changed here; nothing while the connection comes about, which begins with an exchange of everything. */
  sendUpdate (update: Uint8Array): void
  /** What the document's changes that came over this connection have as their origin. */
  readonly origin: object
  destroy (): void
}

export interface DeviceConnectionOptions {
  readonly WebrtcConn: new (...args: ConstructorParameters<typeof WebrtcConn>) => WebrtcConn
  readonly isInitiator: boolean
  readonly remoteId: string
  readonly room: Pick<ConnectionRoom, 'name' | 'peerId'>
  readonly doc: Doc
  /** Options of simple-peer: `config`, and `wrtc` where the platform has no WebRTC of its own. */
  readonly peerOptions: object
  /** Says something to the other device on the signalling point. */
  readonly onSignal: (signal: object) => void
  /** Whether the document may grow by so many bytes. */
  readonly mayGrow: (bytes: number) => boolean
  readonly onConnected: () => void
  readonly onClosed: () => void
}

const NO_AWARENESS = { getStates: () => new Map<number, unknown>() }

export function createDeviceConnection (options: DeviceConnectionOptions): DeviceConnection {
  const { WebrtcConn: Connection, isInitiator, remoteId, doc, peerOptions, onSignal, mayGrow, onConnected, onClosed } = options
  // A room of its own: y-webrtc takes connections out of their room by the other's name, and there may be a newer one.
  const room: ConnectionRoom = {
    ...options.room,
    key: null,
    doc,
    awareness: NO_AWARENESS,
    webrtcConns: new Map(),
    bcConns: new Set(),
    provider: { doc, peerOpts: peerOptions, maxConns: 1, emit: () => {} },
    synced: false
  }
  const connection = new Connection({ send: () => {} }, isInitiator, remoteId, room)
  const { peer } = connection
  // y-webrtc seals signals itself where its room has a key, and cannot do so in a worker.
  peer.removeAllListeners('signal')
  peer.on('signal', onSignal)
  const assemble = createAssembler(MAX_PERSONAL_BYTES + MESSAGE_OVERHEAD_BYTES)
  let over = false
  const timer = backgroundTimer(() => { if (!connection.connected) destroy() }, DEVICE_CONNECT_MS)

  function destroy (): void {
    if (over) return
    over = true
    clearTimeout(timer)
    connection.destroy()
    onClosed()
  }

  const send = peer.send.bind(peer)
  peer.send = message => { for (const fragment of fragmentsOf(message)) send(fragment) }
  const readers = peer.listeners('data')
  peer.removeAllListeners('data')
  peer.on('data', received => {
    if (over) return
    try {
      const message = assemble(received)
      if (message === null || message[0] !== SYNC_MESSAGE || (message[1] ?? SYNC_STEP_1) > UPDATE) return
      if (message[1] !== SYNC_STEP_1 && !mayGrow(message.length)) return destroy()
      for (const read of readers) read(message)
    } catch { // not what y-webrtc sends: thrown further it would end the process
      destroy()
    }
  })
  peer.on('connect', onConnected)
  peer.on('close', destroy)
  peer.on('error', destroy)

  return {
    get connected () { return connection.connected && !over },
    isInitiator,
    origin: room,
    signal (signal) {
      if (over) return
      try {
        peer.signal(signal)
      } catch {
        destroy()
      }
    },
    sendUpdate (update) {
      if (over || !connection.connected) return
      try {
        peer.send(updateMessage(update))
      } catch { // the channel is closing: the next connection exchanges everything
        destroy()
      }
    },
    destroy
  }
}
