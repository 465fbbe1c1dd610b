// Writes test/vectors/bodies.json: body files that every implementation accepts or refuses. Keys are seeds made of
// one repeated byte and signatures are deterministic (RFC 8032), so the output never changes by itself.
//
//   node --conditions=source tools/vectors/bodies.ts
import { createHash, createPrivateKey, createPublicKey, sign as signEd25519 } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { BODY_DOMAIN, serialiseBody } from '../../packages/core/src/bodies/body-file.ts'
import type { BodyFields } from '../../packages/core/src/bodies/body.ts'
import { authorSeed, parsePhrase } from '../../packages/core/src/identity/phrase.ts'

const PKCS8_SEED = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410: an ed25519 seed follows

interface Author { author: string, sign: (bytes: Uint8Array) => Uint8Array }

function authorOf (seed: Uint8Array): Author {
  const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([PKCS8_SEED, seed]) })
  const author = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
  return { author, sign: bytes => signEd25519(null, bytes, key) }
}

const ana = authorOf(new Uint8Array(32).fill(1))
const ben = authorOf(new Uint8Array(32).fill(2))
const community = 'c0'.repeat(32)
const post = { kind: 'post', author: ana.author, community, createdMs: Date.UTC(2026, 10, 22, 7, 52, 54, 123), title: 'Why seeds matter', text: 'First line.\n\n\tAn indented one.\nLast line.' }
const comment = { kind: 'comment', author: ben.author, community, createdMs: Date.UTC(2026, 10, 23), root: '0a'.repeat(20), parent: '0b'.repeat(20), text: 'I agree.' }
const fileOf = (fields: object, author: Author = ana): string => Buffer.from(serialiseBody(fields as BodyFields, author.sign)).toString()

const validFields: Array<[name: string, fields: object, author: Author]> = [
  ['a post', post, ana],
  ['a comment', comment, ben],
  ['a second revision', { ...post, revises: '0c'.repeat(20) }, ana],
  ['one character', { ...post, title: 'T', text: 't' }, ana],
  ['beyond ASCII', { ...post, title: 'Grüße aus 東京 🌱', text: 'שלום עולם\n🌱 naïve e\u0301' }, ana],
  ['text like a header', { ...post, text: 'signature: 00\n\ntitle: not a title' }, ana],
  ['the longest title', { ...post, title: 'é'.repeat(150) }, ana],
  ['the longest text', { ...comment, text: `${'x'.repeat(63_999)}y` }, ben],
  ['the first time', { ...post, createdMs: 0 }, ana],
  ['the last time', { ...post, createdMs: 253_402_300_799_999 }, ana]
]

/** A file with any header lines and text, signed as a file ought to be: only its form is wrong. */
function signedFile (lines: string[], afterHeader: string): string {
  const signature = Buffer.from(ana.sign(Buffer.from(`${BODY_DOMAIN}${lines.join('\n')}\n${afterHeader}`))).toString('hex')
  return `${lines.join('\n')}\nsignature: ${signature}\n${afterHeader}`
}

const lines = fileOf(post).split('\n').slice(0, 5)
const swapped = (at: number, line: string): string[] => lines.with(at, line)
const text = '\nText.\n'
const good = fileOf(post)

const malformed: Array<[name: string, file: string | Uint8Array]> = [
  ['empty', ''],
  ['only the magic', 'Seedbed post 1\n'],
  ['another version', signedFile(swapped(0, 'Seedbed post 2'), text)],
  ['another kind', signedFile(swapped(0, 'Seedbed vote 1'), text)],
  ['a comment with a title', signedFile(swapped(0, 'Seedbed comment 1'), text)],
  ['byte order mark', `\ufeff${good}`],
  ['CRLF', good.replaceAll('\n', '\r\n')],
  ['CR in the text', signedFile(lines, '\nText\r.\n')],
  ['no final line feed', good.slice(0, -1)],
  ['two final line feeds', signedFile(lines, '\nText.\n\n')],
  ['text ends in a space', signedFile(lines, '\nText. \n')],
  ['text starts with a blank line', signedFile(lines, '\n\nText.\n')],
  ['text starts with a line of spaces', signedFile(lines, '\n  \nText.\n')],
  ['text starts with a byte order mark', signedFile(lines, '\n\ufeffText.\n')],
  ['empty text', signedFile(lines, '\n\n')],
  ['no text', signedFile(lines, '')],
  ['blank text', signedFile(lines, '\n \t\n')],
  ['text too long', signedFile(lines, `\n${'x'.repeat(64_001)}\n`)],
  ['file too long', signedFile(lines, `\n${'x'.repeat(65_536)}\n`)],
  ['NUL in the text', signedFile(lines, '\nTe\u0000xt.\n')],
  ['escape in the text', signedFile(lines, '\n\u001b[2JText.\n')],
  ['DEL in the text', signedFile(lines, '\nTe\u007fxt.\n')],
  ['C1 in the text', signedFile(lines, '\nTe\u009bxt.\n')],
  ['line separator in the text', signedFile(lines, '\nTe\u2028xt.\n')],
  ['paragraph separator in the title', signedFile(swapped(4, 'title: a\u2029b'), text)],
  ['tab in the title', signedFile(swapped(4, 'title: a\tb'), text)],
  ['empty title', signedFile(swapped(4, 'title: '), text)],
  ['title starts with a space', signedFile(swapped(4, 'title:  a'), text)],
  ['title too long', signedFile(swapped(4, `title: ${'x'.repeat(301)}`), text)],
  ['no title', signedFile(lines.slice(0, 4), text)],
  ['two titles', signedFile([...lines, 'title: again'], text)],
  ['an unknown header', signedFile([...lines, 'lang: en'], text)],
  ['headers in another order', signedFile([lines[0] ?? '', lines[2] ?? '', lines[1] ?? '', lines[3] ?? '', lines[4] ?? ''], text)],
  ['uppercase hex', signedFile(swapped(1, `author: ${ana.author.toUpperCase()}`), text)],
  ['short author', signedFile(swapped(1, `author: ${ana.author.slice(2)}`), text)],
  ['no space after the colon', signedFile(swapped(1, `author:${ana.author}`), text)],
  ['time without milliseconds', signedFile(swapped(3, 'created: 2026-11-22T07:52:54Z'), text)],
  ['time with an offset', signedFile(swapped(3, 'created: 2026-11-22T07:52:54.123+00:00'), text)],
  ['a day that is none', signedFile(swapped(3, 'created: 2026-02-30T00:00:00.000Z'), text)],
  ['a leap second', signedFile(swapped(3, 'created: 2026-12-31T23:59:60.000Z'), text)],
  ['a time before 1970', signedFile(swapped(3, 'created: 1969-12-31T23:59:59.999Z'), text)],
  ['revises after the signature', good.replace('\n\n', `\nrevises: ${'0c'.repeat(20)}\n\n`)],
  ['revises is no infohash', signedFile([...lines, 'revises: 0c'], text)],
  ['no signature', good.replace(/\nsignature: .*/, '')],
  ['two signatures', good.replace(/\n(signature: .*)\n/, '\n$1\n$1\n')],
  ['signature too short', good.replace(/(signature: .*)..\n/, '$1\n')],
  ['not UTF-8', Buffer.from(good.replace('First', 'F\u00ffrst'), 'latin1')],
  ['UTF-8 overlong', Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from([0xc0, 0xaf, 0x0a])])],
  ['UTF-8 surrogate', Buffer.concat([Buffer.from(good.slice(0, -1)), Buffer.from([0xed, 0xa0, 0x80, 0x0a])])]
]

const forged: Array<[name: string, file: string]> = [
  ['another title', good.replace('Why', 'How')],
  ['another text', good.replace('First', 'Worst')],
  ['another author', good.replace(ana.author, ben.author)],
  ['another community', good.replace('community: c0', 'community: c1')],
  ['another time', good.replace('.123Z', '.124Z')],
  ['signed without the domain tag', good.replace(/signature: .*/, `signature: ${Buffer.from(ana.sign(Buffer.from(good.replace(/signature: .*\n/, '')))).toString('hex')}`)],
  ['signature of zeros', good.replace(/signature: .*/, `signature: ${'0'.repeat(128)}`)]
]

const phrase = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
const document = {
  description: 'Body files, version 1. `valid`: parse, verify, and give these bytes when written again. `malformed`: refused without a look at the signature. `forged`: canonical, but the signature does not hold. `base64` is the file.',
  identity: { phrase, authorSeed: Buffer.from(authorSeed(parsePhrase(phrase))).toString('hex'), author: authorOf(authorSeed(parsePhrase(phrase))).author },
  valid: validFields.map(([name, fields, author]) => {
    const file = Buffer.from(fileOf(fields, author))
    return { name, fields, sha256: createHash('sha256').update(file).digest('hex'), base64: file.toString('base64') }
  }),
  malformed: malformed.map(([name, file]) => ({ name, base64: Buffer.from(file).toString('base64') })),
  forged: forged.map(([name, file]) => ({ name, base64: Buffer.from(file).toString('base64') }))
}
writeFileSync(path.join(import.meta.dirname, '../../test/vectors/bodies.json'), `${JSON.stringify(document, null, 2)}\n`)
