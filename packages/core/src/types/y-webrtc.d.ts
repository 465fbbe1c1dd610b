// What we use of y-webrtc 10, whose package names no types for its `import` condition.
declare module 'y-webrtc' {
  import type { Doc } from 'yjs'

  /** simple-peer 9. */
  export interface Peer {
    readonly destroyed: boolean
    signal (signal: object): void
    send (bytes: Uint8Array): void
    destroy (): void
    on (event: 'connect' | 'close', listener: () => void): void
    on (event: 'data', listener: (bytes: Uint8Array) => void): void
    on (event: 'signal', listener: (signal: object) => void): void
    on (event: 'error', listener: (error: Error) => void): void
    listeners (event: 'data'): Array<(bytes: Uint8Array) => void>
    removeAllListeners (event: 'data' | 'signal'): void
  }

  /** What a connection asks of the room it belongs to. */
  export interface ConnectionRoom {
    readonly name: string
    readonly peerId: string
    readonly key: null
    readonly doc: Doc
    readonly awareness: { getStates (): ReadonlyMap<number, unknown> }
    readonly webrtcConns: Map<string, WebrtcConn>
    readonly bcConns: ReadonlySet<string>
    readonly provider: { readonly doc: Doc, readonly peerOpts: object, readonly maxConns: number, emit (event: string, args: readonly unknown[]): void }
    synced: boolean
  }

  export class WebrtcConn {
    constructor (signalling: { send (message: object): void }, initiator: boolean, remotePeerId: string, room: ConnectionRoom)
    readonly peer: Peer
    readonly connected: boolean
    destroy (): void
  }
}
