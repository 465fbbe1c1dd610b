import { randomBytes } from 'node:crypto'

/** 20 bytes that name a peer on the wire: this client and its version (BEP 20), then 12 random bytes. */
export function newPeerId (): Uint8Array {
  return Buffer.concat([Buffer.from('-SB0100-'), randomBytes(12)])
}
