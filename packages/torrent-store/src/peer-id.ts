import { platform } from '#platform'

/** 20 bytes that name a peer on the wire: this client and its version (BEP 20), then 12 random bytes. */
export function newPeerId (): Uint8Array {
  return platform.concat([platform.fromLatin1('-SB0100-'), platform.randomBytes(12)])
}
