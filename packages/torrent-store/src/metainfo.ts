// Bytes -> the one info dict. The same body gives the same infohash everywhere, because nothing in the dict is a
// choice: one file, one piece, a fixed piece length, and a name made from the SHA-256 of the body. The infohash
// thereby commits to the SHA-256 too, so that a SHA-1 collision alone cannot swap a body.
//
//   d 6:length i<bytes>e 4:name 68:<sha256 hex>.txt 12:piece length i65536e 6:pieces 20:<sha1> e      (BEP 3)
import { platform } from '#platform'
import { TorrentStoreError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_INFO_BYTES, MAX_TORRENT_FILE_BYTES, MAX_TORRENT_FILE_KEYS, MAX_TRACKER_HINTS, MAX_TRACKER_URL_BYTES, PIECE_LENGTH_BYTES } from './limits.ts'
import type { InfoHash, TorrentRef } from './torrent-ref.ts'
import { decodeBencode } from './wire/bencode.ts'

const SHA1_BYTES = 20
const utf8 = new TextEncoder()
const TAIL = `12:piece lengthi${PIECE_LENGTH_BYTES}e6:pieces20:`
const INFO_PATTERN = new RegExp(`^d6:lengthi([1-9]\\d{0,4})e4:name68:([0-9a-f]{64})\\.txt${TAIL}$`)

/** The info dict of a body of 1 to 65,536 bytes, bencoded. Throws BODY_EMPTY, BODY_TOO_LONG. */
export function infoDict (body: Uint8Array): Uint8Array {
  checkBody(body)
  return platform.fromLatin1(`d6:lengthi${body.length}e4:name68:${platform.sha256Hex(body)}.txt${TAIL}${platform.sha1Latin1(body)}e`)
}

/** The reference of a body. Throws BODY_EMPTY, BODY_TOO_LONG. */
export function refOf (body: Uint8Array): TorrentRef {
  return { infoHash: infoHashOf(infoDict(body)), length: body.length }
}

/** SHA-1 of a bencoded info dict (BEP 3). */
export function infoHashOf (info: Uint8Array): InfoHash {
  return platform.sha1Hex(info) as InfoHash // 40 lowercase hex characters by construction; a check costs as much as the hash
}

export interface TorrentFileOptions {
  /** Tracker URLs: the first as `announce`, several also as tiers of `announce-list` (BEP 12). */
  readonly trackers?: readonly string[]
}

/** A .torrent file of a body (BEP 3), without date or author, so that the same input gives the same file. Throws BODY_EMPTY, BODY_TOO_LONG. */
export function torrentFile (body: Uint8Array, options: TorrentFileOptions = {}): Uint8Array {
  const { trackers = [] } = options
  const parts: Array<string | Uint8Array> = ['d']
  const [first] = trackers
  if (first !== undefined) parts.push('8:announce', bencodeText(first))
  if (trackers.length > 1) parts.push('13:announce-listl', ...trackers.map(tracker => `l${bencodeText(tracker)}e`), 'e')
  parts.push('4:info', infoDict(body), 'e')
  return platform.concat(parts.map(part => typeof part === 'string' ? utf8.encode(part) : part))
}

/** What an info dict of this package says. */
export interface BodyInfo {
  readonly length: number
  /** SHA-256 of the body, hex. */
  readonly sha256: string
}

/** Reads exactly what `infoDict` writes; null for every other torrent, well-formed or not. */
export function parseInfoDict (info: Uint8Array): BodyInfo | null {
  if (info.length > MAX_INFO_BYTES || info.length <= SHA1_BYTES || info.at(-1) !== 0x65) return null
  const head = platform.toLatin1(info.subarray(0, info.length - SHA1_BYTES - 1))
  const [, digits, sha256] = INFO_PATTERN.exec(head) ?? []
  if (digits === undefined || sha256 === undefined || Number(digits) > MAX_BODY_BYTES) return null
  return { length: Number(digits), sha256 }
}

export interface ParsedTorrentFile {
  readonly ref: TorrentRef
  /** Each once: `announce` (BEP 3), then the tiers of `announce-list` in their order (BEP 12), 32 at most. */
  readonly trackers: readonly string[]
}

/**
 * Reads a .torrent file of a body. What stands beside the info dict, such as dates and comments, is left out; within it
 * nothing may be more or other, because the infohash is that of its bytes as they stand. Throws NOT_A_BODY for every other
 * torrent, or a file over 64 KiB, and BAD_TORRENT for what is no torrent at all.
 */
export function parseTorrentFile (file: Uint8Array): ParsedTorrentFile {
  if (file.length > MAX_TORRENT_FILE_BYTES) throw new TorrentStoreError('NOT_A_BODY', 'the .torrent file is longer than that of any body')
  const fields = readFields(file)
  const info = fields?.get('info')
  if (fields === null || info === undefined || info[0] !== 0x64) throw new TorrentStoreError('BAD_TORRENT', 'the bytes are not a .torrent file')
  const body = parseInfoDict(info)
  if (body === null) throw new TorrentStoreError('NOT_A_BODY', 'the torrent is not one of a single body')
  return { ref: { infoHash: infoHashOf(info), length: body.length }, trackers: trackersOf(fields) }
}

/** The values of a .torrent file as they stand in it; null if it is no dict, or names one of them twice. */
function readFields (file: Uint8Array): Map<string, Uint8Array> | null {
  const fields = new Map<string, Uint8Array>()
  let at = 1
  for (; file[0] === DICT && file[at] !== END && fields.size <= MAX_TORRENT_FILE_KEYS;) {
    const key = decodeBencode(file.subarray(at))
    if (key === null || !(key.value instanceof Uint8Array)) return null
    const name = platform.toLatin1(key.value)
    const end = at + key.end + lengthOfValue(file.subarray(at + key.end), name)
    if (end <= at + key.end || fields.has(name)) return null
    fields.set(name, file.subarray(at + key.end, end))
    at = end
  }
  return file[0] === DICT && file[at] === END ? fields : null
}

const [DICT, END] = [0x64, 0x65]

/** 0 if the value is malformed. The info dict of many files has more values than the reader takes: it is then the rest of the file. */
function lengthOfValue (rest: Uint8Array, name: string): number {
  const value = decodeBencode(rest)
  if (value !== null) return value.end
  return name === 'info' && rest[0] === DICT && rest.at(-1) === END ? rest.length - 1 : 0
}

function trackersOf (fields: ReadonlyMap<string, Uint8Array>): string[] {
  const [one, tiers] = ['announce', 'announce-list'].map(name => decodeBencode(fields.get(name) ?? new Uint8Array(0))?.value)
  const found = new Set<string>()
  for (const url of [one, ...(Array.isArray(tiers) ? tiers : [])].flat()) {
    if (!(url instanceof Uint8Array) || url.length === 0 || url.length > MAX_TRACKER_URL_BYTES || found.size === MAX_TRACKER_HINTS) continue
    try {
      found.add(new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(url))
    } catch {} // not text, so not a URL
  }
  return [...found]
}

function checkBody (body: Uint8Array): void {
  if (body.length === 0) throw new TorrentStoreError('BODY_EMPTY', 'a body needs at least one byte')
  if (body.length > MAX_BODY_BYTES) throw new TorrentStoreError('BODY_TOO_LONG', `a body has at most ${MAX_BODY_BYTES} bytes, not ${body.length}`)
}

function bencodeText (text: string): string {
  return `${utf8.encode(text).length}:${text}`
}
