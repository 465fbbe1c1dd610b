// Limits for each remote address, in one place.
import { BURST_REQUESTS, BURST_UPGRADES, FORGET_INTERVAL_MS, MAX_CONNECTIONS_PER_ADDRESS, REQUESTS_PER_SECOND, UPGRADES_PER_SECOND } from '../limits.ts'
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts'
import { customerOf } from './remote-address.ts'

export interface Visitors {
  /** Addresses that something is remembered of. */
  readonly size: number
  /** Counts a connection; null when the address has too many, otherwise the function that counts it off. */
  enter (address: string): (() => void) | null
  /** Whether one more request may be answered now. */
  mayRequest (address: string): boolean
  /** Whether one more WebSocket handshake may begin now. */
  mayUpgrade (address: string): boolean
  /** Forgets who is not connected and did little lately; done every half minute. */
  forget (): void
  close (): void
}

export interface VisitorLimits {
  readonly maxConnectionsPerAddress?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

interface Visitor { connections: number, readonly requests: TokenBucket, readonly upgrades: TokenBucket }

export function createVisitors ({ maxConnectionsPerAddress = MAX_CONNECTIONS_PER_ADDRESS, now }: VisitorLimits = {}): Visitors {
  const visitors = new Map<string, Visitor>()
  const visitor = (address: string): Visitor => {
    const customer = customerOf(address)
    const known = visitors.get(customer)
    if (known !== undefined) return known
    const fresh = { connections: 0, requests: createTokenBucket(REQUESTS_PER_SECOND, BURST_REQUESTS, now), upgrades: createTokenBucket(UPGRADES_PER_SECOND, BURST_UPGRADES, now) }
    visitors.set(customer, fresh)
    return fresh
  }
  const forget = (): void => {
    for (const [customer, { connections, requests, upgrades }] of visitors) {
      if (connections === 0 && requests.isFull() && upgrades.isFull()) visitors.delete(customer)
    }
  }
  const timer = setInterval(forget, FORGET_INTERVAL_MS).unref()

  return {
    get size () { return visitors.size },
    enter (address) {
      const who = visitor(address)
      if (who.connections >= maxConnectionsPerAddress) return null
      who.connections++
      let left = false
      return () => {
        if (left) return
        left = true
        who.connections--
      }
    },
    mayRequest: address => visitor(address).requests.take(),
    mayUpgrade: address => visitor(address).upgrades.take(),
    forget,
    close () { clearInterval(timer) }
  }
}
