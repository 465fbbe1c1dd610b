// Keeps trying the peers that were given by address, with growing pauses, while they are not connected.
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DIAL_TIMEOUT_MS, REDIAL_FIRST_MS, REDIAL_LAST_MS } from '../limits.ts'
import type { Logger } from '../options.ts'

export interface Redial {
  add (address: Multiaddr): void
  close (): void
}

interface Target {
  readonly address: Multiaddr
  /** Who answered there last; an address need not name its peer. */
  peer: PeerId | null
  pauseMs: number
}

export function createRedial (libp2p: Libp2p, logger: Logger): Redial {
  const closing = new AbortController()
  const timers = new Set<NodeJS.Timeout>()

  function later (target: Target): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      void attempt(target)
    }, target.pauseMs)
    timer.unref()
    timers.add(timer)
  }

  async function attempt (target: Target): Promise<void> {
    if (target.peer === null || libp2p.getConnections(target.peer).length === 0) {
      try {
        const connection = await libp2p.dial(target.address, { signal: AbortSignal.any([closing.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
        target.peer = connection.remotePeer
        target.pauseMs = REDIAL_FIRST_MS
        logger.info(`connected to ${target.address.toString()}`)
      } catch (error) {
        if (closing.signal.aborted) return
        target.pauseMs = Math.min(target.pauseMs * 2, REDIAL_LAST_MS)
        logger.info(`${target.address.toString()} cannot be reached; next try in ${Math.round(target.pauseMs / 1000)} s`, error)
      }
    }
    if (!closing.signal.aborted) later(target)
  }

  return {
    add (address) { void attempt({ address, peer: null, pauseMs: REDIAL_FIRST_MS }) },
    close () {
      closing.abort()
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    }
  }
}
