// Bytes -> the one info dict. The same body gives the same infohash everywhere, because nothing in the dict is a
// choice: one file, one piece, a fixed piece length, and a name made from the SHA-256 of the body. The infohash
// thereby commits to the SHA-256 too, so that a SHA-1 collision alone cannot swap a body.
//
//   d 6:length i<bytes>e 4:name 68:<sha256 hex>.txt 12:piece length i65536e 6:pieces 20:<sha1> e      (BEP 3)
import { platform } from '#platform'
import { TorrentStoreError } from './errors.ts'
import { MAX_BODY_BYTES, MAX_INFO_BYTES, MAX_TORRENT_FILE_BYTES, PIECE_LENGTH_BYTES } from './limits.ts'
import { parseInfoHash, type InfoHash, type TorrentRef } from './torrent-ref.ts'
import { decodeBencode, type BencodeValue } from './wire/bencode.ts'

const SHA1_BYTES = 20
const utf8 = new TextEncoder()
const TAIL = `12:piece lengthi${PIECE_LENGTH_BYTES}e6:pieces20:`
const INFO_PATTERN = new RegExp(`^d6:lengthi([1-9]\\d{0,4})e4:name68:([0-9a-f]{64})\\.txt${TAIL}$`)

/** The info dict of a body of 1 to 65,536 bytes, bencoded. Throws BODY_EMPTY, BODY_TOO_LONG. */
export function infoDict (body: Uint8Array): Uint8Array {
  checkBody(body)
  const head = `d6:lengthi${body.length}e4:name68:${platform.sha256Hex(body)}.txt${TAIL}`
  return platform.concat([platform.fromLatin1(head), platform.sha1(body), platform.fromLatin1('e')])
}

/** The reference of a body. Throws BODY_EMPTY, BODY_TOO_LONG. */
export function refOf (body: Uint8Array): TorrentRef {
  return { infoHash: infoHashOf(infoDict(body)), length: body.length }
}

/** SHA-1 of a bencoded info dict (BEP 3). */
export function infoHashOf (info: Uint8Array): InfoHash {
  return parseInfoHash(platform.sha1Hex(info))
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
  readonly trackers: readonly string[]
}

/**
 * Reads a .torrent file of a body. Throws NOT_A_BODY for every other torrent, or a file over 64 KiB, and BAD_TORRENT
 * for what is no torrent at all.
 */
export function parseTorrentFile (file: Uint8Array): ParsedTorrentFile {
  if (file.length > MAX_TORRENT_FILE_BYTES) throw new TorrentStoreError('NOT_A_BODY', 'the .torrent file is longer than that of any body')
  const top = decodeBencode(file)?.value
  // The reader stops at 512 values: a torrent of many files is one that it does not get to the end of.
  if (top === undefined && file[0] === 0x64 && platform.toLatin1(file).includes('4:infod')) throw new TorrentStoreError('NOT_A_BODY', NOT_A_BODY)
  const info = top instanceof Map ? top.get('info') : undefined
  if (!(top instanceof Map) || !(info instanceof Map)) throw new TorrentStoreError('BAD_TORRENT', 'the bytes are not a .torrent file')
  const written = writeInfoDict(info)
  const body = written === null ? null : parseInfoDict(written)
  if (written === null || body === null) throw new TorrentStoreError('NOT_A_BODY', NOT_A_BODY)
  const listed = top.get('announce-list')
  const urls = [top.get('announce'), ...(Array.isArray(listed) ? listed : [])].flat()
  return {
    ref: { infoHash: infoHashOf(written), length: body.length },
    trackers: [...new Set(urls.filter(url => url instanceof Uint8Array).map(url => new TextDecoder('utf-8', { ignoreBOM: true }).decode(url)))]
  }
}

const NOT_A_BODY = 'the torrent is not one of a single body'

/** The one way to write these four keys; null if there are others. */
function writeInfoDict (info: ReadonlyMap<string, BencodeValue>): Uint8Array | null {
  const [length, name, pieceLength, pieces] = [info.get('length'), info.get('name'), info.get('piece length'), info.get('pieces')]
  if (info.size !== 4 || typeof length !== 'number' || !(name instanceof Uint8Array) || typeof pieceLength !== 'number' || !(pieces instanceof Uint8Array)) return null
  return platform.concat([
    platform.fromLatin1(`d6:lengthi${length}e4:name${name.length}:`), name, platform.fromLatin1(`12:piece lengthi${pieceLength}e6:pieces${pieces.length}:`), pieces, platform.fromLatin1('e')
  ])
}

function checkBody (body: Uint8Array): void {
  if (body.length === 0) throw new TorrentStoreError('BODY_EMPTY', 'a body needs at least one byte')
  if (body.length > MAX_BODY_BYTES) throw new TorrentStoreError('BODY_TOO_LONG', `a body has at most ${MAX_BODY_BYTES} bytes, not ${body.length}`)
}

function bencodeText (text: string): string {
  return `${utf8.encode(text).length}:${text}`
}
