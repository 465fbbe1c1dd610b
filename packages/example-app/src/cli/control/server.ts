/**
 * The control API of a running peer, on 127.0.0.1 at a free port:
 *
 *     GET  /v1/ping                                          -> {"pid": 1234}
 *     POST /v1/command {"command", "args", "text"?: base64}  -> {"result": …} | {"error": {"code", "message"}}
 *
 * Every request needs `Authorization: Bearer TOKEN`. A web page cannot reach it: the token is in a file, a foreign
 * `Host` (DNS rebinding) or any `Origin` is refused, and the content type forces a preflight that nothing answers.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SeedbedError } from '@seedbed/core'
import type { JsonDocument } from '../command.ts'
import { failureOf, usage } from '../failure.ts'
import { CONTROL_REQUEST_TIMEOUT_MS, MAX_CONTROL_CONNECTIONS, MAX_REQUEST_BYTES } from '../limits.ts'
import type { ControlAddress } from './control-file.ts'

export interface ControlRequest {
  readonly command: string
  readonly args: Readonly<Record<string, unknown>>
  readonly text?: Uint8Array
}

export interface ControlServer {
  readonly address: ControlAddress
  /** Stops listening, aborts what is under way and waits until it has ended; may be called twice. */
  close (): Promise<void>
}

export interface ControlServerOptions {
  /** Carries a command out; `signal` aborts when the client goes away or the server closes. */
  readonly execute: (request: ControlRequest, signal: AbortSignal) => Promise<JsonDocument>
  readonly startedAt: string
}

/** Errors: NETWORK_FAILED. */
export async function createControlServer ({ execute, startedAt }: ControlServerOptions): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url')
  const closing = new AbortController()
  const running = new Set<Promise<void>>()
  const server = createServer({ maxHeaderSize: 8192, headersTimeout: CONTROL_REQUEST_TIMEOUT_MS, requestTimeout: CONTROL_REQUEST_TIMEOUT_MS }, (request, response) => {
    const work = respond(request, response).catch(error => { response.destroy(error as Error) })
    running.add(work)
    void work.finally(() => running.delete(work))
  })
  server.maxConnections = MAX_CONTROL_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => { reject(new SeedbedError('NETWORK_FAILED', `The control API cannot listen on 127.0.0.1 (${cause.message}).`, { cause })) })
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  async function respond (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refuse(request, port, token)
    if (refusal !== null) return answer(response, refusal.status, { error: { code: 'USAGE', message: refusal.message } })
    if (request.method === 'GET' && request.url === '/v1/ping') return answer(response, 200, { pid: process.pid })
    if (request.method !== 'POST' || request.url !== '/v1/command') return answer(response, 404, { error: { code: 'USAGE', message: 'There is no such path.' } })
    const gone = new AbortController()
    response.once('close', () => { gone.abort(new SeedbedError('ABORTED', 'The client went away.')) })
    try {
      const result = await execute(await readRequest(request), AbortSignal.any([gone.signal, closing.signal]))
      answer(response, 200, { result })
    } catch (error) {
      const failure = failureOf(error)
      answer(response, 400, { error: { code: failure.code, message: failure.message } })
    }
  }

  let closed: Promise<void> | null = null
  async function close (): Promise<void> {
    const stopped = new Promise<void>(resolve => { server.close(() => { resolve() }) })
    closing.abort(new SeedbedError('CLOSED', 'The peer is stopping.'))
    await Promise.allSettled(running)
    server.closeAllConnections()
    await stopped
  }
  return {
    address: { pid: process.pid, port, token, startedAt },
    close: async () => { await (closed ??= close()) }
  }
}

function refuse ({ headers }: IncomingMessage, port: number, token: string): { status: number, message: string } | null {
  if (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`) return { status: 403, message: 'This host name is not the control API\'s.' }
  if (headers.origin !== undefined) return { status: 403, message: 'Web pages may not use the control API.' }
  if (!equal(headers.authorization ?? '', `Bearer ${token}`)) return { status: 401, message: 'The token is missing or wrong.' }
  return null
}

/** Compares digests, so that time tells nothing about the token. */
function equal (given: string, expected: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

async function readRequest (request: IncomingMessage): Promise<ControlRequest> {
  if (request.headers['content-type'] !== 'application/json') throw usage('The control API takes application/json.')
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_REQUEST_BYTES) throw usage(`A request has at most ${MAX_REQUEST_BYTES} bytes.`)
    chunks.push(chunk)
  }
  let body: unknown
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw usage('The request is not JSON.')
  }
  if (typeof body !== 'object' || body === null) throw usage('The request is not an object.')
  const { command, args = {}, text } = body as Record<string, unknown>
  if (typeof command !== 'string' || typeof args !== 'object' || args === null || Array.isArray(args)) throw usage('The request needs a command and its arguments.')
  if (text !== undefined && typeof text !== 'string') throw usage('The request\'s text is not base64.')
  return { command, args: args as Record<string, unknown>, ...(text === undefined ? {} : { text: new Uint8Array(Buffer.from(text, 'base64')) }) }
}

function answer (response: ServerResponse, status: number, document: JsonDocument): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' })
  response.end(JSON.stringify(document))
}
