/**
 * Which names the front answers to, and which pages may use what.
 *
 * - A page that a name server led here (DNS rebinding) names itself in `Host`: only addresses, localhost and the public
 *   name are answered.
 * - What belongs to the app (`/seedbed.json`, `/pair`) is for its own pages.
 * - WebSockets are for pages of any seedbox, as peers authenticate each other; but a front that only this machine can
 *   reach keeps to pages of this machine, or any site could find out who is at home here.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Whether the front answers to this `Host`. */
export function isKnownHost (host: string | undefined, publicUrl: URL | null): boolean {
  const url = host === undefined ? null : urlOf(`http://${host}`)
  if (url === null || url.host === '' || url.pathname !== '/' || url.username !== '' || url.search !== '' || url.hash !== '') return false
  return isAddress(url.hostname) || isLocalhost(url.hostname) || url.hostname === publicUrl?.hostname
}

/** Whether a page of the front itself asks, or no page. */
export function isOwnPage ({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return origin === undefined || (host !== undefined && urlOf(origin)?.host === urlOf(`http://${host}`)?.host)
}

/** Whether a page of this origin, or no page, may open a WebSocket. */
export function mayOpenSocket (origin: string | undefined, isMachineOnly: boolean): boolean {
  if (origin === undefined || !isMachineOnly) return true
  const url = urlOf(origin)
  return url !== null && isLoopback(url.hostname)
}

/** Whether only this machine reaches an address that a server binds. */
export function isLoopback (hostname: string): boolean {
  return isLocalhost(hostname) || hostname === '[::1]' || hostname === '::1' || (isIP(hostname) === 4 && hostname.startsWith('127.'))
}

function isLocalhost (hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') // never asked of a name server (RFC 6761, 6.3)
}

function isAddress (hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0
}

function urlOf (text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}
