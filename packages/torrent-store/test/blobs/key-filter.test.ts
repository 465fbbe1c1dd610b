import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeyFilter } from '../../src/blobs/key-filter.ts'
import { FILTER_FIRST_KEYS } from '../../src/limits.ts'

const test = suite('torrent-store/key-filter')
const hashOf = (n: number): Uint8Array => createHash('sha1').update(String(n)).digest()

test('an empty one holds nothing', () => {
  const filter = new KeyFilter()
  for (let n = 0; n < 100; n++) assert.is(filter.mayHold(hashOf(n), 0), false)
})

test('what was added is held, through all layers, and hardly anything else', () => {
  const filter = new KeyFilter()
  const keys = FILTER_FIRST_KEYS * 8 // into the third layer
  for (let n = 0; n < keys; n++) filter.add(hashOf(n), 0)
  for (let n = 0; n < keys; n++) assert.ok(filter.mayHold(hashOf(n), 0), `key ${n} was forgotten`)
  let wrong = 0
  for (let n = keys; n < 2 * keys; n++) if (filter.mayHold(hashOf(n), 0)) wrong++
  assert.ok(wrong < keys / 100, `${wrong} of ${keys} that were never added`)
})

test('no key is ever forgotten, whatever its bytes and wherever they stand', () => {
  const key = fc.uint8Array({ minLength: 8, maxLength: 8 })
  fc.assert(fc.property(fc.array(key, { maxLength: 200 }), fc.nat({ max: 30 }), (keys, at) => {
    const filter = new KeyFilter()
    const behind = keys.map(bytes => Uint8Array.from([...new Uint8Array(at).fill(7), ...bytes]))
    for (const bytes of behind) filter.add(bytes, at)
    for (const [i, bytes] of keys.entries()) {
      assert.ok(filter.mayHold(bytes, 0))
      assert.ok(filter.mayHold(behind[i] as Uint8Array, at))
    }
  }))
})

test.run()
