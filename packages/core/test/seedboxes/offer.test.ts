import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createPhrase, authorSeed } from '../../src/identity/phrase.ts'
import { MAX_SEEDBOX_FRAME_BYTES, MAX_SEEDBOX_PATH_CHARS } from '../../src/limits.ts'
import { decodeOffer, encodeOffer } from '../../src/seedboxes/offer.ts'
import { createOwnership } from '../../src/seedboxes/ownership.ts'
import { webOrigin } from '../../src/seedboxes/web-address.ts'
import { peerIdOf } from '../discovery/peers.ts'

const test = suite('core/seedboxes/offer')
const path = fc.stringMatching(/^\/[\w.~/-]*$/, { maxLength: MAX_SEEDBOX_PATH_CHARS })
const offer = fc.record({ relay: fc.boolean(), tracker: fc.option(path), signalling: fc.option(path), proof: fc.uint8Array({ minLength: 32, maxLength: 32 }) }, { noNullPrototype: true })

test('what is written is read, and fits its frame', () => {
  fc.assert(fc.property(offer, one => {
    const frame = encodeOffer(one)
    assert.ok(frame.length <= MAX_SEEDBOX_FRAME_BYTES)
    assert.equal(decodeOffer(frame), one)
  }))
})

test('anything else is no offer, and never an exception', () => {
  const bad = ['', 'null', '[]', '1', '{}', '{"relay":1,"tracker":null,"signalling":null,"proof":"00"}']
  const proof = '0'.repeat(64)
  const rest = { relay: true, tracker: null, signalling: null, proof }
  for (const change of [{ tracker: 'x' }, { tracker: '/a b' }, { tracker: '/\n' }, { signalling: '/?' }, { tracker: `/${'a'.repeat(MAX_SEEDBOX_PATH_CHARS)}` }, { proof: '0'.repeat(63) }, { proof: 'G'.repeat(64) }, { tracker: undefined }]) bad.push(JSON.stringify({ ...rest, ...change }))
  for (const text of bad) assert.is(decodeOffer(new TextEncoder().encode(text)), null, text)
  assert.not.equal(decodeOffer(new TextEncoder().encode(JSON.stringify(rest))), null)
  fc.assert(fc.property(fc.uint8Array({ maxLength: MAX_SEEDBOX_FRAME_BYTES }), bytes => { decodeOffer(bytes) }))
  fc.assert(fc.property(fc.json(), text => { decodeOffer(new TextEncoder().encode(text)) }))
})

test('a proof holds for one author, one seedbox and one asker', () => {
  const seed = authorSeed(createPhrase())
  const mine = createOwnership(seed)
  const [box, asker, other] = [peerIdOf(1), peerIdOf(2), peerIdOf(3)]
  const proof = mine.prove(box, asker)
  assert.ok(createOwnership(seed).holds(proof, box, asker))
  assert.not(mine.holds(proof, box, other))
  assert.not(mine.holds(proof, other, asker))
  assert.not(mine.holds(proof, asker, box))
  assert.not(mine.holds(proof.subarray(0, 31), box, asker))
  assert.not(mine.holds(new Uint8Array(0), box, asker))
  assert.not(createOwnership(authorSeed(createPhrase())).holds(proof, box, asker))
})

test('the URLs beside a WebSocket listener', () => {
  assert.is(webOrigin(`/ip4/192.0.2.1/tcp/8080/ws/p2p/${peerIdOf(1)}`), 'ws://192.0.2.1:8080')
  assert.is(webOrigin('/ip6/2001:db8::1/tcp/8080/ws'), 'ws://[2001:db8::1]:8080')
  assert.is(webOrigin('/dns4/example.org/tcp/443/wss'), 'wss://example.org:443')
  assert.is(webOrigin('/dns/example.org/tcp/443/tls/ws'), 'wss://example.org:443')
  for (const none of ['/ip4/192.0.2.1/tcp/8080', '/ip4/192.0.2.1/udp/8080/ws', `/ip4/192.0.2.1/tcp/1/ws/p2p/${peerIdOf(1)}/p2p-circuit`, 'nonsense', '']) assert.is(webOrigin(none), null, none)
})

test.run()
