// Keeps trying the peers that were given by address, with growing pauses, while they are not connected.
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { backgroundTimer } from '../background-timer.ts'
import { DIAL_TIMEOUT_MS, REDIAL_FIRST_MS, REDIAL_LAST_MS } from '../limits.ts'
import type { Logger } from '../options.ts'

export interface Redial {
  /** An address that is tried already stays one. */
  add (address: Multiaddr): void
  /** Ends the tries; a connection stays. */
  remove (address: Multiaddr): void
  /** Tries whoever is not connected at once, and with short pauses again: the network came back. */
  now (): void
  close (): void
}

interface Target {
  readonly address: Multiaddr
  /** Who answered there last; an address need not name its peer. */
  peer: PeerId | null
  pauseMs: number
  /** Null while it is dialled. */
  timer: NodeJS.Timeout | null
}

export function createRedial (libp2p: Libp2p, logger: Logger): Redial {
  const closing = new AbortController()
  const targets = new Map<string, Target>()

  async function attempt (target: Target): Promise<void> {
    target.timer = null
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
    if (!closing.signal.aborted && targets.get(target.address.toString()) === target) target.timer = backgroundTimer(() => { void attempt(target) }, target.pauseMs)
  }

  return {
    add (address) {
      const key = address.toString()
      if (targets.has(key)) return
      const target: Target = { address, peer: null, pauseMs: REDIAL_FIRST_MS, timer: null }
      targets.set(key, target)
      void attempt(target)
    },
    remove (address) {
      const target = targets.get(address.toString())
      if (target === undefined) return
      targets.delete(address.toString())
      if (target.timer !== null) clearTimeout(target.timer)
    },
    now () {
      for (const target of targets.values()) {
        target.pauseMs = REDIAL_FIRST_MS
        if (target.timer === null) continue
        clearTimeout(target.timer)
        void attempt(target)
      }
    },
    close () {
      closing.abort()
      for (const { timer } of targets.values()) if (timer !== null) clearTimeout(timer)
      targets.clear()
    }
  }
}
