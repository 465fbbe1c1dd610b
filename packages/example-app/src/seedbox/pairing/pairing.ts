/**
 * How a page becomes the author: a secret that the terminal shows and that travels in the fragment of a link, which no
 * browser sends. Over the wire goes only
 *
 *     POST /pair {"token": base64url(SHA-256("seedbed/pair/1/token" || secret))}
 *     -> 200 {"sealed": base64url(nonce || AES-256-GCM(recovery phrase))} | 403
 *
 * under a key of HKDF-SHA256 (RFC 5869) from the secret with info "seedbed/pair/1/key" and no salt; the nonce has 12
 * bytes. Who listens in learns nothing, who comes first without the secret cannot open it. It works once. Wrong tokens
 * change nothing: nobody guesses 128 bits, and anybody could make every secret void by a few of them.
 */
import { createCipheriv, createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import { PAIRING_SECRET_BYTES, PAIRING_VALID_MS } from '../limits.ts'

export interface Pairing {
  /** A new secret, base64url, and until when it works, in Unix milliseconds; the one before is void. */
  renew (): { readonly secret: string, readonly untilMs: number }
  /** The sealed phrase, base64url; null for a wrong, used or old token. */
  redeem (token: string): Promise<string | null>
}

export interface PairingOptions {
  /** The recovery phrase, read when it is needed. */
  readonly phrase: () => Promise<string>
  /** Unix time in milliseconds. */
  readonly clock: () => number
}

export function createPairing ({ phrase, clock }: PairingOptions): Pairing {
  let current: { readonly secret: Uint8Array, readonly untilMs: number } | null = null

  return {
    renew () {
      const secret = randomBytes(PAIRING_SECRET_BYTES)
      const untilMs = clock() + PAIRING_VALID_MS
      current = { secret, untilMs }
      return { secret: secret.toString('base64url'), untilMs }
    },
    async redeem (token) {
      if (current === null) return null
      if (clock() >= current.untilMs) {
        current = null
        return null
      }
      const { secret } = current
      if (!isTokenOf(token, secret)) return null
      current = null // before anything waits
      return seal(await phrase(), secret)
    }
  }
}

/** Compares digests, so that time tells nothing. */
function isTokenOf (token: string, secret: Uint8Array): boolean {
  const expected = createHash('sha256').update('seedbed/pair/1/token').update(secret).digest('base64url')
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(token), digest(expected))
}

function seal (phrase: string, secret: Uint8Array): string {
  const key = new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(), 'seedbed/pair/1/key', 32))
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  return Buffer.concat([nonce, cipher.update(phrase, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}
