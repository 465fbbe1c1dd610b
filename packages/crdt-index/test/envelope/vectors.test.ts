// test/vectors/{genesis,envelopes}.json: valid and invalid, for every implementation of the formats.
import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { envelopeVectors, genesisVectors } from '../../../../tools/vectors/crdt-index.ts'
import { decodeEnvelope } from '../../src/envelope/envelope.ts'
import { decodeGenesis } from '../../src/envelope/genesis.ts'
import { stampBits } from '../../src/envelope/stamp.ts'
import { verifyEnvelope } from '../../src/envelope/verify.ts'
import { bytesToHex, hexToBytes } from '../../src/identity/encoding.ts'
import { itemIdOf, parseAuthorId, parseCommunityAddress, parseContentId, topicOf } from '../../src/identity/ids.ts'

interface GenesisVectors {
  valid: Array<{ name: string, fields: Record<string, unknown>, address: string, topic: string, bytes: string }>
  invalid: Array<{ name: string, bytes: string }>
}

interface EnvelopeVectors {
  item: { author: string, contentId: string, item: string }
  stamps: Array<{ community: string, author: string, stamp: string, bits: number }>
  valid: Array<{ name: string, hash: string, header: { timeMs: number, device: number, seen: Array<[number, number]> }, entries: unknown, envelope: string }>
  invalid: Array<{ name: string, envelope: string }>
}

const test = suite('vectors')
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../../../test/vectors/${name}.json`, import.meta.url), 'utf8'))
const genesis = read('genesis') as GenesisVectors
const envelopes = read('envelopes') as EnvelopeVectors

test('the files are what their generator writes', () => {
  assert.equal(JSON.parse(JSON.stringify(genesisVectors())), genesis)
  assert.equal(JSON.parse(JSON.stringify(envelopeVectors())), envelopes)
})

for (const { name, fields, address, topic, bytes } of genesis.valid) {
  test(`genesis: ${name}`, () => {
    const decoded = decodeGenesis(hexToBytes(bytes))
    assert.equal({ founder: decoded.founder, slug: decoded.slug, difficulty: decoded.difficulty, nonce: bytesToHex(decoded.nonce) }, fields)
    assert.is(decoded.address, address)
    assert.is(topicOf(decoded.address), topic)
  })
}

for (const { name, bytes } of genesis.invalid) {
  test(`genesis refused: ${name}`, () => {
    assert.throws(() => decodeGenesis(hexToBytes(bytes)), (error: { code?: string }) => error.code === 'BAD_GENESIS')
  })
}

for (const { name, hash, header, envelope } of envelopes.valid) {
  test(`envelope: ${name}`, () => {
    const verified = verifyEnvelope(decodeEnvelope(Buffer.from(envelope, 'base64')))
    assert.ok(!('verdict' in verified), JSON.stringify(verified))
    assert.is(verified.hash, hash)
    assert.equal([verified.header.timeMs, verified.header.device, [...verified.header.seen]], [header.timeMs, header.device, header.seen])
  })
}

for (const { name, envelope } of envelopes.invalid) {
  test(`envelope refused: ${name}`, () => {
    let verdict: string
    try {
      const outcome = verifyEnvelope(decodeEnvelope(Buffer.from(envelope, 'base64')))
      verdict = 'verdict' in outcome ? outcome.verdict : 'verified'
    } catch (error) {
      assert.is((error as { code?: string }).code, 'BAD_ENVELOPE')
      verdict = 'reject'
    }
    assert.is(verdict, 'reject')
  })
}

test('items and stamps', () => {
  const { author, contentId, item } = envelopes.item
  assert.is(itemIdOf(parseAuthorId(author), parseContentId(contentId)), item)
  for (const { community, author, stamp, bits } of envelopes.stamps) {
    assert.is(stampBits({ community: parseCommunityAddress(community), author: parseAuthorId(author), stamp: hexToBytes(stamp) }), bits)
  }
})

test.run()
