import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeAnswer, decodeQuestion, encodeAnswer, encodeQuestion } from '../../src/discovery/peer-exchange-codec.ts'
import { MAX_BOOK_ADDRESSES, MAX_EXCHANGE_FRAME_BYTES, MAX_EXCHANGE_PEERS, MAX_EXCHANGE_TOPICS, MAX_SAID_ADDRESSES } from '../../src/limits.ts'
import { peerIdOf } from './peers.ts'

const test = suite('core/discovery/peer-exchange-codec')
const address = fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `/ip4/${host}/tcp/${port}`).filter(text => !/\/ip4\/(?:0|22[4-9]|23\d|24\d|25\d)\./.test(text))
const frameOf = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

test('what is written is read', () => {
  fc.assert(fc.property(fc.array(fc.string({ minLength: 1, maxLength: 64 }), { maxLength: MAX_EXCHANGE_TOPICS }), fc.uniqueArray(address, { maxLength: MAX_BOOK_ADDRESSES }), (topics, addresses) => {
    const question = decodeQuestion(encodeQuestion(topics, addresses), peerIdOf(1))
    assert.equal([question?.topics, question?.addresses.map(({ address }) => address)], [topics, addresses])
  }))
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }).map(peerIdOf), fc.uniqueArray(address, { minLength: 1, maxLength: MAX_BOOK_ADDRESSES })), { maxLength: MAX_EXCHANGE_PEERS }), peers => {
    const frame = encodeAnswer('topic', peers)
    assert.equal(decodeAnswer(frame)?.peers.map(({ peer, addresses }) => [peer, addresses.map(({ address }) => address)]), peers)
  }))
})

test('the largest answer of usual addresses fits a frame', () => {
  const relayed = `/dns4/a-seedbox-with-a-long-name.example.org/tcp/443/wss/p2p/${peerIdOf(2)}/p2p-circuit/webrtc`
  const peers = Array.from({ length: MAX_EXCHANGE_PEERS }, (_, n) => [peerIdOf(n + 3), Array.from({ length: 4 }, () => relayed)] as const)
  assert.ok(encodeAnswer('x'.repeat(128), peers).length < MAX_EXCHANGE_FRAME_BYTES)
})

test('a peer tells its own addresses only; what nobody can dial is left out', () => {
  const own = peerIdOf(1)
  const question = decodeQuestion(frameOf({ topics: ['t'], addresses: ['/ip4/1.2.3.4/tcp/1', `/ip4/1.2.3.4/tcp/2/p2p/${own}`, `/ip4/1.2.3.4/tcp/3/p2p/${peerIdOf(2)}`, 'nonsense', 7, null, ''] }), own)
  assert.equal(question?.addresses.map(({ address, peer }) => [address, peer]), [['/ip4/1.2.3.4/tcp/1', own], ['/ip4/1.2.3.4/tcp/2', own]])
  const answer = decodeAnswer(frameOf({ topic: 't', peers: [[own, ['/ip4/1.2.3.4/tcp/1']], [own, []], ['nobody', ['/ip4/1.2.3.4/tcp/1']], [own], own, null, [own, 'x'], [7, ['/ip4/1.2.3.4/tcp/1']]] }))
  assert.equal(answer?.peers.map(({ peer }) => peer), [own])
})

test('too much of anything, and anything else, is no frame', () => {
  const own = peerIdOf(1)
  const bad = ['', 'null', '1', '[]', '{', '{}', { topics: 'x', addresses: [] }, { topics: [''], addresses: [] }, { topics: [1], addresses: [] }, { topics: [] }, { topics: ['x'.repeat(129)], addresses: [] },
    { topics: Array.from({ length: MAX_EXCHANGE_TOPICS + 1 }, () => 't'), addresses: [] }, { topics: [], addresses: Array.from({ length: MAX_SAID_ADDRESSES + 1 }, () => '') }]
  for (const value of bad) assert.is(decodeQuestion(frameOf(value), own), null, JSON.stringify(value).slice(0, 80))
  for (const value of [...bad, { topic: 't' }, { topic: '', peers: [] }, { topic: 't', peers: {} }, { topic: 't', peers: Array.from({ length: MAX_EXCHANGE_PEERS + 1 }, () => []) }]) assert.is(decodeAnswer(frameOf(value)), null)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), frame => {
    decodeQuestion(frame, own)
    decodeAnswer(frame)
  }))
  fc.assert(fc.property(fc.record({ topics: fc.jsonValue(), addresses: fc.jsonValue(), topic: fc.jsonValue(), peers: fc.jsonValue() }), value => {
    decodeQuestion(frameOf(value), own)
    decodeAnswer(frameOf(value))
  }))
})

test.run()
