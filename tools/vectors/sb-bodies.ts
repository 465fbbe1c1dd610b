// Writes test/vectors/sb-bodies.json: messages of sb_bodies, put together here from docs/sb_bodies.md alone, so that the
// vectors do not inherit a mistake of the package.
//
//   node --conditions=source tools/vectors/sb-bodies.ts
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

const digest = (algorithm: string, bytes: Uint8Array): Buffer => createHash(algorithm).update(bytes).digest()

/** Infohash of a body, as docs/protocol.md says. */
function infoHash (body: Uint8Array): string {
  const info = Buffer.concat([
    Buffer.from(`d6:lengthi${body.length}e4:name68:${digest('sha256', body).toString('hex')}.txt12:piece lengthi65536e6:pieces20:`), digest('sha1', body), Buffer.from('e')
  ])
  return digest('sha1', info).toString('hex')
}

/** `count` infohashes that every language can make: the sha1 of the decimal numbers from 0 on. */
const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => digest('sha1', Buffer.from(String(i))).toString('hex'))
const payload = (type: number, ...parts: Array<string | Uint8Array>): string => Buffer.concat([Buffer.of(type), ...parts.map(part => typeof part === 'string' ? Buffer.from(part, 'hex') : part)]).toString('hex')
const list = (name: string, type: number, count: number): object => ({ name: `${name} ${count}`, payload: payload(type, ...ids(count)), type: name, ids: ids(count) })
const wanted = (name: string, type: number, priority: number, count: number): object => ({
  name: `${name} ${count} with priority ${priority}`, payload: payload(type, Buffer.of(priority), ...ids(count)), type: name, priority, ids: ids(count)
})

const hello = Buffer.from('hello, world\n')
const other = Buffer.from('other bytes')
const full = Buffer.from(Array.from({ length: 65_536 }, (_, i) => (i * 31 + 65_536) % 251))
const body = (name: string, id: string, bytes: Buffer): object => ({ name, payload: payload(2, id, bytes), type: 'body', infoHash: id, length: bytes.length, verifies: infoHash(bytes) === id })

/** The file's content. */
export function sbBodiesVectors (): string {
  return `${JSON.stringify({
    about: 'Messages of sb_bodies (docs/sb_bodies.md), from the type on. Made by tools/vectors/sb-bodies.ts.',
    valid: [
      wanted('want', 0, 0, 1), wanted('want', 0, 128, 3), wanted('want', 0, 255, 512), wanted('raise', 4, 255, 2), wanted('raise', 4, 0, 1),
      list('cancel', 1, 1), list('absent', 3, 2),
      { name: 'want one twice', payload: payload(0, Buffer.of(7), ...ids(1), ...ids(1)), type: 'want', priority: 7, ids: [...ids(1), ...ids(1)] },
      body('a line', infoHash(hello), hello), body('one byte', infoHash(Buffer.of(0)), Buffer.of(0)), body('a full piece', infoHash(full), full),
      body('bytes of another infohash', infoHash(hello), other)
    ],
    ignored: [{ name: 'type 5', payload: payload(5) }, { name: 'type 255 with content', payload: payload(255, Buffer.from('abc')) }],
    invalid: [
      { name: 'no type', payload: '' },
      { name: 'want without a priority', payload: payload(0) },
      { name: 'want of nothing', payload: payload(0, Buffer.of(0)) },
      { name: 'want of an infohash without a priority', payload: payload(0, ...ids(1)) },
      { name: 'raise without a priority', payload: payload(4) },
      { name: 'raise of nothing', payload: payload(4, Buffer.of(255)) },
      { name: 'raise of 513', payload: payload(4, Buffer.of(255), ...ids(513)) },
      { name: 'cancel of nothing', payload: payload(1) },
      { name: 'absence of nothing', payload: payload(3) },
      { name: 'want with a byte too few', payload: payload(0, Buffer.of(0), ...ids(2)).slice(0, -2) },
      { name: 'want with a byte too many', payload: payload(0, Buffer.of(0), ...ids(1), '00') },
      { name: 'want of 513', payload: payload(0, Buffer.of(0), ...ids(513)) },
      { name: 'absence of 513', payload: payload(3, ...ids(513)) },
      { name: 'body without an infohash', payload: payload(2) },
      { name: 'body with half an infohash', payload: payload(2, Buffer.alloc(10)) },
      { name: 'body without bytes', payload: payload(2, infoHash(hello)) },
      { name: 'body one byte too long', payload: payload(2, infoHash(full), full, '00') }
    ]
  }, null, 1)}\n`
}

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, '../../test/vectors/sb-bodies.json'), sbBodiesVectors())
