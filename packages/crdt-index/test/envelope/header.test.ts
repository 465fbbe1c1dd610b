import { decode, encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeHeader } from '../../src/envelope/header.ts'
import { CrdtIndexError } from '../../src/errors.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { isPeriod } from '../../src/identity/period.ts'
import type { EnvelopeHeader } from '../../src/model.ts'

const test = suite('envelope header')

const uint = (min: number, max: number): fc.Arbitrary<number> => fc.oneof(fc.integer({ min, max: Math.min(max, min + 300) }), fc.maxSafeInteger().map(n => min + Math.abs(n) % (max - min + 1)), fc.constant(max))
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength })

/** Fields that fit, in their order on the wire. */
const fields = fc.record({
  community: bytes(32, 32), period: fc.constantFrom(0, 197001, 202611, 999912), author: bytes(32, 32), part: uint(0, 255), device: uint(1, 2 ** 32 - 1), seq: uint(1, 2 ** 31 - 1),
  timeMs: uint(1, Number.MAX_SAFE_INTEGER), isSnapshot: fc.boolean(), others: fc.uniqueArray(fc.tuple(uint(1, 2 ** 32 - 1), uint(1, 2 ** 31 - 1)), { maxLength: 15, selector: ([device]) => device }),
  stamp: bytes(0, 16), updateLength: uint(0, 256 * 1024), updateHash: bytes(32, 32)
}).map(({ community, period, author, part, device, seq, timeMs, isSnapshot, others, stamp, updateLength, updateHash }): unknown[] => {
  const seen = isSnapshot ? [...others.filter(([other]) => other !== device), [device, seq]].sort(([a], [b]) => Number(a) - Number(b)) : []
  return ['seedbed/envelope/1', community, period, author, part, device, seq, timeMs, isSnapshot ? 1 : 0, seen, stamp, updateLength, updateHash]
})

/** The same rules by way of a general decoder: well-formed, of the shape, and what an encoder makes of it again. */
function fits (header: Uint8Array): boolean {
  let value: unknown
  try {
    value = decode(header)
  } catch {
    return false
  }
  if (!Array.isArray(value) || value.length !== 13) return false
  const [domain, community, period, author, part, device, seq, timeMs, kind, seen, stamp, updateLength, updateHash] = value as unknown[]
  const isUint = (number: unknown, min: number, max: number): boolean => typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max
  const isBytes = (field: unknown, min: number, max: number): boolean => field instanceof Uint8Array && field.length >= min && field.length <= max
  if (domain !== 'seedbed/envelope/1' || !isBytes(community, 32, 32) || !isPeriod(period) || !isBytes(author, 32, 32) || !isUint(part, 0, 255)) return false
  if (!isUint(device, 1, 2 ** 32 - 1) || !isUint(seq, 1, 2 ** 31 - 1) || !isUint(timeMs, 1, Number.MAX_SAFE_INTEGER) || (kind !== 0 && kind !== 1)) return false
  if (!isBytes(stamp, 0, 16) || !isUint(updateLength, 0, 256 * 1024) || !isBytes(updateHash, 32, 32)) return false
  if (!Array.isArray(seen) || seen.length > 16) return false
  for (const pair of seen as unknown[]) if (!Array.isArray(pair) || pair.length !== 2 || !isUint(pair[0], 1, 2 ** 32 - 1) || !isUint(pair[1], 1, 2 ** 31 - 1)) return false
  const pairs = new Map(seen as Array<[number, number]>)
  if (kind === 0 ? pairs.size > 0 : pairs.get(device as number) !== seq) return false
  return Buffer.from(encode(value.with(9, [...pairs].sort(([a], [b]) => a - b)))).equals(header)
}

function read (header: Uint8Array): EnvelopeHeader | null {
  try {
    return decodeHeader(header)
  } catch (error) {
    assert.instance(error, CrdtIndexError)
    return null
  }
}

test('every field comes back as it was written', () => {
  fc.assert(fc.property(fields, value => {
    const header = decodeHeader(new Uint8Array(encode(value)))
    assert.equal([
      'seedbed/envelope/1', hexToBytes(header.community), header.period, hexToBytes(header.author), header.part, header.device, header.seq, header.timeMs, header.kind,
      [...header.seen].map(pair => [...pair]), header.stamp, header.updateLength, header.updateHash
    ], value)
  }))
})

test('whatever is changed in a header, it is taken exactly where a general decoder and the rules take it', () => {
  const taken = { yes: 0, no: 0 }
  fc.assert(fc.property(fields, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'remove', 'cut')), { maxLength: 2 }), (value, changes) => {
    let header = [...encode(value)]
    for (const [where, byte, how] of changes) {
      const at = where % header.length
      if (how === 'cut') header = header.slice(0, at)
      else header = header.toSpliced(at, how === 'insert' ? 0 : 1, ...how === 'remove' ? [] : [byte])
      if (header.length === 0) break
    }
    const bytes = Uint8Array.from(header)
    const isTaken = read(bytes) !== null
    taken[isTaken ? 'yes' : 'no']++
    assert.is(isTaken, fits(bytes), Buffer.from(bytes).toString('hex'))
  }), { numRuns: 3000 })
  assert.ok(taken.yes > 300 && taken.no > 300, JSON.stringify(taken))
})

test('one number in a longer form, out of order or twice is refused', () => {
  const header = ['seedbed/envelope/1', new Uint8Array(32), 202611, new Uint8Array(32), 3, 7, 9, 1e12, 1, [[5, 2], [7, 9]], new Uint8Array(0), 0, new Uint8Array(32)]
  assert.ok(read(encode(header)) !== null)
  assert.is(read(encode(header.with(9, [[7, 9], [5, 2]]))), null)
  assert.is(read(encode(header.with(9, [[5, 2], [5, 2], [7, 9]]))), null)
  const bytes = [...encode(header)]
  const part = bytes.findIndex((byte, at) => byte === 3 && at === 1 + 19 + 34 + 5 + 34)
  for (const spelling of [[0x18, 3], [0x19, 0, 3], [0x1a, 0, 0, 0, 3], [0x1b, 0, 0, 0, 0, 0, 0, 0, 3]]) assert.is(read(Uint8Array.from(bytes.toSpliced(part, 1, ...spelling))), null)
})

test.run()
