/**
 * The page's half of pairing: from the secret in a link's fragment to the recovery phrase that the seedbox holds. What
 * goes over the wire is described where it is answered, in ../seedbox/pairing/pairing.ts.
 */

/** 128 bits in base64url. */
const SECRET = /^[\w-]{22}$/

export type PairingErrorCode =
  /** The link is not one of a seedbox. */
  | 'BAD_SECRET'
  /** The seedbox does not take the secret: it was used, is too old or is somebody else's. */
  | 'REFUSED'
  /** The seedbox cannot be reached, or answers what it should not. */
  | 'NETWORK_FAILED'

export class PairingError extends Error {
  readonly code: PairingErrorCode

  constructor (code: PairingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PairingError'
    this.code = code
  }
}

export interface PairingCallOptions {
  /** Default the page's own. */
  readonly fetch?: typeof fetch
  /** Default `/pair` of the page's own origin. */
  readonly url?: string
  /** Cancels the request. */
  readonly signal?: AbortSignal
}

/** The secret of `#device=SECRET`; null when the fragment is another one. */
export function pairingSecret (fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('device')
}

/**
 * Trades the secret for the recovery phrase; a secret works once. Needs a secure context (HTTPS or this machine).
 * Errors: PairingError with BAD_SECRET, REFUSED, NETWORK_FAILED.
 */
export async function openPairing (secret: string, { fetch: ask = fetch, url = '/pair', signal }: PairingCallOptions = {}): Promise<string> {
  if (!SECRET.test(secret)) throw new PairingError('BAD_SECRET', 'This link was cut off or is not one of a seedbox.')
  const secretBytes = fromBase64Url(secret)
  const sealed = await redeem(await tokenOf(secretBytes), ask, url, signal)
  try {
    const key = await keyOf(secretBytes)
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.subarray(0, 12) }, key, sealed.subarray(12))
    return new TextDecoder('utf-8', { fatal: true }).decode(opened)
  } catch (cause) {
    throw new PairingError('NETWORK_FAILED', 'What answered is not the seedbox that made this link.', { cause })
  }
}

async function redeem (token: string, ask: typeof fetch, url: string, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  let status: number
  let answer: unknown
  try {
    const response = await ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }), ...(signal === undefined ? {} : { signal }) })
    status = response.status
    answer = status === 200 ? await response.json() : null
  } catch (cause) {
    signal?.throwIfAborted()
    throw new PairingError('NETWORK_FAILED', 'The seedbox cannot be reached.', { cause })
  }
  if (status === 403) throw new PairingError('REFUSED', 'This link was used before or is too old; make a new one with seedbed pair.')
  const sealed = typeof answer === 'object' && answer !== null && 'sealed' in answer ? answer.sealed : null
  if (typeof sealed !== 'string' || !/^[\w-]{40,1000}$/.test(sealed)) throw new PairingError('NETWORK_FAILED', `The seedbox did not answer as one (${status}).`)
  return fromBase64Url(sealed)
}

async function tokenOf (secret: Uint8Array<ArrayBuffer>): Promise<string> {
  const domain = new TextEncoder().encode('seedbed/pair/1/token')
  const input = new Uint8Array(domain.length + secret.length)
  input.set(domain)
  input.set(secret, domain.length)
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', input)))
}

async function keyOf (secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode('seedbed/pair/1/key')
  return await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }, material, { name: 'AES-GCM', length: 256 }, false, ['decrypt'])
}

function fromBase64Url (text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0))
}

function toBase64Url (bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
