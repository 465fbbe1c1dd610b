import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundedWire, Encryption, type WireBounds } from '../../src/wire/bounded-wire.ts'
import { handshake, message, uint32 } from '../bodies.ts'

const test = suite('bounded wire')
const BOUNDS: WireBounds = { maxMessageBytes: 32_768, maxInboundBytes: 1 << 20, maxOutboundBytes: 1 << 20 }

/** What the wire says about a peer that says this. */
async function faultOf (bounds: Partial<WireBounds>, ...chunks: Uint8Array[]): Promise<{ fault: string | null, sent: number, buffered: number }> {
  const wire = new BoundedWire('tcpIncoming', Encryption.either, { ...BOUNDS, ...bounds })
  let fault: string | null = null
  wire.on('fault', (reason: string) => { fault = reason })
  wire.on('data', () => {})
  for (const chunk of chunks) {
    wire.write(chunk)
    await new Promise(resolve => { setImmediate(resolve) })
  }
  const seen = { fault, sent: wire.outboundBytes, buffered: wire._bufferSize }
  wire.end()
  return seen
}

const hello = handshake('ab'.repeat(20))

test('messages beyond the rate are a fault, four seconds\' worth are not', async () => {
  const have = (count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => message(4, uint32(0))))
  assert.is((await faultOf({ maxMessagesPerSecond: 10 }, hello, have(40))).fault, null)
  assert.is((await faultOf({ maxMessagesPerSecond: 10 }, hello, have(60))).fault, 'TOO_MANY_BYTES')
  assert.is((await faultOf({}, hello, have(5000))).fault, null)
})

test('bytes that the shared quota refuses are not read', async () => {
  const told: number[] = []
  const { fault } = await faultOf({ mayReceive: bytes => { told.push(bytes); return told.length < 2 } }, hello, Buffer.alloc(100))
  assert.equal([fault, told], ['TOO_MANY_BYTES', [68, 100]])
})

test('a key exchange that is refused sends nothing, and one that is allowed sends a key', async () => {
  const key = Buffer.alloc(96, 0x55)
  const refused = await faultOf({ mayEncrypt: () => false }, key)
  assert.equal([refused.fault, refused.sent], ['BAD_PROTOCOL', 0])
  const allowed = await faultOf({ mayEncrypt: () => true }, key)
  assert.ok(allowed.fault === null && allowed.sent >= 96)
  assert.is((await faultOf({ mayEncrypt: () => assert.unreachable() as never }, hello)).fault, null) // nobody asks for a plain one
})

test('a length beyond the bound is refused before anything of the message is kept', async () => {
  for (const length of [32_769, 0x7fffffff, 0xffffffff]) {
    const { fault, buffered } = await faultOf({}, hello, Buffer.concat([uint32(length), Buffer.alloc(20_000)]), Buffer.alloc(20_000))
    assert.equal([fault, buffered], ['BAD_PROTOCOL', 0])
  }
})

test('what MSE leaves open is bounded by its own fields and never kept beyond the bytes of a connection', async () => {
  for (const length of [3000, 5000, 60_000]) {
    const { fault, buffered } = await faultOf({ maxInboundBytes: 4096 }, Buffer.alloc(96, 0x55), Buffer.alloc(length, 0x55))
    assert.is(fault, length < 4000 ? null : 'TOO_MANY_BYTES')
    assert.ok(buffered <= 4096)
  }
})

test.run()
