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
