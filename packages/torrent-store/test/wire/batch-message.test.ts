// The messages of sb_bodies against the vectors of docs/sb_bodies.md, and against any bytes.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseInfoHash, refOf } from '../../src/index.ts'
import { readBatchMessage, writeBody, writeIds, writeWanted, type BatchMessage } from '../../src/wire/batch-message.ts'
import { sbBodiesVectors } from '../../../../tools/vectors/sb-bodies.ts'

const test = suite('messages of sb_bodies')

interface Named { name: string, payload: string }
type Valid = Named & ({ type: 'want' | 'raise', priority: number, ids: string[] } | { type: 'cancel' | 'absent', ids: string[] } | { type: 'body', infoHash: string, length: number, verifies: boolean })
const file = readFileSync(new URL('../../../../test/vectors/sb-bodies.json', import.meta.url), 'utf8')
const vectors = JSON.parse(file) as { valid: Valid[], ignored: Named[], invalid: Named[] }
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')
const hex = (from: Uint8Array): string => Buffer.from(from).toString('hex')

test('the vectors are those that the generator makes', () => {
  assert.ok(file === sbBodiesVectors())
  assert.ok(vectors.valid.length > 8 && vectors.ignored.length > 1 && vectors.invalid.length > 10)
})

for (const vector of vectors.valid) {
  test(`valid: ${vector.name}`, () => {
    const message = readBatchMessage(bytes(vector.payload))
    assert.is(message?.type, vector.type)
    if (vector.type === 'body') {
      if (message?.type !== 'body') throw new Error('no body')
      assert.is(message.infoHash, vector.infoHash)
      assert.is(message.body.length, vector.length)
      assert.is(refOf(message.body).infoHash === message.infoHash, vector.verifies)
      assert.ok(hex(writeBody(message.infoHash, message.body)) === vector.payload)
    } else if (message !== null) {
      const { type, ids } = vector
      assert.equal(message, 'priority' in vector ? { type, priority: vector.priority, ids } : { type, ids })
      assert.is(hex(written(message)), vector.payload)
    }
  })
}
for (const { name, payload } of vectors.ignored) test(`ignored: ${name}`, () => { assert.equal(readBatchMessage(bytes(payload)), { type: 'unknown' }) })
for (const { name, payload } of vectors.invalid) test(`invalid: ${name}`, () => { assert.is(readBatchMessage(bytes(payload)), null) })

function written (message: BatchMessage): Uint8Array {
  if (message.type === 'unknown') throw new Error('nothing writes it')
  if (message.type === 'body') return writeBody(message.infoHash, message.body)
  return message.type === 'want' || message.type === 'raise' ? writeWanted(message.type, message.priority, message.ids) : writeIds(message.type, message.ids)
}

test('any bytes are refused, ignored, or written again as they were', () => {
  fc.assert(fc.property(fc.oneof(fc.constantFrom(0, 1, 2, 3, 4), fc.nat(255)), fc.uint8Array({ maxLength: 200 }), (type, rest) => {
    const payload = Buffer.concat([Buffer.of(type), rest])
    const message = readBatchMessage(payload)
    if (message === null) return
    if (message.type === 'unknown') assert.ok(type > 4)
    else assert.is(hex(written(message)), hex(payload))
  }), { numRuns: 2000 })
})

test('a list of no infohashes, or of too many, cannot be written', () => {
  assert.throws(() => writeWanted('want', 0, []), /1 to 512/)
  for (const priority of [-1, 256, 0.5, Number.NaN]) assert.throws(() => writeWanted('raise', priority, [parseInfoHash('f'.repeat(40))]), /0 to 255/)
  assert.throws(() => writeIds('absent', Array.from({ length: 513 }, () => parseInfoHash('f'.repeat(40)))), /1 to 512/)
})

test.run()
