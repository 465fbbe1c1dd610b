// One header block of a tar archive (POSIX.1-2017, pax, "ustar Interchange Format"). Written: plain ustar with nothing
// that a machine or a clock decides. Read: also what GNU tar and pax writers make of a folder.
//
// Not a library: tar-stream and modern-tar hold a pax or long-name record in memory whatever length its header claims,
// and read a size that does not parse as some number; a gate before them would have to be this parser.
//
//   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8 | 156 type 1
//   157 link name 100 | 257 "ustar" 6 | 263 version 2 | 265 user 32 | 297 group 32 | 329 device 16 | 345 prefix 155
import { platform } from '#platform'
import { badArchive } from './bad-archive.ts'

export const BLOCK_BYTES: number = 512

/** What a block says. `type` is the character of the typeflag; `size` is exact, 0 to 2^53 - 1. */
export interface UstarHeader {
  readonly name: string
  readonly size: number
  readonly type: string
}

const NAME_BYTES = 100
const SIZE_AT = 124
const CHECKSUM_AT = 148
const TYPE_AT = 156
const MAGIC_AT = 257
const PREFIX_AT = 345
const EMPTY_CHECKSUM = '        '

/** The header of a regular file with a name of at most 100 ASCII characters. Owner, group and time are zero. */
export function ustarHeader (name: string, size: number): Uint8Array {
  const text = [
    name.padEnd(NAME_BYTES, '\0'), '0000644\0', '0000000\0', '0000000\0', `${octal(size, 11)}\0`, `${octal(0, 11)}\0`, EMPTY_CHECKSUM, '0',
    '\0'.repeat(100), 'ustar\0', '00', '\0'.repeat(64), '0000000\0', '0000000\0'
  ].join('')
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(platform.fromLatin1(text))
  block.set(platform.fromLatin1(`${octal(checksum(block), 6)}\0 `), CHECKSUM_AT)
  return block
}

/** Reads a block of 512 bytes that is not all zero. Throws BAD_ARCHIVE. */
export function parseUstarHeader (block: Uint8Array): UstarHeader {
  const text = platform.toLatin1(block)
  const magic = text.slice(MAGIC_AT, MAGIC_AT + 8)
  if (magic !== 'ustar\x0000' && magic !== 'ustar  \0') throw badArchive('this is not a tar archive, or a compressed one')
  if (parseOctal(text.slice(CHECKSUM_AT, TYPE_AT)) !== checksum(block)) throw badArchive('the checksum of a header is wrong')
  const size = block[SIZE_AT] === 0x80 ? parseBase256(block) : parseOctal(text.slice(SIZE_AT, SIZE_AT + 12))
  if (size === null) throw badArchive('the size in a header cannot be')
  const name = upToNul(text.slice(0, NAME_BYTES))
  const prefix = magic === 'ustar\x0000' ? upToNul(text.slice(PREFIX_AT, PREFIX_AT + 155)) : '' // GNU keeps times there
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, type: text.slice(TYPE_AT, TYPE_AT + 1) }
}

/** Whether a block ends the archive: two of them do. */
export function isZeroBlock (block: Uint8Array): boolean {
  return block.every(byte => byte === 0)
}

/** Bytes of padding behind content of this size. */
export function paddingOf (size: number): number {
  return (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES
}

/** The sum of all bytes, those of the checksum itself taken as spaces. */
function checksum (block: Uint8Array): number {
  let sum = EMPTY_CHECKSUM.length * 0x20
  for (let at = 0; at < BLOCK_BYTES; at++) if (at < CHECKSUM_AT || at >= TYPE_AT) sum += block[at] ?? 0
  return sum
}

function octal (value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** Digits between spaces and NULs; an empty field is zero, as in headers of folders that some writers make. */
function parseOctal (field: string): number | null {
  const [, digits] = /^ *([0-7]*)[ \0]*$/.exec(field) ?? []
  return digits === undefined ? null : Number.parseInt(`0${digits}`, 8)
}

/** GNU: sizes of 8 GiB and more as a big-endian number behind a set bit. */
function parseBase256 (block: Uint8Array): number | null {
  let value = 0n
  for (const byte of block.subarray(SIZE_AT + 1, SIZE_AT + 12)) value = (value << 8n) | BigInt(byte)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null
}

function upToNul (text: string): string {
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}
