// A stranger at an address, dialled by TCP and, where that does not get through, by uTP: a router that lets nobody in
// over TCP may let in who was written to over UDP. One candidate, one place in a search, two sockets at most.
import type { FetchCandidate } from '../hedged-fetch.ts'
import type { ByteDuplex } from '../wire/byte-duplex.ts'
import { tcpCandidate } from '../wire/tcp-candidate.ts'
import { utpCandidate } from '../wire/utp-candidate.ts'

/** `utpDelayMs`: TCP's head start, and uTP's time once TCP was refused. Plain first, encrypted if the peer hangs up. */
export function peerCandidate (host: string, port: number, utpDelayMs: number): FetchCandidate {
  const [tcp, utp] = [tcpCandidate(host, port), utpCandidate(host, port)]
  return { id: tcp.id, encrypt: 'fallback', open: async ({ signal }) => await firstOpen(tcp, utp, utpDelayMs, signal) }
}

/** The connection that comes first; the other one is destroyed. Rejects as TCP does, or when aborted. */
async function firstOpen (tcp: FetchCandidate, utp: FetchCandidate, utpDelayMs: number, signal: AbortSignal): Promise<ByteDuplex> {
  const decided = new AbortController()
  const either = AbortSignal.any([signal, decided.signal])
  const take = (duplex: ByteDuplex): ByteDuplex => {
    if (decided.signal.aborted) {
      duplex.on('error', () => {}).destroy()
      throw new Error('the other way was faster')
    }
    decided.abort(new Error('the other way was faster'))
    return duplex
  }
  const overTcp = tcp.open({ signal: either }).then(take)
  const refused = overTcp.then(() => false, () => true)
  const overUtp = (async () => {
    const wasRefused = await Promise.race([refused, elapsed(utpDelayMs, either)])
    either.throwIfAborted()
    return take(await utp.open({ signal: wasRefused ? AbortSignal.any([either, AbortSignal.timeout(utpDelayMs)]) : either }))
  })()
  overUtp.catch(() => {})
  try {
    return await Promise.any([overTcp, overUtp])
  } catch {
    return await overTcp // fails, and says why
  }
}

/** Resolves with false after `ms`, or once `signal` aborts. */
async function elapsed (ms: number, signal: AbortSignal): Promise<false> {
  return await new Promise(resolve => {
    const over = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve(false)
    }
    const timer = setTimeout(over, ms)
    signal.addEventListener('abort', over, { once: true })
  })
}
