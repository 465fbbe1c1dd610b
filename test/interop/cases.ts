// What is promised of which client: the tests run these cases, and docs/interop.md shows them.
import type { ClientName, Encryption, Transport } from './clients/client.ts'

export type Direction = 'downloads from us' | 'seeds to us'
export type Link = 'magnet' | '.torrent'

export interface Setting { readonly client: ClientName, readonly transport: Transport, readonly encryption: Encryption }
export interface Case extends Setting { readonly direction: Direction, readonly link: Link }

export const CLIENTS: readonly ClientName[] = ['aria2', 'libtorrent', 'rtorrent', 'transmission', 'webtorrent']
export const DIRECTIONS: readonly Direction[] = ['downloads from us', 'seeds to us']
export const LINKS: readonly Link[] = ['magnet', '.torrent']
const ENCRYPTIONS: readonly Encryption[] = ['plain', 'forced']

/** What each client speaks: aria2 and rtorrent have no uTP. */
const TRANSPORTS: Readonly<Record<ClientName, readonly Transport[]>> = {
  aria2: ['tcp'], libtorrent: ['tcp', 'uTP'], rtorrent: ['tcp'], transmission: ['tcp', 'uTP'], webtorrent: ['tcp', 'uTP']
}

/** The settings of a client, each of them one process. */
export function settingsOf (client: ClientName): Setting[] {
  return TRANSPORTS[client].flatMap(transport => ENCRYPTIONS.map(encryption => ({ client, transport, encryption })))
}

export function casesOf (setting: Setting): Case[] {
  return DIRECTIONS.flatMap(direction => LINKS.map(link => ({ ...setting, direction, link })))
}

/** What is not, or not simply, in the table above, and why. */
export const GAPS: ReadonlyArray<{ readonly client: ClientName | 'all', readonly what: string, readonly why: string }> = [
  { client: 'aria2', what: 'no uTP', why: 'it has none' },
  { client: 'aria2', what: 'plain only when encryption fails', why: 'it begins with an encrypted handshake and tries a plain one when the other side hangs up, as the test does' },
  { client: 'rtorrent', what: 'no uTP', why: 'it has none' },
  { client: 'rtorrent', what: 'not from its own address', why: 'it takes a peer with its own address for itself, so that the test serves it from 127.0.0.2 or in a network of its own; having heard of itself from a tracker it dials itself, and hangs up on whoever comes from that address meanwhile, so that what it seeds to the test names no tracker that answers' },
  { client: 'transmission', what: 'not on loopback', why: 'it dials nobody in 127.0.0.0/8, so that the test gives it a network namespace (Linux, as root)' },
  { client: 'transmission', what: 'seeds after up to 10 s', why: 'it looks every 10 s at whom to serve; a fetch waits 15 s for a peer that has the body (`chokedTimeoutMs`)' },
  { client: 'transmission', what: 'refuses several at once', why: 'it hangs up on whoever dials while another handshake with that address is under way, about half a second, and the test dials again' },
  { client: 'webtorrent', what: 'no WebRTC in this table', why: 'browsers are tested by `test/browser/torrent-store.test.ts`' },
  { client: 'all', what: 'IPv4 and trackers only', why: 'the clients find us through an HTTP tracker; IPv6 and the DHT are tested by `torrent-store/test/swarm/dht.test.ts` and `torrent-store/test/wire/listener.test.ts`' }
]
