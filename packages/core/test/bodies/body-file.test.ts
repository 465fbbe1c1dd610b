import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { CommunityAddress, ContentId } from '@seedbed/crdt-index'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseBody, serialiseBody } from '../../src/bodies/body-file.ts'
import type { BodyFields } from '../../src/bodies/body.ts'
import { normaliseText, normaliseTitle } from '../../src/bodies/text.ts'
import { isVerifiedBody, verifyBody } from '../../src/bodies/verify-body.ts'
import { SeedbedError } from '../../src/errors.ts'
import { MAX_BODY_BYTES, MAX_TEXT_BYTES, MAX_TITLE_BYTES } from '../../src/limits.ts'
import { testAuthor, verifySignature } from './signing.ts'

interface Vector { name: string, base64: string }
interface Vectors { valid: Array<Vector & { fields: BodyFields, sha256: string }>, malformed: Vector[], forged: Vector[] }

const test = suite('bodies/body-file')
const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/bodies.json', import.meta.url), 'utf8')) as Vectors
const authors = [testAuthor(1), testAuthor(2)]
const ana = testAuthor(1)
const bytesOf = (vector: Vector): Uint8Array => new Uint8Array(Buffer.from(vector.base64, 'base64'))

function refusal (work: () => unknown): SeedbedError {
  try { work() } catch (error) {
    if (error instanceof SeedbedError) return error
    throw error
  }
  throw new Error('it was not refused')
}

const hexes = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const normalised = (arbitrary: fc.Arbitrary<string>, normalise: (text: string) => string): fc.Arbitrary<string> =>
  arbitrary.map(text => { try { return normalise(text) } catch { return 'fallback' } })
const common = {
  author: fc.constantFrom(...authors.map(({ author }) => author)),
  community: hexes(64) as fc.Arbitrary<CommunityAddress>,
  createdMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
  text: normalised(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: fc.constantFrom('\n', '\t', ' ', ':', 'a', 'é', '🌱'), maxLength: 200 })), normaliseText)
}
const infohash = hexes(40) as fc.Arbitrary<ContentId>
const title = normalised(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), normaliseTitle)
const fieldsArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('post' as const), ...common, title, revises: infohash }, { requiredKeys: ['kind', 'author', 'community', 'createdMs', 'text', 'title'], noNullPrototype: true }),
  fc.record({ kind: fc.constant('comment' as const), ...common, root: infohash, parent: infohash, revises: infohash }, { requiredKeys: ['kind', 'author', 'community', 'createdMs', 'text', 'root', 'parent'], noNullPrototype: true })
)
const signFor = (fields: BodyFields): Uint8Array => serialiseBody(fields, (authors.find(({ author }) => author === fields.author) ?? ana).sign)

test('what was written reads back, verifies, and gives the same bytes again', () => {
  fc.assert(fc.property(fieldsArbitrary, fields => {
    const bytes = signFor(fields)
    const parsed = parseBody(bytes)
    assert.equal(parsed.fields, fields)
    const verified = verifyBody(parsed, verifySignature)
    assert.ok(isVerifiedBody(verified))
    assert.ok(Buffer.from(serialiseBody(verified.fields, () => verified.signature)).equals(bytes))
  }), { numRuns: 300 })
})

test('a file with any one bit changed is refused', () => {
  fc.assert(fc.property(fieldsArbitrary, fc.nat(), fc.nat({ max: 7 }), (fields, at, bit) => {
    const bytes = signFor(fields)
    const index = at % bytes.length
    bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
    assert.is(refusal(() => verifyBody(parseBody(bytes), verifySignature)).code, 'BAD_BODY')
  }), { numRuns: 1000 })
})

test('a file cut off or lengthened anywhere is refused', () => {
  const bytes = bytesOf(vectors.valid[1] ?? assert.unreachable() as never)
  for (let end = 0; end < bytes.length; end++) {
    assert.is(refusal(() => verifyBody(parseBody(bytes.subarray(0, end)), verifySignature)).code, 'BAD_BODY', `cut at ${end}`)
  }
  for (const tail of ['\n', 'x', ' \n', 'x\n']) {
    assert.is(refusal(() => verifyBody(parseBody(Buffer.concat([bytes, Buffer.from(tail)])), verifySignature)).code, 'BAD_BODY')
  }
})

test('any bytes are read or refused with BAD_BODY, nothing else', () => {
  const spliced = fc.tuple(fc.constantFrom(...vectors.valid.map(bytesOf).filter(bytes => bytes.length < 2000)), fc.nat(), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }))
    .map(([bytes, at, drop, insert]) => Buffer.concat([bytes.subarray(0, at % bytes.length), insert, bytes.subarray(at % bytes.length + drop)]))
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), spliced), bytes => {
    try {
      const parsed = parseBody(bytes)
      assert.ok(Buffer.from(serialiseBody(parsed.fields, () => parsed.signature)).equals(bytes))
    } catch (error) {
      assert.is((error as SeedbedError).code, 'BAD_BODY')
    }
  }), { numRuns: 2000 })
})

test('valid vectors: parse, verify, same bytes', () => {
  for (const vector of vectors.valid) {
    const bytes = bytesOf(vector)
    const body = verifyBody(parseBody(bytes), verifySignature)
    assert.equal(body.fields, vector.fields, vector.name)
    assert.is(createHash('sha256').update(signFor(vector.fields)).digest('hex'), vector.sha256, vector.name)
  }
})

test('malformed vectors are refused before any signature is looked at', () => {
  for (const vector of vectors.malformed) {
    const error = refusal(() => parseBody(bytesOf(vector)))
    assert.is(error.code, 'BAD_BODY', vector.name)
    assert.match(error.message, /^Not a body file: .+\.$/, vector.name)
    assert.not.match(error.message, /canonical form/, `${vector.name}: the message says nothing precise`)
  }
})

test('forged vectors parse but do not verify', () => {
  for (const vector of vectors.forged) {
    const parsed = parseBody(bytesOf(vector))
    assert.is(refusal(() => verifyBody(parsed, verifySignature)).code, 'BAD_BODY', vector.name)
  }
})

test('a copy of a verified body with other fields does not pass for one', () => {
  const body = verifyBody(parseBody(bytesOf(vectors.valid[0] ?? assert.unreachable() as never)), verifySignature)
  assert.is(isVerifiedBody(Object.assign({}, body, { fields: { ...body.fields, text: 'other' } })), false)
})

test('the bounds hold at their last byte, and the largest file fits', () => {
  const fields: BodyFields = { kind: 'post', author: ana.author, community: 'c0'.repeat(32) as CommunityAddress, createdMs: 0, title: 't'.repeat(MAX_TITLE_BYTES), revises: '0c'.repeat(20) as ContentId, text: 'x'.repeat(MAX_TEXT_BYTES) }
  assert.ok(signFor(fields).length <= MAX_BODY_BYTES)
  for (const wrong of [{ title: 't'.repeat(MAX_TITLE_BYTES + 1) }, { text: 'x'.repeat(MAX_TEXT_BYTES + 1) }, { text: ' ' }, { text: 'a\n' }, { title: ' a' }, { title: 'a\nb' }, { createdMs: 0.5 }, { createdMs: -1 }, { createdMs: 253_402_300_800_000 }, { revises: '0C'.repeat(20) as ContentId }, { author: 'x' as typeof ana.author }]) {
    assert.is(refusal(() => signFor({ ...fields, ...wrong })).code, 'BAD_BODY', Object.keys(wrong)[0])
  }
})

test.run()
