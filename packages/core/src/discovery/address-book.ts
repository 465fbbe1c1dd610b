// Known peers and where they can be dialled, on disk, so that a peer that starts again finds its communities. It
// never leaves this device.
//
//   address-book : peer id -> JSON { addresses: [[address, last success or null]], communities, heard }, times in ms
import type { CommunityAddress } from '@seedbed/crdt-index'
import type { Level } from 'level'
import { MAX_BOOK_ADDRESSES, MAX_BOOK_COMMUNITIES, MAX_BOOK_PEERS } from '../limits.ts'
import type { Logger } from '../options.ts'
import { parsePeerAddress } from './peer-address.ts'

export interface BookAddress {
  /** Multiaddr without the peer id. */
  readonly address: string
  /** When a connection to it was opened last, Unix milliseconds; null while it is hearsay. */
  readonly lastSuccessMs: number | null
}

export interface BookPeer {
  readonly peer: string
  /** The likeliest first. */
  readonly addresses: readonly BookAddress[]
  /** Communities that it took part in when it was met. */
  readonly communities: readonly CommunityAddress[]
  readonly heardMs: number
}

export interface Meeting {
  readonly peer: string
  /** Opened a connection just now. */
  readonly worked?: readonly string[]
  /** What the peer, or a link, says; replaces earlier hearsay. */
  readonly said?: readonly string[]
  /** What third peers say; comes beside earlier hearsay, which a liar could otherwise wipe out. */
  readonly told?: readonly string[]
  readonly communities: readonly CommunityAddress[]
}

export interface AddressBook {
  /** The likeliest first: who was reached before, lately; at most 256. */
  peers (): BookPeer[]
  /** Kept at once, on disk soon. */
  learn (meeting: Meeting): void
  /** Waits for the writes. */
  close (): Promise<void>
}

interface Row { readonly addresses: ReadonlyArray<readonly [string, number | null]>, readonly communities: readonly string[], readonly heard: number }

/** Rows that cannot be read are left out: a peer more is found some other way. */
export async function openAddressBook (db: Level, clock: () => number, logger: Logger): Promise<AddressBook> {
  const table = db.sublevel<string, Row>('address-book', { valueEncoding: 'json' })
  const book = new Map<string, BookPeer>()
  const writes = new Set<Promise<void>>()

  function write (work: Promise<void>): void {
    const done = work.catch((error: unknown) => { logger.warn('the address book could not be written', error) }).finally(() => { writes.delete(done) })
    writes.add(done)
  }

  function keep (entry: BookPeer): void {
    book.set(entry.peer, entry)
    write(table.put(entry.peer, { addresses: entry.addresses.map(({ address, lastSuccessMs }) => [address, lastSuccessMs]), communities: entry.communities, heard: entry.heardMs }))
    if (book.size <= MAX_BOOK_PEERS) return
    const last = [...book.values()].sort(likeliestPeer).at(-1)
    if (last === undefined) return
    book.delete(last.peer)
    write(table.del(last.peer))
  }

  try {
    for await (const [peer, row] of table.iterator({ limit: 2 * MAX_BOOK_PEERS })) {
      const entry = readRow(peer, row)
      if (entry !== null) book.set(peer, entry)
    }
  } catch (error) {
    logger.warn('the address book could not be read whole', error)
  }

  return {
    peers: () => [...book.values()].sort(likeliestPeer),
    learn ({ peer, worked = [], said = [], told = [], communities }) {
      const known = book.get(peer)
      const nowMs = clock()
      const valid = (addresses: readonly string[]): string[] => addresses.flatMap(address => parsePeerAddress(address, peer)?.address ?? [])
      const addresses = new Map<string, number | null>(valid(said).map(address => [address, null]))
      for (const { address, lastSuccessMs } of known?.addresses ?? []) if (lastSuccessMs !== null || said.length === 0) addresses.set(address, lastSuccessMs)
      const earlier = [...addresses].filter(([address, lastSuccessMs]) => lastSuccessMs === null && !told.includes(address)).map(([address]) => address)
      if (told.length > 0) for (const address of earlier.slice(MAX_BOOK_ADDRESSES / 2)) addresses.delete(address)
      for (const address of valid(told)) if (!addresses.has(address)) addresses.set(address, null)
      for (const address of valid(worked)) addresses.set(address, nowMs)
      if (addresses.size === 0) return
      keep({
        peer,
        addresses: [...addresses].map(([address, lastSuccessMs]) => ({ address, lastSuccessMs })).sort(likeliestAddress).slice(0, MAX_BOOK_ADDRESSES),
        communities: [...new Set([...communities, ...known?.communities ?? []])].slice(0, MAX_BOOK_COMMUNITIES),
        heardMs: nowMs
      })
    },
    async close () {
      await Promise.all(writes)
    }
  }
}

function lastSuccess ({ addresses }: BookPeer): number {
  return Math.max(-1, ...addresses.map(({ lastSuccessMs }) => lastSuccessMs ?? -1))
}

/** Whom we reached ourselves comes before anybody who only came to us: strangers cannot push the others out. */
function likeliestPeer (a: BookPeer, b: BookPeer): number {
  return lastSuccess(b) - lastSuccess(a) || b.heardMs - a.heardMs || (a.peer < b.peer ? -1 : 1)
}

function likeliestAddress (a: BookAddress, b: BookAddress): number {
  return (b.lastSuccessMs ?? -1) - (a.lastSuccessMs ?? -1)
}

function readRow (peer: string, row: unknown): BookPeer | null {
  const { addresses, communities, heard } = (row ?? {}) as Partial<Row>
  if (!Array.isArray(addresses) || !Array.isArray(communities) || !Number.isSafeInteger(heard)) return null
  return {
    peer,
    addresses: (addresses as unknown[]).slice(0, MAX_BOOK_ADDRESSES).flatMap(entry => {
      const [text, lastSuccessMs] = Array.isArray(entry) ? entry as unknown[] : []
      const address = typeof text === 'string' ? parsePeerAddress(text, peer)?.address : undefined
      return address === undefined ? [] : { address, lastSuccessMs: Number.isSafeInteger(lastSuccessMs) ? lastSuccessMs as number : null }
    }),
    communities: (communities as unknown[]).filter((address): address is CommunityAddress => typeof address === 'string').slice(0, MAX_BOOK_COMMUNITIES),
    heardMs: heard as number
  }
}
