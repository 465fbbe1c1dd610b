import { lookup } from 'node:dns/promises'
import { isIP, isIPv6 } from 'node:net'
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import { candidateId, type TcpCandidateOptions } from './tcp-candidate.ts'
import { openUtpPort } from './utp/port.ts'

/** A BitTorrent peer at a UDP address, dialled over uTP (BEP 29): for peers that listen for nothing else. */
export function utpCandidate (host: string, port: number, options: TcpCandidateOptions = {}): FetchCandidate {
  const { id = candidateId(host, port), encrypt = false } = options
  return { id, encrypt, open: async ({ signal }) => await connected(host, port, signal) }
}

async function connected (host: string, port: number, signal: AbortSignal): Promise<ByteDuplex> {
  signal.throwIfAborted()
  const address = isIP(host) === 0 ? (await lookup(host)).address : host
  const local = await openUtpPort({ host: isIPv6(address) ? '::' : '0.0.0.0', ipv6Only: true, port: 0 })
  return await new Promise((resolve, reject) => {
    const socket = local.connect(address, port)
    void socket.over.then(async () => { await local.close() })
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
    socket.once('error', onError)
    socket.once('connect', () => {
      done()
      resolve(socket)
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort() // while the port was opened
  })
}
