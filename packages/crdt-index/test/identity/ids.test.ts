import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createHash } from 'node:crypto'
import { itemIdOf, itemIdOfBytes, parseAuthorId, parseCommunityAddress, parseContentId, parseEnvelopeHash, parseItemId, bytesOfItemId, topicOf } from '../../src/identity/ids.ts'
import { isPeriod, periodOf } from '../../src/identity/period.ts'

const test = suite('ids and periods')
const key = '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c'
const failsWith = (code: string) => (error: { code?: string }): boolean => error.code === code

test('parsers take one spelling', () => {
  assert.is(parseAuthorId(key), key)
  assert.is(parseCommunityAddress(key), key)
  assert.is(parseEnvelopeHash(key), key)
  assert.is(parseContentId(key.slice(0, 40)), key.slice(0, 40))
  for (const text of ['', key.slice(1), key.toUpperCase(), `${key}0`, `${key.slice(1)}g`, undefined as unknown as string]) {
    assert.throws(() => parseAuthorId(text), failsWith('BAD_ID'))
    assert.throws(() => parseContentId(text), failsWith('BAD_ID'))
    assert.throws(() => parseEnvelopeHash(text), failsWith('BAD_ID'))
    assert.throws(() => parseCommunityAddress(text), failsWith('BAD_ADDRESS'))
    assert.throws(() => parseItemId(text), failsWith('BAD_ID'))
  }
})

test('an item is the author and the content, cut to 20 bytes', () => {
  const content = key.slice(0, 40)
  const item = itemIdOf(parseAuthorId(key), parseContentId(content))
  assert.is(item, createHash('sha256').update(Buffer.from(key + content, 'hex')).digest().subarray(0, 20).toString('base64url'))
  assert.is(parseItemId(item), item)
  assert.is(itemIdOfBytes(bytesOfItemId(item)), item)
  assert.throws(() => parseItemId(`${'A'.repeat(26)}B`), failsWith('BAD_ID'), 'spare bits')
})

test('a topic does not show the address', () => {
  const topic = topicOf(parseCommunityAddress(key))
  assert.match(topic, /^\/seedbed\/1\/[0-9a-f]{64}$/)
  assert.not.ok(topic.includes(key))
  assert.is(topic, topicOf(parseCommunityAddress(key)))
})

test('a period is the month in UTC', () => {
  assert.is(periodOf(0), 197001)
  assert.is(periodOf(Date.UTC(2026, 10, 30, 23, 59, 59, 999)), 202611)
  assert.is(periodOf(Date.UTC(2026, 11, 1)), 202612)
  for (const period of [0, 197001, 202612, 999912]) assert.ok(isPeriod(period), String(period))
  for (const period of [1, -1, 196912, 202600, 202613, 999913, 1_000_001, 202611.5, NaN, '202611', null]) assert.not.ok(isPeriod(period), String(period))
})

test.run()
