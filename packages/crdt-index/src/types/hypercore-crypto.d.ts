// hypercore-crypto ships no types; only what this package calls is declared.
declare module 'hypercore-crypto' {
  /** ed25519 key pair of a 32-byte seed; `secretKey` is seed || publicKey. */
  export function keyPair (seed: Uint8Array): { publicKey: Uint8Array, secretKey: Uint8Array }
  export function sign (message: Uint8Array, secretKey: Uint8Array): Uint8Array
  export function verify (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
  /** Keyed blake2b of a 32-byte key: names a topic without telling what the key opens. */
  export function discoveryKey (publicKey: Uint8Array): Uint8Array
}
