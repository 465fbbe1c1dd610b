// Peers that gave a body which cannot be one: they are asked after all others for a while. Nobody is banned for it,
// since a peer may be the only one that has the next body.
import type { PeerFault } from '@seedbed/torrent-store'
import { DISTRUST_MS, MAX_DISTRUSTED } from '../limits.ts'

export interface Distrust {
  blame (peer: string): void
  /** Blames those that sent other bytes than the infohash promises. */
  blameFaults (faults: readonly PeerFault[]): void
  isDistrusted (peer: string): boolean
  /** The same peers, distrusted ones last. */
  order (peers: readonly string[]): string[]
}

/** `nowMs`: a clock that never steps back. */
export function createDistrust (nowMs: () => number = () => performance.now()): Distrust {
  const untilMs = new Map<string, number>()

  function isDistrusted (peer: string): boolean {
    const until = untilMs.get(peer)
    if (until === undefined) return false
    if (until > nowMs()) return true
    untilMs.delete(peer)
    return false
  }

  function blame (peer: string): void {
    untilMs.delete(peer)
    untilMs.set(peer, nowMs() + DISTRUST_MS)
    const oldest = untilMs.size > MAX_DISTRUSTED ? untilMs.keys().next().value : undefined
    if (oldest !== undefined) untilMs.delete(oldest)
  }

  return {
    blame,
    blameFaults (faults) {
      for (const { id, reason } of faults) if (reason === 'BAD_BYTES') blame(id)
    },
    isDistrusted,
    order (peers) {
      if (untilMs.size === 0) return [...peers]
      const distrusted = peers.filter(isDistrusted)
      return distrusted.length === 0 ? [...peers] : [...peers.filter(peer => !distrusted.includes(peer)), ...distrusted]
    }
  }
}
