// The control API's client: is a peer running here, and what does it answer?
import { request as httpRequest } from 'node:http'
import { SeedbedError, SeedbedErrorCode } from '@seedbed/core'
import type { JsonDocument } from '../command.ts'
import { errorOf } from '../failure.ts'
import { CONTROL_PING_TIMEOUT_MS, MAX_RESPONSE_BYTES } from '../limits.ts'
import { readControlFile, type ControlAddress } from './control-file.ts'
import type { ControlRequest } from './server.ts'

export interface RunningPeer {
  /** Errors: what the command failed with; CLOSED when the peer stopped before it answered. */
  execute (request: ControlRequest, signal: AbortSignal): Promise<JsonDocument>
}

/**
 * The peer that runs on this data folder, null when none does: no control file, one that is none, or a stale one
 * (its process is gone, nothing listens at the port, or something else does).
 */
export async function findRunningPeer (dataDir: string, signal: AbortSignal): Promise<RunningPeer | null> {
  const address = await readControlFile(dataDir)
  if (address === null || !processLives(address.pid)) return null
  try {
    const { status, document } = await call(address, 'GET', '/v1/ping', null, AbortSignal.any([signal, AbortSignal.timeout(CONTROL_PING_TIMEOUT_MS)]))
    if (status !== 200 || document['pid'] !== address.pid) return null
  } catch {
    signal.throwIfAborted()
    return null
  }
  return { execute: async (request, signal) => await execute(address, request, signal) }
}

async function execute (address: ControlAddress, { command, args, text }: ControlRequest, signal: AbortSignal): Promise<JsonDocument> {
  const body = JSON.stringify({ command, args, ...(text === undefined ? {} : { text: Buffer.from(text).toString('base64') }) })
  let document: Readonly<Record<string, unknown>>
  try {
    ({ document } = await call(address, 'POST', '/v1/command', body, signal))
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof SeedbedError) throw cause
    throw new SeedbedError('CLOSED', 'The running peer stopped before it answered; look whether the command took effect before you repeat it.', { cause })
  }
  const { result, error } = document
  if (typeof result === 'object' && result !== null) return result as JsonDocument
  const { code, message } = (error ?? {}) as { code?: unknown, message?: unknown }
  const known = typeof code === 'string' && Object.hasOwn(SeedbedErrorCode, code)
  throw errorOf({ code: known ? code as SeedbedErrorCode : 'INTERNAL', message: typeof message === 'string' ? message : 'The running peer gave no answer that this release knows.' })
}

async function call ({ port, token }: ControlAddress, method: string, path: string, body: string | null, signal: AbortSignal): Promise<{ status: number, document: Readonly<Record<string, unknown>> }> {
  const [status, bytes] = await new Promise<[number, Buffer]>((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1', port, method, path, signal, agent: false,
      headers: { authorization: `Bearer ${token}`, ...(body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) }
    }, response => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length <= MAX_RESPONSE_BYTES) chunks.push(chunk)
        else request.destroy(new SeedbedError('INTERNAL', 'The answer is too large; ask for less.'))
      })
      response.on('error', reject)
      response.on('end', () => { resolve([response.statusCode ?? 0, Buffer.concat(chunks)]) })
    })
    request.on('error', reject)
    request.end(body ?? undefined)
  })
  const document: unknown = JSON.parse(bytes.toString('utf8'))
  if (typeof document !== 'object' || document === null) throw new SyntaxError('not an object')
  return { status, document: document as Record<string, unknown> }
}

function processLives (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // alive, but another user's
  }
}
