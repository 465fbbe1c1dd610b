// Dials the peers of the address book that share a community, a few at once and with growing pauses, until enough of
// them are connected; and again when connections are lost.
import type { CommunityAddress } from '@seedbed/crdt-index'
import { backgroundTimer } from '../background-timer.ts'
import { BOOK_DIALS, BOOK_REDIAL_LAST_MS, ENOUGH_BOOK_PEERS, HEARSAY_DIALS_BURST, HEARSAY_DIALS_PER_SECOND, REDIAL_FIRST_MS } from '../limits.ts'
import { createRate } from '../rate.ts'
import type { AddressBook, BookPeer } from './address-book.ts'
import { AddressScope, formatPeerAddress, parsePeerAddress } from './peer-address.ts'

export interface BookDiallerOptions {
  readonly book: AddressBook
  /** Communities that this peer takes part in now. */
  joined (): readonly CommunityAddress[]
  /** Directly: a connection through a relay is no more than the way to one. */
  isConnected (peer: string): boolean
  /** Whether this peer listens on loopback; only then does a loopback address mean anything. */
  listensOnLoopback (): boolean
  /** Addresses of one peer, each ending in /p2p/ID. */
  dial (addresses: readonly string[], signal: AbortSignal): Promise<unknown>
  /** Whether this platform has a transport for a multiaddr. Default: for any. */
  canDial? (address: string): boolean
  /** Connected peers that are enough. */
  readonly enough?: number
  /** How long the first dial of a peer waits, because it is about to dial us. Default 0. */
  yieldMs? (peer: string, addresses: readonly string[]): number
  /** Milliseconds of a clock that only goes forward. Default performance.now. */
  readonly nowMs?: () => number
}

export interface BookDialler {
  /** Looks again whom to dial: at the start, and whenever the book, the communities or the connections changed. */
  look (): void
  /** The network came back: nobody has to wait any longer. */
  now (): void
  close (): void
}

interface Attempts { pauseMs: number, dueMs: number, dialling: boolean }

export function createBookDialler ({ book, joined, isConnected, listensOnLoopback, dial, canDial = () => true, enough = ENOUGH_BOOK_PEERS, yieldMs = () => 0, nowMs = () => performance.now() }: BookDiallerOptions): BookDialler {
  const closing = new AbortController()
  const attempts = new Map<string, Attempts>()
  let timer: NodeJS.Timeout | null = null
  let dialling = 0
  /** Whoever names peers to many of us names addresses of his choice: together they must not become a flood there. */
  const mayDialHearsay = createRate(HEARSAY_DIALS_BURST, HEARSAY_DIALS_PER_SECOND, nowMs)

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
      if (connected + dialling >= enough) return // a lost connection brings us back here
      if (isConnected(peer.peer)) continue
      const addresses = addressesOf(peer, loopback).filter(canDial)
      if (addresses.length === 0) continue
      const state = attempts.get(peer.peer) ?? { pauseMs: REDIAL_FIRST_MS, dueMs: nowMs() + yieldMs(peer.peer, addresses), dialling: false }
      attempts.set(peer.peer, state)
      if (state.dialling) continue
      const isDue = state.dueMs <= nowMs() && dialling < BOOK_DIALS
      if (isDue && (wasReached(peer) || mayDialHearsay())) void attempt(addresses, state)
      else nextMs = Math.min(nextMs, isDue ? nowMs() + 1000 / HEARSAY_DIALS_PER_SECOND : state.dueMs)
    }
    if (nextMs === Infinity || dialling >= BOOK_DIALS) return // the end of a dial brings us back here
    timer = backgroundTimer(look, Math.max(0, nextMs - nowMs()))
  }

  async function attempt (addresses: readonly string[], state: Attempts): Promise<void> {
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
    now () {
      for (const state of attempts.values()) [state.pauseMs, state.dueMs] = [REDIAL_FIRST_MS, 0]
      look()
    },
    close () {
      closing.abort()
      if (timer !== null) clearTimeout(timer)
    }
  }
}

function wasReached ({ addresses }: BookPeer): boolean {
  return addresses.some(({ lastSuccessMs }) => lastSuccessMs !== null)
}

function addressesOf ({ peer, addresses }: BookPeer, loopback: boolean): string[] {
  return addresses.flatMap(({ address }) => {
    const parsed = parsePeerAddress(address, peer)
    return parsed === null || (parsed.scope === AddressScope.machine && !loopback) ? [] : formatPeerAddress(parsed)
  })
}
