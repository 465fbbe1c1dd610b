import type { ContentId } from '@seedbed/crdt-index'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatInvitation, looksLikeInvitation, parseInvitation, type Invitation } from '../../src/discovery/invitation.ts'
import { SeedbedError } from '../../src/errors.ts'
import { MAX_INVITATION_CHARS, MAX_INVITATION_PEERS } from '../../src/limits.ts'
import { communityOf, peerIdOf } from './peers.ts'

const test = suite('core/discovery/invitation')
const community = communityOf(0xabc)
const peer = `/ip4/192.0.2.1/tcp/4001/p2p/${peerIdOf(1)}`
const post = 'ab'.repeat(20) as ContentId

const host = fc.oneof(
  fc.ipV4().filter(ip => !/^(?:0|22[4-9]|2[3-5]\d)\./.test(ip)).map(ip => `/ip4/${ip.split('.').map(Number).join('.')}`),
  fc.constantFrom('/ip6/2001:db8::7', '/ip6/::1', '/dns4/seedbox.example.org', '/dns/a-b.c')
)
const peers = fc.uniqueArray(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }), tail: fc.constantFrom('', '/ws', '/tls/ws'), id: fc.nat({ max: 50 }) }), {
  maxLength: MAX_INVITATION_PEERS, selector: ({ host, port, tail, id }) => JSON.stringify([host, port, tail, id])
}).map(list => list.map(({ host, port, tail, id }) => `${host}/tcp/${port}${tail}/p2p/${peerIdOf(id)}`))
const hex = (bytes: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(value => Buffer.from(value).toString('hex'))
const invitation: fc.Arbitrary<Invitation> = fc.record({ community: hex(32), peers, post: fc.option(hex(20)) }, { noNullPrototype: true }).map(({ community, peers, post }): Invitation => ({ community: community as Invitation['community'], peers, post: post as Invitation['post'] }))

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof SeedbedError) return error.code
    throw error
  }
  return 'none'
}

test('what is written is read back, and written the same again', () => {
  fc.assert(fc.property(invitation, value => {
    const link = formatInvitation(value)
    assert.ok(link.length <= MAX_INVITATION_CHARS)
    assert.match(link, /^seedbed:[0-9a-f]{64}(?:\?[\w./:%=&-]+)?$/)
    assert.equal(parseInvitation(link), value)
    assert.is(formatInvitation(parseInvitation(link)), link)
  }))
})

test('one form', () => {
  assert.is(formatInvitation({ community, peers: [peer, peer], post }), `seedbed:${community}?peer=${peer}&post=${post}`)
  assert.is(formatInvitation({ community, peers: [], post: null }), `seedbed:${community}`)
})

test('reading forgives what chats and people do to a link', () => {
  const expected = { community, peers: [peer], post }
  const forms = [
    `seedbed:${community}?peer=${peer}&post=${post}`,
    `  SEEDBED:${community.toUpperCase()}?post=${post.toUpperCase()}&peer=${peer}\n`,
    `seedbed://${community}/?peer=${encodeURIComponent(peer)}&post=${post}`,
    `seedbed:${community}?utm_source=chat&peer=${peer}&peer=${peer}&post=${post}&&x#fragment`,
    `seedbed:${community}?p%65er=${peer}&post=${post}`
  ]
  for (const form of forms) assert.equal(parseInvitation(form), expected, form)
})

test('a broken link says what is wrong', () => {
  const corpus: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /does not start with seedbed:/],
    [community, /does not start with seedbed:/],
    [`magnet:?xt=urn:btih:${post}`, /does not start with seedbed:/],
    ['seedbed:', /community is not an address/],
    [`seedbed:${community.slice(1)}`, /community is not an address/],
    [`seedbed:${community}/more`, /community is not an address/],
    [`seedbed:///${community}`, /community is not an address/],
    [`seedbed:${community}%`, /percent-encoding/],
    [`seedbed:${community}?peer=%zz`, /percent-encoding/],
    [`seedbed:${community}?peer=%ff`, /percent-encoding/],
    [`seedbed:${community}?peer`, /not a peer's address/],
    [`seedbed:${community}?peer=/ip4/192.0.2.1/tcp/4001`, /not a peer's address/],
    [`seedbed:${community}?peer=/ip4/0.0.0.0/tcp/1/p2p/${peerIdOf(1)}`, /not a peer's address/],
    [`seedbed:${community}?peer=${peer}%0d%0aHost:x`, /not a peer's address/],
    [`seedbed:${community}?peer=javascript:alert(1)`, /not a peer's address/],
    [`seedbed:${community}?post=${post}0`, /post is not an id/],
    [`seedbed:${community}?post=`, /post is not an id/],
    [`seedbed:${community}?post=${post}&post=${post}`, /two posts/],
    [`seedbed:${community}?${Array.from({ length: 9 }, (_, i) => `peer=/ip4/192.0.2.${i + 1}/tcp/1/p2p/${peerIdOf(i)}`).join('&')}`, /more than 8 peers/],
    [`seedbed:${community}?x=${'a'.repeat(MAX_INVITATION_CHARS)}`, /more than 8192 characters/]
  ]
  for (const [link, reason] of corpus) {
    assert.is(codeOf(() => parseInvitation(link)), 'BAD_LINK', link)
    assert.throws(() => parseInvitation(link), reason)
  }
})

test('any text is read or refused with BAD_LINK, at once', () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom('seedbed:', community, '?', '&', 'peer=', 'post=', '%', '%2F', '#', '/', peer, post, '=', '\u0000', '\ud800'), fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 30 })
  fc.assert(fc.property(pieces.map(parts => parts.join('')), text => {
    const code = codeOf(() => parseInvitation(text))
    assert.ok(code === 'none' || code === 'BAD_LINK', code)
    if (code === 'none') assert.equal(parseInvitation(formatInvitation(parseInvitation(text))), parseInvitation(text))
  }), { numRuns: 1000 })
})

test('an address is not taken for a link, and nothing unfit is written', () => {
  assert.is(looksLikeInvitation(` ${community}`), false)
  assert.is(looksLikeInvitation(' Seedbed:x'), true)
  assert.is(codeOf(() => formatInvitation({ community, peers: ['/ip4/192.0.2.1/tcp/4001'], post: null })), 'BAD_LINK')
  assert.is(codeOf(() => formatInvitation({ community, peers: Array.from({ length: 9 }, (_, i) => `/ip4/192.0.2.1/tcp/${i + 1}/p2p/${peerIdOf(1)}`), post: null })), 'BAD_LINK')
})

test.run()
