import { createSigner } from '@seedbed/crdt-index'

/** The ed25519 public key of a 32-byte seed (RFC 8032). */
export const publicKey = (seed: Uint8Array): Uint8Array => createSigner(seed).publicKey
