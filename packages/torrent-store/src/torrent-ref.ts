// References to torrents: the infohash, the reference with a length, and magnet links (BEP 9).
import { TorrentStoreError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_MAGNET_CHARS, MAX_MAGNET_HINTS } from './limits.ts'

declare const brand: unique symbol
/** SHA-1 of a torrent's info dict (BEP 3): 40 lowercase hex characters. Made by `parseInfoHash`. */
export type InfoHash = string & { readonly [brand]: 'InfoHash' }

/** Names one body. With the length known a fetch needs no metadata exchange. */
export interface TorrentRef {
  readonly infoHash: InfoHash
  /** Bytes of the body, 1 to 65,536. */
  readonly length: number
}

/** A reference whose length may be unknown, as in a magnet link from elsewhere. */
export interface PartialTorrentRef {
  readonly infoHash: InfoHash
  readonly length?: number
}

/** Reads 40 hex characters of either case. Throws BAD_INFOHASH. */
export function parseInfoHash (text: string): InfoHash {
  if (typeof text !== 'string' || !/^[0-9a-fA-F]{40}$/.test(text)) {
    throw new TorrentStoreError('BAD_INFOHASH', 'an infohash is 40 hex characters')
  }
  return text.toLowerCase() as InfoHash
}

export interface MagnetOptions {
  /** Display name, `dn`. */
  readonly name?: string
  /** Tracker URLs, `tr`. */
  readonly trackers?: readonly string[]
  /** Peers to dial without any tracker, `x.pe`: `host:port` or `[ipv6]:port`. */
  readonly peers?: readonly string[]
}

/** Magnet link of a reference (BEP 9): xt, dn, xl, tr, x.pe in this order. Throws BAD_MAGNET for a peer that is not `host:port`. */
export function magnet (ref: PartialTorrentRef, options: MagnetOptions = {}): string {
  const { name, trackers = [], peers = [] } = options
  const parts = [`xt=urn:btih:${ref.infoHash}`]
  if (name !== undefined) parts.push(`dn=${encodeURIComponent(name)}`)
  if (ref.length !== undefined) parts.push(`xl=${ref.length}`)
  for (const tracker of trackers) parts.push(`tr=${encodeURIComponent(tracker)}`)
  for (const peer of peers) {
    if (!isPeerAddress(peer)) throw new TorrentStoreError('BAD_MAGNET', `a peer in a magnet link is host:port, not ${JSON.stringify(peer)}`)
    parts.push(`x.pe=${peer}`)
  }
  return `magnet:?${parts.join('&')}`
}

export interface ParsedMagnet {
  /** `length` is set where `xl` was there and is one a body can have. */
  readonly ref: PartialTorrentRef
  readonly name?: string
  readonly trackers: readonly string[]
  readonly peers: readonly string[]
}

/**
 * Reads a magnet link with a v1 infohash in hex or base32 (BEP 9), also with numbered fields (`tr.1`). At most 8,192
 * characters; of trackers and peers the first 32 count, a malformed peer is dropped. A body has one file, so that a
 * choice of files (BEP 53, `so`) says nothing; web seeds and what else there is are left out. Throws BAD_MAGNET.
 */
export function parseMagnet (text: string): ParsedMagnet {
  if (text.length > MAX_MAGNET_CHARS) throw new TorrentStoreError('BAD_MAGNET', `a magnet link has at most ${MAX_MAGNET_CHARS} characters`)
  const query = /^magnet:\?(.+)$/is.exec(text)?.[1]
  if (query === undefined) throw new TorrentStoreError('BAD_MAGNET', 'a magnet link starts with magnet:?')
  const fields = new URLSearchParams(query.replaceAll(/(^|&)(xt|tr)\.\d+=/gi, '$1$2='))
  const infoHash = fields.getAll('xt').map(readTopic).find(found => found !== undefined)
  if (infoHash === undefined) throw new TorrentStoreError('BAD_MAGNET', 'the magnet link has no BitTorrent v1 infohash (xt=urn:btih:...)')
  const exactLength = fields.get('xl') ?? ''
  const length = /^[1-9]\d{0,5}$/.test(exactLength) && Number(exactLength) <= MAX_BODY_BYTES ? Number(exactLength) : undefined
  const name = fields.get('dn')
  return {
    ref: { infoHash, ...(length === undefined ? {} : { length }) },
    ...(name === null ? {} : { name }),
    trackers: fields.getAll('tr').filter(url => url !== '').slice(0, MAX_MAGNET_HINTS),
    peers: fields.getAll('x.pe').filter(isPeerAddress).slice(0, MAX_MAGNET_HINTS)
  }
}

function readTopic (topic: string): InfoHash | undefined {
  const digest = /^urn:btih:([0-9a-f]{40}|[a-z2-7]{32})$/i.exec(topic)?.[1]
  if (digest === undefined) return undefined
  return parseInfoHash(digest.length === 40 ? digest : base32ToHex(digest))
}

function base32ToHex (text: string): string {
  let bits = 0n
  for (const character of text.toLowerCase()) bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(character))
  return bits.toString(16).padStart(40, '0')
}

/** Reads `host:port` or `[ipv6]:port`; null for anything else. */
export function parsePeerAddress (peer: string): { host: string, port: number } | null {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(peer) ?? []
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return null
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function isPeerAddress (peer: string): boolean {
  return parsePeerAddress(peer) !== null
}
