import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decodeBencode, type BencodeValue } from '../../src/wire/bencode.ts'

const test = suite('bencode')
const decode = (text: string): ReturnType<typeof decodeBencode> => decodeBencode(Buffer.from(text, 'latin1'))

function encode (value: BencodeValue): string {
  if (typeof value === 'number') return `i${value}e`
  if (value instanceof Uint8Array) return `${value.length}:${Buffer.from(value).toString('latin1')}`
  if (Array.isArray(value)) return `l${value.map(encode).join('')}e`
  return `d${[...value].map(([key, item]) => `${key.length}:${key}${encode(item)}`).join('')}e`
}

const { value } = fc.letrec<{ value: BencodeValue }>(tie => ({
  value: fc.oneof({ maxDepth: 4 },
    fc.maxSafeInteger().filter(number => !Object.is(number, -0)),
    fc.uint8Array({ maxLength: 20 }).map(bytes => Uint8Array.from(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 5 }).map(key => Buffer.from(key).toString('latin1')), tie('value'), { maxKeys: 4, noNullPrototype: true }).map(dict => new Map(Object.entries(dict)))
  )
}))

test('reads what was written, and where it ends', () => {
  fc.assert(fc.property(value, fc.uint8Array({ maxLength: 10 }), (written, tail) => {
    const text = encode(written)
    const decoded = decodeBencode(Buffer.concat([Buffer.from(text, 'latin1'), tail]))
    assert.is(decoded?.end, text.length)
    assert.is(encode(decoded?.value ?? 0), text)
  }))
})

test('refuses what is malformed, too deep or too much', () => {
  const bad = ['', 'i', 'ie', 'i-e', 'i1', 'i1.5e', 'i+1e', 'i99999999999999999999999e', '1:', '3:ab', '-1:', '-3:abc', '0x1:a', ':', 'l', 'li1e', 'd', 'd1:a', 'd1:ae', 'di1ei1ee', 'l-3:e', 'd-3:i1ee', 'x', 'l'.repeat(9) + 'e'.repeat(9) + 'l', `l${'i1e'.repeat(600)}e`, 'l'.repeat(100_000), '9999999:a']
  for (const text of bad) {
    const decoded = decode(text)
    assert.ok(decoded === null || decoded.end < text.length, text.slice(0, 40))
  }
  assert.is(decode(`${'l'.repeat(10)}${'e'.repeat(10)}`), null)
})

test('any bytes come to an end', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('d', 'l', 'e', 'i', ':', '-', '0', '1', '7', 'a', '1:a', 'i1e'), { maxLength: 60 }), parts => {
    const decoded = decode(parts.join(''))
    assert.ok(decoded === null || decoded.end <= parts.join('').length)
  }), { numRuns: 2000 })
})

test('a prototype is a key like any other', () => {
  const decoded = decode('d9:__proto__d1:ai1eee')?.value as Map<string, BencodeValue>
  assert.equal([...decoded.keys()], ['__proto__'])
})

test.run()
