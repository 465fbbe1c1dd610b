/**
 * The HTTP front of a seedbox: one port that gives a browser everything it needs to be a peer.
 *
 *     GET  /…             the web app; every route of its own is its one page
 *     GET  /seedbed.json  {"version": 1, "peerId": "…"}   whom to dial here; 503 while the peer starts
 *     POST /pair          makes a page the author: ../pairing/pairing.ts
 *     WebSocket /         libp2p: /ip4/HOST/tcp/PORT/ws/p2p/ID
 *     WebSocket /tracker  a WebTorrent tracker
 *     WebSocket /signal   the signalling of y-webrtc
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { SeedbedError } from '@seedbed/core'
import { ANSWER_TIMEOUT_MS, KEEP_ALIVE_MS, MAX_CONNECTIONS, MAX_HEADER_BYTES, MAX_PAIRING_BYTES, REQUEST_CHECK_INTERVAL_MS, REQUEST_TIMEOUT_MS } from '../limits.ts'
import type { Pairing } from '../pairing/pairing.ts'
import { createSignalling } from '../signalling.ts'
import { createTracker } from '../tracker/tracker.ts'
import { isKnownHost, isLoopback, isOwnPage, mayOpenSocket } from './access.ts'
import { customerOf, forwardedFor } from './remote-address.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { createStaticFiles } from './static-files.ts'
import { pipeUpgrade } from './pipe.ts'
import { createVisitors, type VisitorLimits } from './visitors.ts'

/** Where the front offers what; told to peers that ask. */
export const TRACKER_PATH: string = '/tracker'
export const SIGNALLING_PATH: string = '/signal'

export interface FrontOptions {
  /** Address to bind. */
  readonly host: string
  /** Port to bind; 0 for a free one. With `orFree` another one is taken where it is in use. */
  readonly port: number
  readonly orFree?: boolean
  /** Folder of the built web app. */
  readonly webFolder: string
  /** Where browsers find it behind a proxy. Default null. */
  readonly publicUrl?: URL | null
  /** Whether a proxy of ours stands before it and names the remote address in X-Forwarded-For. Default false. */
  readonly behindProxy?: boolean
  readonly pairing: Pairing
  readonly limits?: VisitorLimits
  /** Time for a request to arrive, in milliseconds. Default 10,000. */
  readonly requestTimeoutMs?: number
}

/** The peer behind the front. */
export interface FrontedPeer {
  readonly peerId: string
  /** Port of its WebSocket listener on 127.0.0.1. */
  readonly webSocketPort: number
}

export interface Front {
  /** The port it is bound to. */
  readonly port: number
  /** Lets browsers in. */
  setPeer (peer: FrontedPeer): void
  /** Ends every connection; may be called twice. */
  close (): Promise<void>
}

/** Listens when it resolves. Errors: NETWORK_FAILED. */
export async function createFront (options: FrontOptions): Promise<Front> {
  const { publicUrl = null, behindProxy = false, pairing, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  const isMachineOnly = publicUrl === null && isLoopback(options.host)
  const files = createStaticFiles(options.webFolder)
  const visitors = createVisitors(options.limits)
  const signalling = createSignalling()
  const tracker = createTracker()
  const sockets = new Set<Duplex>()
  let peer: FrontedPeer | null = null

  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: requestTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(REQUEST_CHECK_INTERVAL_MS, requestTimeoutMs), noDelay: true,
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket'
  }, (request, response) => {
    respond(request, response).catch(() => { response.destroy() })
  })
  server.setTimeout(ANSWER_TIMEOUT_MS)
  server.maxHeadersCount = 100
  server.maxConnections = MAX_CONNECTIONS
  server.on('connection', (socket: Socket) => {
    // Behind a proxy all come from one address; there they are counted where the proxy says for whom.
    const leave = behindProxy ? () => {} : visitors.enter(socket.remoteAddress ?? '')
    if (leave === null) return void socket.destroy()
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      leave()
    })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => { socket.destroy() })
    ;(socket as Socket).setTimeout(0)
    const address = addressOf(request)
    const refusal = refuseUpgrade(request, address)
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy())
    const leave = behindProxy ? visitors.enter(address) : () => {}
    if (leave === null) return void socket.destroy()
    socket.once('close', leave)
    const upgrade = { request, socket, head, address: customerOf(address) }
    const pathname = pathOf(request)
    if (pathname === TRACKER_PATH) tracker.upgrade(upgrade)
    else if (pathname === SIGNALLING_PATH) signalling.upgrade(upgrade)
    else if (peer !== null) pipeUpgrade(upgrade, peer.webSocketPort)
  })

  const addressOf = (request: IncomingMessage): string => behindProxy ? forwardedFor(request) : request.socket.remoteAddress ?? ''

  function refuseUpgrade (request: IncomingMessage, address: string): string | null {
    if (!visitors.mayUpgrade(address)) return '429 Too Many Requests'
    if (!isKnownHost(request.headers.host, publicUrl)) return '421 Misdirected Request'
    if (!mayOpenSocket(request.headers.origin, isMachineOnly)) return '403 Forbidden'
    const pathname = pathOf(request)
    if (![TRACKER_PATH, SIGNALLING_PATH, '/'].includes(pathname ?? '')) return '404 Not Found'
    return pathname === '/' && peer === null ? '503 Service Unavailable' : null
  }

  async function respond (request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    if (publicUrl?.protocol === 'https:') response.setHeader('strict-transport-security', 'max-age=31536000')
    const pathname = pathOf(request)
    const pairs = request.method === 'POST' && pathname === '/pair'
    // Whoever sends what nobody asked for has it left unread.
    if (!pairs && (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined)) return text(response, 413, 'No body is read here.', { connection: 'close' })
    if (!visitors.mayRequest(addressOf(request))) return text(response, 429, 'Too many requests.', { connection: 'close' })
    if (!isKnownHost(request.headers.host, publicUrl)) return text(response, 421, 'This name is not the seedbox\'s.', { connection: 'close' })
    if (pathname === null) return text(response, 400, 'This is no path.')
    if (pairs) return await pair(request, response)
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(response, 405, 'Only GET and HEAD are answered here.', { allow: 'GET, HEAD' })
    if (pathname === '/seedbed.json') return about(request, response)
    await sendFile(request, response, pathname)
  }

  function about (request: IncomingMessage, response: ServerResponse): void {
    if (!isOwnPage(request.headers)) return text(response, 403, 'This is for the seedbox\'s own pages.')
    if (peer === null) return text(response, 503, 'The peer is starting.', { 'retry-after': '1' })
    json(response, { version: 1, peerId: peer.peerId })
  }

  async function pair (request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnPage(request.headers) || request.headers['content-type'] !== 'application/json') return text(response, 403, 'This is for the seedbox\'s own pages.', { connection: 'close' })
    const token = await readToken(request)
    if (token === null) return text(response, 400, 'This is no pairing request.', { connection: 'close' })
    const sealed = await pairing.redeem(token)
    if (sealed === null) return text(response, 403, 'This secret was used before, is too old or never was one.')
    json(response, { sealed })
  }

  async function sendFile (request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const isPage = request.headers.accept?.includes('text/html') === true && !/\.\w+$/.test(pathname)
    const file = await files.get(pathname) ?? (isPage ? await files.get('/') : null)
    if (file === null && (isPage || pathname === '/')) return text(response, 503, 'The web app is not built yet. In the source tree, "npx -y pnpm@12 start" builds it.', { 'retry-after': '5' })
    if (file === null) return text(response, 404, 'There is no such file.')
    response.setHeader('etag', file.etag)
    response.setHeader('cache-control', file.cacheControl)
    response.setHeader('vary', 'accept-encoding')
    if (request.headers['if-none-match']?.split(',').some(etag => etag.trim().replace(/^W\//, '') === file.etag) === true) return void response.writeHead(304).end()
    const gzipped = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '') ? file.gzipped : null
    if (gzipped !== null) response.setHeader('content-encoding', 'gzip')
    const bytes = gzipped ?? file.bytes
    response.writeHead(200, { 'content-type': file.contentType, 'content-length': bytes.length })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }

  let closed: Promise<void> | null = null
  async function close (): Promise<void> {
    const stopped = new Promise<void>(resolve => { server.close(() => { resolve() }) })
    signalling.close()
    tracker.close()
    visitors.close()
    for (const socket of sockets) socket.destroy()
    await stopped
  }

  const port = await listen(options)
  return {
    port,
    setPeer (given) { peer = given },
    close: async () => { await (closed ??= close()) }
  }

  async function listen ({ host, port, orFree = false }: FrontOptions): Promise<number> {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException
      if (orFree && code === 'EADDRINUSE') return await listen({ ...options, port: 0, orFree: false })
      await close()
      throw new SeedbedError('NETWORK_FAILED', `HTTP cannot listen on ${host}:${port} (${code ?? message}); choose another address with --http.`, { cause })
    }
    return (server.address() as AddressInfo).port
  }
}

/** The path without its query; null when it is not one. */
function pathOf ({ url = '' }: IncomingMessage): string | null {
  return url.startsWith('/') && !url.startsWith('//') ? url.split(/[?#]/, 1)[0] ?? null : null
}

/** Null for anything but `{"token": "…"}`. */
async function readToken (request: IncomingMessage): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_PAIRING_BYTES) return null
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : null
    return typeof token === 'string' ? token : null
  } catch {
    return null
  }
}

function json (response: ServerResponse, document: Readonly<Record<string, unknown>>): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(document))
}

function text (response: ServerResponse, status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers })
  response.end(`${message}\n`)
}
