// Dials the peers of the address book that share a community, a few at once and with growing pauses, until enough of
// them are connected; and again when connections are lost.
import type { CommunityAddress } from '@seedbed/crdt-index'
import { backgroundTimer } from '../background-timer.ts'
import { BOOK_DIALS, BOOK_REDIAL_LAST_MS, ENOUGH_BOOK_PEERS, REDIAL_FIRST_MS } from '../limits.ts'
import type { AddressBook, BookPeer } from './address-book.ts'
import { AddressScope, formatPeerAddress, parsePeerAddress } from './peer-address.ts'

export interface BookDiallerOptions {
  readonly book: AddressBook
  /** Communities that this peer takes part in now. */
  joined (): readonly CommunityAddress[]
  isConnected (peer: string): boolean
  /** Whether this peer listens on loopback; only then does a loopback address mean anything. */
  listensOnLoopback (): boolean
  /** Addresses of one peer, each ending in /p2p/ID. */
  dial (addresses: readonly string[], signal: AbortSignal): Promise<unknown>
  /** Milliseconds of a clock that only goes forward. Default performance.now. */
  readonly nowMs?: () => number
}

export interface BookDialler {
  /** Looks again whom to dial: at the start, and whenever the book, the communities or the connections changed. */
  look (): void
  close (): void
}

interface Attempts { pauseMs: number, dueMs: number, dialling: boolean }

export function createBookDialler ({ book, joined, isConnected, listensOnLoopback, dial, nowMs = () => performance.now() }: BookDiallerOptions): BookDialler {
  const closing = new AbortController()
  const attempts = new Map<string, Attempts>()
  let timer: NodeJS.Timeout | null = null
  let dialling = 0

  function look (): void {
    if (closing.signal.aborted) return
    if (timer !== null) clearTimeout(timer)
    timer = null
    const communities = new Set(joined())
    const loopback = listensOnLoopback()
    const peers = book.peers().filter(peer => peer.communities.some(community => communities.has(community)))
    for (const peer of attempts.keys()) if (!peers.some(known => known.peer === peer)) attempts.delete(peer)
    let connected = peers.filter(({ peer }) => isConnected(peer)).length
    let nextMs = Infinity
    for (const peer of peers) {
      if (connected + dialling >= ENOUGH_BOOK_PEERS) return // a lost connection brings us back here
      if (isConnected(peer.peer)) continue
      const addresses = addressesOf(peer, loopback)
      const state = attempts.get(peer.peer) ?? { pauseMs: REDIAL_FIRST_MS, dueMs: 0, dialling: false }
      if (addresses.length === 0 || state.dialling) continue
      if (state.dueMs <= nowMs() && dialling < BOOK_DIALS) void attempt(peer.peer, addresses, state)
      else nextMs = Math.min(nextMs, state.dueMs)
    }
    if (nextMs === Infinity || dialling >= BOOK_DIALS) return // the end of a dial brings us back here
    timer = backgroundTimer(look, Math.max(0, nextMs - nowMs()))
  }

  async function attempt (peer: string, addresses: readonly string[], state: Attempts): Promise<void> {
    attempts.set(peer, state)
    state.dialling = true
    dialling++
    try {
      await dial(addresses, closing.signal)
      state.pauseMs = REDIAL_FIRST_MS
    } catch { // peers come and go
      state.pauseMs = Math.min(state.pauseMs * 2, BOOK_REDIAL_LAST_MS)
    }
    dialling--
    state.dialling = false
    state.dueMs = nowMs() + state.pauseMs
    look()
  }

  return {
    look,
    close () {
      closing.abort()
      if (timer !== null) clearTimeout(timer)
    }
  }
}

function addressesOf ({ peer, addresses }: BookPeer, loopback: boolean): string[] {
  return addresses.flatMap(({ address }) => {
    const parsed = parsePeerAddress(address, peer)
    return parsed === null || (parsed.scope === AddressScope.machine && !loopback) ? [] : formatPeerAddress(parsed)
  })
}
