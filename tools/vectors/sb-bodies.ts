// Writes test/vectors/sb-bodies.json: messages and whole conversations of sb_bodies, put together here from
// docs/sb_bodies.md alone, so that the vectors do not inherit a mistake of the package.
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

// Conversations: every byte of both sides, from the handshake on.

const uint32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes }
const message = (id: number, ...parts: Uint8Array[]): Buffer => { const rest = Buffer.concat([Buffer.of(id), ...parts]); return Buffer.concat([uint32(rest.length), rest]) }
const extended = (id: number, content: string | Uint8Array): Buffer => message(20, Buffer.of(id), Buffer.from(content))
const PEER_IDS = { requester: '-XX0100-requester000', server: '-XX0100-server000000' } as const
/** Reserved bits: extension protocol (BEP 10) and fast extension (BEP 6). */
const greeting = (from: keyof typeof PEER_IDS, door: string): Buffer => Buffer.concat([
  Buffer.of(19), Buffer.from('BitTorrent protocol'), Buffer.from('0000000000100004', 'hex'), Buffer.from(door, 'hex'), Buffer.from(PEER_IDS[from])
])
const HAVE_ALL = message(14)
const HAVE_NONE = message(15)
const UNCHOKE = message(1)
/** Ids under which each side wants to receive: the requester 1, the server 2 (it also offers ut_metadata, as 1). */
const toServer = (hex: string): Buffer => extended(2, Buffer.from(hex, 'hex'))
const toRequester = (hex: string): Buffer => extended(1, Buffer.from(hex, 'hex'))
const OURS = extended(0, 'd1:md9:sb_bodiesi1eee')
const infoBytes = (body: Uint8Array): number => `d6:lengthi${body.length}e4:name68:`.length + 68 + '12:piece lengthi65536e6:pieces20:'.length + 20 + 1

interface Step { from: 'requester' | 'server', means: string, bytes: Buffer }
const said = (from: Step['from'], means: string, ...bytes: Buffer[]): Step => ({ from, means, bytes: Buffer.concat(bytes) })
const opening = (door: Buffer): Step[] => [
  said('requester', 'handshake; the door is the first wanted body', greeting('requester', infoHash(door))),
  said('server', 'handshake, extended handshake, have-all, unchoke', greeting('server', infoHash(door)),
    extended(0, `d1:md9:sb_bodiesi2e11:ut_metadatai1ee13:metadata_sizei${infoBytes(door)}ee`), HAVE_ALL, UNCHOKE)
]
const [second, third, lacking] = [Buffer.from('second'), Buffer.from('third'), Buffer.from('lacking')]
const idOf = (...bodies: Buffer[]): string => bodies.map(infoHash).join('')
const wantOf = (priority: number, ...bodies: Buffer[]): Buffer => toServer(payload(0, Buffer.of(priority), idOf(...bodies)))
const answer = (bytes: Buffer): Buffer => toRequester(payload(2, infoHash(bytes), bytes))

interface Conversation { name: string, held: Buffer[], wanted: Buffer[], steps: Step[], ends: 'by nobody' | 'by the server' | 'by the requester', replay: Array<'requester' | 'server'> }
const conversations: Conversation[] = [
  {
    name: 'three bodies and one that is not there', held: [hello, second, third], wanted: [hello, lacking, second, third], ends: 'by nobody', replay: ['requester', 'server'],
    steps: [
      ...opening(hello),
      said('requester', 'have-none, extended handshake, want', HAVE_NONE, OURS, wantOf(0, hello, lacking, second, third)),
      said('server', 'absent, which waits for nothing', toRequester(payload(3, idOf(lacking)))),
      said('server', 'the bodies in the order of asking', answer(hello), answer(second), answer(third))
    ]
  },
  {
    name: 'one body', held: [hello], wanted: [hello], ends: 'by nobody', replay: ['requester', 'server'],
    steps: [...opening(hello), said('requester', 'have-none, extended handshake, want', HAVE_NONE, OURS, wantOf(0, hello)), said('server', 'the body', answer(hello))]
  },
  {
    name: 'priority, raise and cancel', held: [hello, second, third], wanted: [hello, second], ends: 'by nobody', replay: ['server'],
    steps: [
      ...opening(hello),
      said('requester', 'extended handshake; raise and cancel of what is not wanted, which are ignored; want with priority 200', OURS,
        toServer(payload(4, Buffer.of(255), idOf(third))), toServer(payload(1, idOf(third))), wantOf(200, hello)),
      said('server', 'the body', answer(hello)),
      said('requester', 'want with priority 7', wantOf(7, second)),
      said('server', 'the body', answer(second))
    ]
  },
  {
    name: 'the same twice, and a message of a later version', held: [hello], wanted: [hello], ends: 'by nobody', replay: ['server'],
    steps: [
      ...opening(hello),
      said('requester', 'extended handshake, an unknown type, which is ignored, and a want', OURS, toServer(payload(200, Buffer.from('later'))), wantOf(0, hello, hello)),
      said('server', 'two answers', answer(hello), answer(hello))
    ]
  },
  { name: 'a door that is not held', held: [hello], wanted: [lacking], ends: 'by the server', replay: ['server'], steps: [said('requester', 'handshake', greeting('requester', infoHash(lacking)))] },
  {
    name: 'a want of nothing', held: [hello], wanted: [hello], ends: 'by the server', replay: ['server'],
    steps: [...opening(hello), said('requester', 'extended handshake and a malformed want', OURS, toServer(payload(0, Buffer.of(0))))]
  },
  {
    name: 'bytes of another body', held: [hello], wanted: [hello], ends: 'by the requester', replay: ['requester'],
    steps: [
      ...opening(hello), said('requester', 'have-none, extended handshake, want', HAVE_NONE, OURS, wantOf(0, hello)),
      said('server', 'other bytes under the infohash that was asked for', toRequester(payload(2, infoHash(hello), other)))
    ]
  },
  {
    name: 'an answer to what was not asked for', held: [hello], wanted: [hello], ends: 'by the requester', replay: ['requester'],
    steps: [...opening(hello), said('requester', 'have-none, extended handshake, want', HAVE_NONE, OURS, wantOf(0, hello)), said('server', 'a body that nobody wants', answer(second))]
  }
]
const written = ({ held, wanted: wishes, steps, ...rest }: Conversation): object => ({
  ...rest,
  held: held.map(bytes => bytes.toString('hex')),
  wanted: wishes.map(infoHash),
  steps: steps.map(({ from, means, bytes }) => ({ from, means, bytes: bytes.toString('hex') }))
})

/** The file's content. */
export function sbBodiesVectors (): string {
  return `${JSON.stringify({
    about: 'Messages of sb_bodies (docs/sb_bodies.md), from the type on, and whole conversations. Made by tools/vectors/sb-bodies.ts.',
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
    ],
    peerIds: PEER_IDS,
    conversations: conversations.map(written)
  }, null, 1)}\n`
}

if (import.meta.main) writeFileSync(path.join(import.meta.dirname, '../../test/vectors/sb-bodies.json'), sbBodiesVectors())
