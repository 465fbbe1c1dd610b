// Keeps trying the peers that were given by address, with growing pauses, while they are not connected.
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DIAL_TIMEOUT_MS, REDIAL_FIRST_MS, REDIAL_LAST_MS } from '../limits.ts'
import type { Logger } from '../options.ts'

export interface Redial {
  add (address: Multiaddr): void
  close (): void
}

export function createRedial (libp2p: Libp2p, logger: Logger): Redial {
  const closing = new AbortController()
  const timers = new Set<NodeJS.Timeout>()

  function later (address: Multiaddr, pauseMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      void attempt(address, pauseMs)
    }, pauseMs)
    timer.unref()
    timers.add(timer)
  }

  async function attempt (address: Multiaddr, pauseMs: number): Promise<void> {
    let nextMs = REDIAL_FIRST_MS
    const text = address.toString()
    const connected = libp2p.getConnections().some(({ remoteAddr, remotePeer }) => text === remoteAddr.toString() || text.endsWith(`/p2p/${remotePeer.toString()}`))
    if (!connected) {
      try {
        await libp2p.dial(address, { signal: AbortSignal.any([closing.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
        logger.info(`connected to ${text}`)
      } catch (error) {
        if (closing.signal.aborted) return
        nextMs = Math.min(pauseMs * 2, REDIAL_LAST_MS)
        logger.info(`${text} cannot be reached; next try in ${Math.round(nextMs / 1000)} s`, error)
      }
    }
    if (!closing.signal.aborted) later(address, nextMs)
  }

  return {
    add (address) { void attempt(address, REDIAL_FIRST_MS / 2) },
    close () {
      closing.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    }
  }
}
