/** A connection: the part of a stream that this package uses. Node's Duplex is one, and so is streamx's, which WebRTC peers are. */
export interface ByteDuplex {
  readonly destroyed: boolean
  /** Bytes written and not taken yet, where the stream counts them. */
  readonly writableLength?: number
  /** False: wait for `drain`. */
  write (bytes: Uint8Array): boolean
  pause (): unknown
  resume (): unknown
  destroy (error?: Error): unknown
  on: Subscribe<this>
  once: Subscribe<this>
  off: Subscribe<this>
}

interface Subscribe<T> {
  (event: 'data', listener: (bytes: Uint8Array) => void): T
  (event: 'error', listener: (error: Error) => void): T
  (event: 'drain' | 'end' | 'close', listener: () => void): T
}
