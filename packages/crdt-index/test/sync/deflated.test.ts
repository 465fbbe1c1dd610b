import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { constants, deflateRawSync } from 'node:zlib'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CrdtIndexError } from '../../src/errors.ts'
import { MAX_FRAME_BYTES, MIN_DEFLATED_BYTES } from '../../src/limits.ts'
import * as browser from '../../src/platform/browser/deflate.ts'
import * as node from '../../src/platform/node/deflate.ts'
import { packFrame, unpackFrame } from '../../src/sync/deflated.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameType } from '../../src/sync/frames.ts'

const test = suite('deflated frames')
const DEFLATED = 14
const repeated = (length: number): Uint8Array => Uint8Array.from({ length }, (_, n) => n % 50)
const envelopes = (...each: ReadonlyArray<Uint8Array | null>): Frame & { type: 'envelopes' } => ({ type: 'envelopes', envelopes: each })
const refused = async (bytes: Uint8Array, ...types: FrameType[]): Promise<void> => {
  try {
    await unpackFrame(bytes, types.length === 0 ? undefined : types)
  } catch (error) {
    assert.ok(error instanceof CrdtIndexError && error.code === 'BAD_FRAME', String(error))
    return
  }
  assert.unreachable('it was taken')
}
const deflatedFrame = (inner: Uint8Array, length = inner.length): Uint8Array => encode([DEFLATED, length, deflateRawSync(inner)])

test('envelopes travel deflated where that makes them smaller, and all else as it is', async () => {
  const large = envelopes(repeated(100_000), null, repeated(3000))
  const packed = await packFrame(large)
  assert.is(decodeFrame(packed).type, 'deflated')
  assert.ok(packed.length < 2000, `${packed.length} bytes`)
  assert.equal(await unpackFrame(packed), large)
  assert.equal(await unpackFrame(packed, ['envelopes', 'busy']), large)
  for (const frame of [envelopes(null), envelopes(repeated(MIN_DEFLATED_BYTES - 20)), envelopes(new Uint8Array(randomBytes(100_000))), { type: 'reconcile', message: repeated(5000) }] as const) {
    assert.equal(await packFrame(frame), encodeFrame(frame))
    assert.equal(await unpackFrame(encodeFrame(frame), [frame.type]), frame)
  }
})

test('both platforms read what either writes, and refuse the same', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 4000 }), fc.integer({ min: 1, max: 20 }), fc.nat(), fc.integer({ min: 1, max: 255 }), async (piece, times, at, change) => {
    const bytes = new Uint8Array(Buffer.concat(Array.from({ length: times }, () => piece)))
    for (const from of [node, browser]) {
      const deflated = await from.deflate(bytes)
      const spoiled = deflated.slice()
      spoiled[at % spoiled.length]! ^= change
      const texts = async (stream: Uint8Array, length: number): Promise<Array<string | undefined>> => (await Promise.all([node.inflate(stream, length), browser.inflate(stream, length)])).map(result => result === null ? undefined : Buffer.from(result).toString('hex'))
      const hex = Buffer.from(bytes).toString('hex')
      assert.equal(await texts(deflated, bytes.length), [hex, hex])
      assert.equal(await texts(deflated, bytes.length + 1), [undefined, undefined])
      if (bytes.length > 1) assert.equal(await texts(deflated, bytes.length - 1), [undefined, undefined])
      assert.equal(await texts(deflated.slice(0, -1), bytes.length), [undefined, undefined])
      assert.equal(await texts(Buffer.concat([deflated, Uint8Array.of(0)]), bytes.length), [undefined, undefined])
      const [one, other] = await texts(spoiled, bytes.length)
      assert.is(one, other, 'the same of a stream that was changed')
    }
  }), { numRuns: 60 })
})

test('refuses what is no frame of envelopes, or of another length', async () => {
  const inner = encodeFrame(envelopes(repeated(5000)))
  assert.equal(await unpackFrame(deflatedFrame(inner)), decodeFrame(inner))
  await refused(deflatedFrame(inner), 'want', 'settled')
  for (const length of [0, inner.length - 1, inner.length + 1, MAX_FRAME_BYTES]) await refused(deflatedFrame(inner, length))
  await refused(encode([DEFLATED, MAX_FRAME_BYTES + 1, deflateRawSync(inner)]))
  await refused(encode([DEFLATED, inner.length, randomBytes(300)]))
  await refused(encode([DEFLATED, inner.length, new Uint8Array()]))
  await refused(encode([DEFLATED, inner.length]))
  await refused(deflatedFrame(encodeFrame({ type: 'reconcile', message: repeated(5000) })))
  await refused(deflatedFrame(deflatedFrame(repeated(300_000))), 'envelopes')
  await refused(deflatedFrame(repeated(5000)))
  const stored = deflateRawSync(randomBytes(2000), { level: constants.Z_NO_COMPRESSION })
  await refused(encode([DEFLATED, 2000, stored]), 'envelopes') // not smaller: sent for no reason but to make work
})

for (const platform of ['node', 'browser']) {
  test(`a megabyte that becomes a gigabyte costs a few: ${platform}`, () => {
    const child = path.join(import.meta.dirname, 'bomb-child.ts')
    const { bomb, refused, peak } = JSON.parse(execFileSync(process.execPath, ['--expose-gc', '--conditions=source', child, platform], { encoding: 'utf8' })) as { bomb: number, refused: number, peak: number }
    assert.ok(bomb < MAX_FRAME_BYTES, 'it fits a frame')
    assert.is(refused, 20)
    assert.ok(peak < 32 * 2 ** 20, `grew by ${peak} bytes`)
  })
}

test.run()
