import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeUtp, distance, encodeUtp, UtpType, type UtpPacket } from '../../../src/wire/utp/packet.ts'

const test = suite('utp packet')
const uint16 = fc.integer({ min: 0, max: 0xffff })
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const packets = fc.record({
  type: fc.constantFrom(...Object.values(UtpType)), connectionId: uint16, timestampUs: uint32, differenceUs: uint32, windowBytes: uint32, seq: uint16, ack: uint16,
  selective: fc.option(fc.uint8Array({ minLength: 4, maxLength: 32 }), { nil: null }), payload: fc.uint8Array({ maxLength: 50 })
})

const plain = (packet: UtpPacket | null): unknown => packet === null ? null : { ...packet, selective: packet.selective === null ? null : [...packet.selective], payload: [...packet.payload] }

test('a SYN as BEP 29 draws it', () => {
  const packet = { type: UtpType.syn, connectionId: 0x1234, timestampUs: 1, differenceUs: 2, windowBytes: 3, seq: 1, ack: 0, selective: null, payload: new Uint8Array(0) }
  assert.is(Buffer.from(encodeUtp(packet)).toString('hex'), '4100123400000001000000020000000300010000')
  const withAcks = { ...packet, type: UtpType.state, selective: Uint8Array.of(1, 0, 0, 0x80) }
  assert.is(Buffer.from(encodeUtp(withAcks)).toString('hex'), '2101123400000001000000020000000300010000000401000080')
})

test('what is written is read', () => {
  fc.assert(fc.property(packets, packet => {
    assert.equal(plain(decodeUtp(encodeUtp(packet))), plain(packet))
  }))
})

test('any bytes are a packet or none', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(0x01, 0x11, 0x21, 0x31, 0x41, null), (bytes, first) => {
    if (first !== null && bytes.length > 0) bytes[0] = first
    const read = decodeUtp(bytes)
    if (read !== null) assert.ok(bytes.length >= 20 && read.payload.length <= bytes.length - 20)
  }), { numRuns: 2000 })
})

test('other versions, other types and extensions without an end are none', () => {
  const good = Buffer.from('0100123400000001000000020000000300010000', 'hex')
  assert.ok(decodeUtp(good) !== null)
  for (const first of [0x00, 0x02, 0x51, 0xf1]) assert.is(decodeUtp(Buffer.concat([Buffer.of(first), good.subarray(1)])), null)
  const extended = Buffer.from(good)
  extended[1] = 1
  assert.is(decodeUtp(extended), null)
  assert.is(decodeUtp(Buffer.concat([extended, Buffer.of(0, 200)])), null)
  assert.is(decodeUtp(Buffer.concat([extended, Buffer.from('0200'.repeat(30), 'hex')])), null)
  assert.equal([...decodeUtp(Buffer.concat([extended, Buffer.of(7, 1, 9, 0, 2, 3, 3, 5)]))?.payload ?? []], [5])
})

test('sequence numbers go round', () => {
  assert.is(distance(65_535, 2), 3)
  assert.is(distance(2, 65_535), 65_533)
})

test.run()
