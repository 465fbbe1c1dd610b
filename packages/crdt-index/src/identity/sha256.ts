import { sha256 as portable } from '@noble/hashes/sha2.js'

// Node's own SHA-256 is several times faster on a full update. It is looked up at run time, because a static
// import of node:crypto would keep this package out of browsers.
const nodeCrypto = globalThis.process?.getBuiltinModule?.('node:crypto')

/** SHA-256 (FIPS 180-4) of the bytes, 32 bytes. */
export function sha256 (bytes: Uint8Array): Uint8Array {
  return nodeCrypto === undefined ? portable(bytes) : new Uint8Array(nodeCrypto.createHash('sha256').update(bytes).digest())
}
