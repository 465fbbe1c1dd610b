// What this package asks of the machine it runs on. `#platform` resolves to node.ts or browser.ts; nothing else may know
// which, and both say the same of the same bytes.
import type { StartStampThread } from '../envelope/stamp-threads.ts'
import type { StartVerifyThread } from '../envelope/verify-threads.ts'

/** What a signature is checked against. */
export interface SignedBytes {
  /** 64 bytes. */
  readonly signature: Uint8Array
  readonly bytes: Uint8Array
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** ed25519 (RFC 8032 §5.1.6, deterministic), 64 bytes. */
  sign (bytes: Uint8Array): Uint8Array
}

export interface Platform {
  /** Of a 32-byte ed25519 seed. */
  keyPair (seed: Uint8Array): KeyPair
  /**
   * Whether the cofactorless equation R = S B - k A holds, compared as encoded points. What verifiers disagree on was
   * refused before (key-encodings.ts). Never throws.
   */
  verify (signed: SignedBytes): boolean
  /** The same for many, the quickest way that there is; a promise only where that way is asynchronous. Never rejects. */
  verifyMany (batch: readonly SignedBytes[]): boolean[] | Promise<boolean[]>
  /** BLAKE2b-256 (RFC 7693) of the text `hypercore` under a 32-byte key: Hypercore's discovery key. */
  discoveryKey (key: Uint8Array): Uint8Array
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256 (bytes: Uint8Array): Uint8Array
  /** Raw deflate (RFC 1951), quick rather than small. */
  deflate (bytes: Uint8Array): Promise<Uint8Array>
  /**
   * Undoes it where that gives exactly `length` bytes, at least one, and nothing lies behind; null otherwise. Holds at most `length` and a
   * megabyte, whatever the stream would become.
   */
  inflate (deflated: Uint8Array, length: number): Promise<Uint8Array | null>
  /** A thread beside this one that searches admission stamps; throws where there is none. */
  readonly startStampThread: StartStampThread
  /** A thread beside this one that checks envelopes; throws where there is none. */
  readonly startVerifyThread: StartVerifyThread
  /** Resolves in a task of its own, after those that wait already: timers, sockets and input have their turn. */
  nextTask (): Promise<void>
}
