// What several fetches of one store want at the same time is asked for once: whoever asks first asks for all, and a
// body that one of them gets and verifies is given to the others. Who waits for another one's answer may still ask
// somebody else when that other one's peer falls silent, as with peers of its own.
import type { InfoHash } from './torrent-ref.ts'

/** A fetch that wants bodies. */
export interface FetchParty {
  /** A verified body that another party got; the bytes are shared. */
  found (infoHash: InfoHash, body: Uint8Array, from: string): void
  /** No other party asks for it any more. */
  freed (infoHash: InfoHash): void
  /** By performance.now(): the last sign of life of those whom this party asked for it. */
  lastSignMs (infoHash: InfoHash): number
  /** Another party waits for it, which this one asks for. */
  prefer (infoHash: InfoHash): void
}

interface Shared { readonly parties: Set<FetchParty>, readonly asking: Set<FetchParty> }

/** Who wants what, and who asks for it. */
export class SharedFetches {
  readonly #wanted = new Map<InfoHash, Shared>()

  join (infoHash: InfoHash, party: FetchParty): void {
    const shared = this.#wanted.get(infoHash)
    if (shared === undefined) this.#wanted.set(infoHash, { parties: new Set([party]), asking: new Set() })
    else shared.parties.add(party)
  }

  leave (infoHash: InfoHash, party: FetchParty): void {
    const shared = this.#wanted.get(infoHash)
    if (shared === undefined) return
    shared.parties.delete(party)
    if (shared.parties.size === 0) this.#wanted.delete(infoHash)
    this.setAsking(infoHash, party, false, shared)
  }

  setAsking (infoHash: InfoHash, party: FetchParty, asks: boolean, shared: Shared | undefined = this.#wanted.get(infoHash)): void {
    if (shared === undefined) return
    if (asks) shared.asking.add(party)
    else if (shared.asking.delete(party) && shared.asking.size === 0) for (const each of [...shared.parties]) if (each !== party) each.freed(infoHash)
  }

  /** Somebody else who asks for it. */
  asker (infoHash: InfoHash, party: FetchParty): FetchParty | undefined {
    for (const each of this.#wanted.get(infoHash)?.asking ?? []) if (each !== party) return each
    return undefined
  }

  /** Gives a verified body to all but `party`. */
  deliver (infoHash: InfoHash, body: Uint8Array, from: string, party: FetchParty): void {
    const parties = this.#wanted.get(infoHash)?.parties
    if (parties === undefined || parties.size < 2) return
    for (const each of [...parties]) if (each !== party) each.found(infoHash, body, from)
  }
}
