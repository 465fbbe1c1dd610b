// The key exchange of one encrypted handshake (MSE/PE, "Initial Handshake"), such that the shared secret never begins
// with a zero byte. It is a number of 96 bytes, and OpenSSL's DH_compute_key leaves out the zero bytes at its beginning:
// rTorrent (libtorrent-rakshasa to 0.16.20, DiffieHellman::compute_secret) then hashes fewer bytes than others do, and for
// the keys of RC4 as many as belong there, the last of which it never set. One handshake in 256 fails of it, and rTorrent
// does not dial the same address again for ten minutes. libtorrent (rasterbar) 2.0.8 fails as often.
// Whoever is dialled knows the other key before it tells its own, and draws another one. Whoever dials does not: it
// learns of such a secret before anything was said under it, and dials again.
import { MAX_SHORT_SECRETS } from '../limits.ts'
import type { KeyExchange } from '../platform/platform.ts'

/** Why a connection that we dialled ended: another one has another secret, unless the peer wants it so. */
export const SHORT_SECRET: Error = new Error('the shared secret of an encrypted handshake begins with a zero byte')

/** For whoever is dialled. `theirKey` is asked once our own key is needed. */
export function answeringKeys (draw: () => KeyExchange, theirKey: () => Uint8Array | null): KeyExchange {
  let keys: KeyExchange | null = null
  let secret: Uint8Array | null = null
  function drawn (): KeyExchange {
    if (keys !== null) return keys
    const theirs = theirKey()
    for (let draws = 0; keys === null; draws++) {
      const drawnKeys = draw()
      secret = theirs === null ? null : drawnKeys.computeSecret(theirs)
      if (secret === null || !isShort(secret) || draws === MAX_SHORT_SECRETS) keys = drawnKeys
    }
    return keys
  }
  return {
    generateKeys: () => drawn().generateKeys(),
    computeSecret: publicKey => {
      const exchange = drawn()
      return secret ?? exchange.computeSecret(publicKey)
    }
  }
}

/** For whoever dials: `computeSecret` throws SHORT_SECRET. */
export function diallingKeys (draw: () => KeyExchange): KeyExchange {
  let keys: KeyExchange | null = null
  return {
    generateKeys: () => (keys ??= draw()).generateKeys(),
    computeSecret: publicKey => {
      const secret = (keys ??= draw()).computeSecret(publicKey)
      if (isShort(secret)) throw SHORT_SECRET
      return secret
    }
  }
}

function isShort (secret: Uint8Array): boolean {
  return secret[0] === 0
}
