// What this package asks of the machine it runs on. `#platform` resolves to node.ts, or to browser.ts where a bundler
// takes the condition "browser"; nothing else may know which. What needs sockets lies behind `#sockets`.
import type { Duplex } from 'node:stream'

/** What a byte stream is made of; the platform adds buffering and backpressure. */
export interface DuplexSource {
  /** More bytes may be pushed. */
  read (): void
  /** Takes bytes and says when the next ones may come. */
  write (bytes: Uint8Array, done: (error?: Error | null) => void): void
  /** Nothing more will be written. */
  final (done: (error?: Error | null) => void): void
  /** Once, at the end, with the error if there was one. */
  destroy (error: Error | null): void
}

export interface OpenDuplex {
  /** Node's Duplex; in a browser the part of it that this package uses. */
  readonly duplex: Duplex
  /** Hands bytes to the reader, or null at their end; false asks to wait for `read`. */
  push (bytes: Uint8Array | null): boolean
}

/** The two methods of Node's DiffieHellman that the wire library calls. */
export interface KeyExchange {
  /** Our public key, 96 bytes, the same at each call. */
  generateKeys (): Uint8Array
  /** The shared secret with a peer's public key, 96 bytes. */
  computeSecret (publicKey: Uint8Array): Uint8Array
}

export interface Platform {
  /** Whether connections can be encrypted (MSE). Browsers speak WebRTC and libp2p, which encrypt already. */
  readonly canEncrypt: boolean
  /** The key exchange of one encrypted handshake (MSE), where connections can be encrypted. */
  readonly createKeyExchange?: () => KeyExchange
  sha1 (bytes: Uint8Array): Uint8Array
  sha1Hex (bytes: Uint8Array): string
  /** One character a byte. */
  sha1Latin1 (bytes: Uint8Array): string
  sha256Hex (bytes: Uint8Array): string
  /** From the system's source of randomness. */
  randomBytes (length: number): Uint8Array
  concat (parts: readonly Uint8Array[]): Uint8Array
  copy (bytes: Uint8Array): Uint8Array
  /** As a database may keep them: IndexedDB stores the whole buffer behind a view. */
  toStore (bytes: Uint8Array): Uint8Array
  /** Lowercase. */
  toHex (bytes: Uint8Array): string
  /** Of an even number of hex characters. */
  fromHex (hex: string): Uint8Array
  /** One character a byte. */
  toLatin1 (bytes: Uint8Array): string
  /** Of characters up to U+00FF. */
  fromLatin1 (text: string): Uint8Array
  /** Runs after what is queued: microtasks, and input that has arrived. */
  later (task: () => void): void
  /** Runs once the current task has ended, before anything else. */
  afterTick (task: () => void): void
  /** A timer that is no reason for a process to stay. */
  unref (timer: NodeJS.Timeout): void
  createDuplex (source: DuplexSource): OpenDuplex
}
