// Where the front listens, as the command line says it, and where others find it.
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { PREFERRED_PORT } from './limits.ts'

export interface FrontAddress {
  /** IP address to bind. */
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
  /** No port was asked for: where this one is in use, any other does. */
  readonly orFree: boolean
}

/** `127.0.0.1:8700`, `[::1]:8700`, `localhost`; null for anything else. */
export function parseFrontAddress (text: string): FrontAddress | null {
  const [, bracketed, plain, digits] = /^(?:\[([\da-f:.]+)\]|([^:]+))(?::(\d{1,5}))?$/i.exec(text) ?? []
  const host = bracketed ?? (plain === 'localhost' ? '127.0.0.1' : plain)
  const port = digits === undefined ? PREFERRED_PORT : Number(digits)
  if (host === undefined || isIP(host) !== (bracketed === undefined ? 4 : 6) || port > 65_535) return null
  return { host, port, orFree: digits === undefined }
}

/** `https://box.example`, without a path; null for anything else. */
export function parsePublicUrl (text: string): URL | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  const isPlain = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return isPlain && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null
}

export interface Bound { readonly host: string, readonly port: number, readonly publicUrl: URL | null }

/** What a browser opens, ending in `/`. */
export function pageUrl ({ host, port, publicUrl }: Bound): string {
  if (publicUrl !== null) return publicUrl.href
  const name = isUnspecified(host) ? '127.0.0.1' : isIP(host) === 6 ? `[${host}]` : host
  return new URL(`http://${name}:${port}/`).href
}

/** Multiaddrs of the WebSocket at `/`, without the peer. */
export function announcedAddresses ({ host, port, publicUrl }: Bound, interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string[] {
  if (publicUrl === null) {
    const hosts = isUnspecified(host)
      ? Object.values(interfaces).flatMap(addresses => addresses ?? []).filter(({ family, address }) => (family === 'IPv4' || host === '::') && !/^fe80:/i.test(address)).map(({ address }) => address)
      : [host]
    return hosts.map(host => `/ip${isIP(host)}/${host}/tcp/${port}/ws`)
  }
  const { protocol, hostname } = publicUrl
  const name = hostname.replace(/^\[(.*)\]$/, '$1')
  const isSecure = protocol === 'https:'
  const publicPort = publicUrl.port === '' ? (isSecure ? 443 : 80) : Number(publicUrl.port)
  return [`/${isIP(name) === 0 ? 'dns4' : `ip${isIP(name)}`}/${name}/tcp/${publicPort}/${isSecure ? 'tls/ws' : 'ws'}`]
}

function isUnspecified (host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
