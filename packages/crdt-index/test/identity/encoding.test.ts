import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import fc from 'fast-check'
import { bytesToBase64url, bytesToHex, compareBytes, decodeBase64url, decodeHex, equalBytes, hexToBytes } from '../../src/identity/encoding.ts'
import { sha256 } from '../../src/identity/sha256.ts'
import { sha256 as portable } from '@noble/hashes/sha2.js'

const test = suite('encodings')
const bytes = fc.uint8Array({ maxLength: 70 })

test('hex and base64url are those of Buffer, and read back', () => {
  fc.assert(fc.property(bytes, bytes => {
    assert.is(bytesToHex(bytes), Buffer.from(bytes).toString('hex'))
    assert.is(bytesToBase64url(bytes), Buffer.from(bytes).toString('base64url'))
    assert.equal(hexToBytes(bytesToHex(bytes)), bytes)
    assert.equal(decodeBase64url(bytesToBase64url(bytes)), bytes)
  }), { numRuns: 500 })
})

test('equal bytes have one spelling', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('A', 'B', 'Q', '_', '-', '9', 'f', '0', '+', '=', 'é'), maxLength: 12 }), text => {
    const base64url = decodeBase64url(text)
    if (base64url !== null) assert.is(bytesToBase64url(base64url), text)
    const hex = decodeHex(text)
    if (hex !== null) assert.is(bytesToHex(hex), text)
  }), { numRuns: 5000 })
  for (const text of ['A', 'AB', 'AAB', 'AA=', 'A+', 'A/', 'AAAAA', 'ÿÿ']) assert.is(decodeBase64url(text), null, text)
  for (const text of ['a', 'AA', '0x', 'zz', ' 0', '\u0100\u0100']) assert.is(decodeHex(text), null, text)
  assert.throws(() => hexToBytes('AA'), (error: { code?: string }) => error.code === 'BAD_ID')
})

test('bytes are ordered as Buffer orders them', () => {
  fc.assert(fc.property(bytes, bytes, (a, b) => {
    assert.is(Math.sign(compareBytes(a, b)), Buffer.compare(a, b))
    assert.is(equalBytes(a, b), Buffer.compare(a, b) === 0)
  }))
})

test('SHA-256 is the same with and without Node', () => {
  assert.is(bytesToHex(sha256(new TextEncoder().encode('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad') // FIPS 180-4
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => { assert.equal(sha256(bytes), portable(bytes)) }))
})

test.run()
