import { connect, type Socket } from 'node:net'
import type { FetchCandidate } from '../hedged-fetch.ts'

export interface TcpCandidateOptions {
  /** Default `host:port`. */
  readonly id?: string
  /** Encrypts the connection (MSE, RC4); `fallback` tries plain first. Default false. */
  readonly encrypt?: boolean | 'fallback'
}

/** A BitTorrent peer at a TCP address, as a candidate to fetch from. */
export function tcpCandidate (host: string, port: number, options: TcpCandidateOptions = {}): FetchCandidate {
  const { id = candidateId(host, port), encrypt = false } = options
  return { id, encrypt, open: async ({ signal }) => await connected(host, port, signal) }
}

/** What a candidate is called unless it has a name. */
export function candidateId (host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

async function connected (host: string, port: number, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    const onAbort = (): void => { socket.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted')) }
    const done = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const onError = (error: Error): void => {
      done()
      socket.on('error', () => {})
      reject(error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', onError)
    socket.once('connect', () => {
      done()
      resolve(socket)
    })
  })
}
