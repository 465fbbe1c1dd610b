/**
 * The body file, version 1: a readable text file that is the content of a post's or comment's torrent.
 *
 *     Seedbed post 1                        magic: kind and version
 *     author: 64 hex                        ed25519 public key
 *     community: 64 hex                     address: sha256 of the signed genesis
 *     created: 2026-11-22T07:52:54.123Z     ISO 8601, UTC, always milliseconds
 *     title: One line of text               posts
 *     root: 40 hex                          comments: infohash of the post's first revision
 *     parent: 40 hex                        comments: infohash of the answered post's or comment's first revision
 *     revises: 40 hex                       edited versions only: infohash of the first revision
 *     signature: 128 hex                    ed25519
 *
 *     The text.
 *
 * Lines end with LF. After the blank line come the text and exactly one LF, which is not part of it (a text file ends
 * with a line end; the text itself ends in no white space, see text.ts), so every file has one reading and every
 * reading one file: hex is lowercase, fields have this order, nothing else is allowed. At most 65,536 bytes.
 *
 * The signature covers the domain tag `seedbed/body/1\n` and the file's bytes without the signature line.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import type { AuthorId, CommunityAddress, ContentId } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import { MAX_BODY_BYTES } from '../limits.ts'
import type { BodyFields, Sign, UnverifiedBody } from './body.ts'
import { textFault, titleFault } from './text.ts'

export const BODY_DOMAIN = 'seedbed/body/1\n'
const MAGIC = { post: 'Seedbed post 1', comment: 'Seedbed comment 1' } as const
/** 9999-12-31T23:59:59.999Z: later years have no four-digit form. */
const MAX_CREATED_MS = 253_402_300_799_999
const SIGNATURE_LINE = /^signature: ([0-9a-f]{128})$/

/**
 * Writes and signs a body file; text and title have to be normalised before (text.ts). Errors: BAD_BODY when a field
 * has not the form above.
 */
export function serialiseBody (fields: BodyFields, sign: Sign): Uint8Array {
  const { head, tail } = unsignedParts(fields)
  const signature = sign(encode(`${BODY_DOMAIN}${head}${tail}`))
  if (signature.length !== 64) throw new SeedbedError('INTERNAL', `A signature has 64 bytes, not ${signature.length}.`)
  return encode(fileText(head, tail, bytesToHex(signature)))
}

/**
 * Reads a body file that anybody may have made. What it returns, written again, gives the same bytes.
 * Errors: BAD_BODY with what is wrong and where.
 */
export function parseBody (bytes: Uint8Array): UnverifiedBody {
  if (bytes.length > MAX_BODY_BYTES) bad(`it has ${bytes.length} bytes, more than ${MAX_BODY_BYTES}`)
  const file = decodeUtf8(bytes)
  const blank = file.indexOf('\n\n')
  if (blank === -1) bad('no blank line ends the header')
  const lines = file.slice(0, blank).split('\n')
  const fields = readFields(lines, readText(file.slice(blank + 2)))
  const signature = SIGNATURE_LINE.exec(lines.at(-1) ?? '')?.[1]
  if (signature === undefined) bad('the last header line is not `signature: ` and 128 lowercase hex characters')
  const { head, tail } = unsignedParts(fields)
  if (fileText(head, tail, signature) !== file) bad('it is not in canonical form')
  return { state: 'unverified', fields, signature: hexToBytes(signature), bytes }
}

/** The bytes that the signature of a parsed body covers. */
export function signedBytes (body: UnverifiedBody): Uint8Array {
  const { head, tail } = unsignedParts(body.fields)
  return encode(`${BODY_DOMAIN}${head}${tail}`)
}

function readFields (lines: readonly string[], text: string): BodyFields {
  let at = 0
  const next = (name: string): string => {
    const line = lines[at++] ?? bad(`the header line \`${name}\` is missing`)
    if (!line.startsWith(`${name}: `)) bad(`header line ${at} is not \`${name}: …\``)
    return line.slice(name.length + 2)
  }
  const magic = lines[at++]
  if (magic !== MAGIC.post && magic !== MAGIC.comment) bad('the first line is neither `Seedbed post 1` nor `Seedbed comment 1`')
  const author = next('author') as AuthorId
  const community = next('community') as CommunityAddress
  const createdMs = readTime(next('created'))
  const own = magic === MAGIC.post
    ? { kind: 'post' as const, title: next('title') }
    : { kind: 'comment' as const, root: next('root') as ContentId, parent: next('parent') as ContentId }
  const revised = lines[at]?.startsWith('revises: ') === true ? { revises: next('revises') as ContentId } : {}
  next('signature')
  if (at !== lines.length) bad(`header line ${at + 1} follows the signature`)
  return { ...own, author, community, createdMs, ...revised, text }
}

function readText (rest: string): string {
  if (!rest.endsWith('\n')) bad('the file does not end with a line feed')
  return rest.slice(0, -1)
}

function readTime (value: string): number {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) bad('`created` is not a time like 2026-11-22T07:52:54.123Z')
  const createdMs = Date.parse(value)
  if (Number.isNaN(createdMs) || new Date(createdMs).toISOString() !== value) bad('`created` is not a real time')
  return createdMs
}

/** The header before the signature line and everything after it; throws unless every field has its form. */
function unsignedParts (fields: BodyFields): { head: string, tail: string } {
  const lines: string[] = [MAGIC[fields.kind] ?? bad('it is neither a post nor a comment')]
  lines.push(`author: ${hexField('author', fields.author, 64)}`, `community: ${hexField('community', fields.community, 64)}`)
  if (!Number.isSafeInteger(fields.createdMs) || fields.createdMs < 0 || fields.createdMs > MAX_CREATED_MS) bad('`created` is not between 1970 and 9999')
  lines.push(`created: ${new Date(fields.createdMs).toISOString()}`)
  if (fields.kind === 'post') {
    const fault = titleFault(fields.title)
    if (fault !== null) bad(fault.message)
    lines.push(`title: ${fields.title}`)
  } else {
    lines.push(`root: ${hexField('root', fields.root, 40)}`, `parent: ${hexField('parent', fields.parent, 40)}`)
  }
  if (fields.revises !== undefined) lines.push(`revises: ${hexField('revises', fields.revises, 40)}`)
  const fault = textFault(fields.text)
  if (fault !== null) bad(fault.message)
  return { head: `${lines.join('\n')}\n`, tail: `\n${fields.text}\n` }
}

function fileText (head: string, tail: string, signature: string): string {
  return `${head}signature: ${signature}\n${tail}`
}

function hexField (name: string, value: string, length: number): string {
  if (value.length !== length || !/^[0-9a-f]*$/.test(value)) bad(`\`${name}\` is not ${length} lowercase hex characters`)
  return value
}

function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new SeedbedError('BAD_BODY', 'Not a body file: it is not valid UTF-8.', { cause })
  }
}

function encode (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function bad (what: string): never {
  throw new SeedbedError('BAD_BODY', `Not a body file: ${what}.`)
}
