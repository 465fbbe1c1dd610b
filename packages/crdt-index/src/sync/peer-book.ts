import { FAULT_BACKOFF_MS, INBOUND_BURST, INBOUND_REFILL_MS, MAX_FAULT_BACKOFF_MS, REFUSAL_BURST, SALT_BURST, SALT_REFILL_MS, SALT_TOTAL_BURST, SALT_TOTAL_REFILL_MS, SILENCE_BACKOFF_MS } from '../limits.ts'
import type { Clock } from '../model.ts'

/**
 * `good`: the last session came to its end. `suspect`: it was blamed, and no session came to its end since.
 * `unknown`: neither yet.
 */
export type Standing = 'good' | 'unknown' | 'suspect'

/** What is remembered of peers across sessions, by name; bounded by forgetting the longest untouched. */
export interface PeerBook {
  /** Takes one channel from the peer's inbound allowance (a token bucket); false when it is used up. */
  allow (peer: string): boolean
  /** The same for channels that are refused: who goes on when this is used up as well is flooding. */
  allowRefusal (peer: string): boolean
  /** The same for salted repeats of a reconciliation, which cost a hash an item; of all peers together too. */
  allowSalt (peer: string): boolean
  /** The peer broke the protocol, or was silent: it is left alone for FAULT_BACKOFF_MS or SILENCE_BACKOFF_MS, doubling up to half an hour. */
  blame (peer: string, what: 'fault' | 'silence'): void
  isBlamed (peer: string): boolean
  /** When a blamed peer is asked again; null for one that is not blamed. */
  againMs (peer: string): number | null
  /** A session came to its end. */
  forgive (peer: string): void
  standing (peer: string): Standing
}

const MAX_PEERS = 10_000
/** No peer's name. */
const EVERYBODY = ''
interface Bucket { readonly tokens: number, readonly atMs: number }

export function createPeerBook (clock: Clock): PeerBook {
  const channels = new Map<string, Bucket>()
  const refusals = new Map<string, Bucket>()
  const salts = new Map<string, Bucket>()
  const blamed = new Map<string, { untilMs: number, backoffMs: number }>()
  const good = new Map<string, true>()
  const touch = <Value>(map: Map<string, Value>, peer: string, value: Value): void => {
    map.delete(peer)
    map.set(peer, value)
    for (const oldest of map.keys()) {
      if (map.size <= MAX_PEERS) break
      map.delete(oldest)
    }
  }
  const takeToken = (buckets: Map<string, Bucket>, peer: string, burst: number, refillMs: number): boolean => {
    const { tokens, atMs } = buckets.get(peer) ?? { tokens: burst, atMs: clock() }
    const filled = Math.min(burst, tokens + Math.max(0, clock() - atMs) / refillMs)
    touch(buckets, peer, { tokens: filled < 1 ? filled : filled - 1, atMs: clock() })
    return filled >= 1
  }
  const isBlamed = (peer: string): boolean => (blamed.get(peer)?.untilMs ?? -Infinity) > clock()
  return {
    allow: peer => takeToken(channels, peer, INBOUND_BURST, INBOUND_REFILL_MS),
    allowRefusal: peer => takeToken(refusals, peer, REFUSAL_BURST, INBOUND_REFILL_MS),
    allowSalt: peer => takeToken(salts, peer, SALT_BURST, SALT_REFILL_MS) && takeToken(salts, EVERYBODY, SALT_TOTAL_BURST, SALT_TOTAL_REFILL_MS),
    blame (peer, what) {
      good.delete(peer)
      if (what === 'silence' && isBlamed(peer)) return // sessions of several communities that met the same silence
      const leastMs = what === 'fault' ? FAULT_BACKOFF_MS : SILENCE_BACKOFF_MS
      const backoffMs = Math.min(Math.max(leastMs, (blamed.get(peer)?.backoffMs ?? 0) * 2), MAX_FAULT_BACKOFF_MS)
      touch(blamed, peer, { untilMs: clock() + backoffMs, backoffMs })
    },
    isBlamed,
    againMs: peer => isBlamed(peer) ? blamed.get(peer)?.untilMs ?? null : null,
    forgive (peer) {
      if (isBlamed(peer)) return
      blamed.delete(peer)
      touch(good, peer, true)
    },
    standing: peer => blamed.has(peer) ? 'suspect' : good.has(peer) ? 'good' : 'unknown'
  }
}
