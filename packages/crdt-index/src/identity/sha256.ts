import { platform } from '#platform'

/** SHA-256 (FIPS 180-4) of the bytes, 32 bytes. */
export function sha256 (bytes: Uint8Array): Uint8Array {
  return platform.sha256(bytes)
}
