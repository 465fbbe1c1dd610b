import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from 'node:crypto'
import { bytesToHex, hexToBytes } from '../../src/identity/encoding.ts'
import { createSigner, isPublicKey, verifySignature } from '../../src/identity/keys.ts'
import { flipped } from '../documents/updates.ts'

const test = suite('keys')
const seed = new Uint8Array(32).fill(7)
const message = new TextEncoder().encode('message')
const signer = createSigner(seed)
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const P = 2n ** 255n - 19n

function littleEndian (value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number(value >> BigInt(8 * i) & 255n))
}

function toBigInt (bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n)
}

test('RFC 8032 §7.1, test 2', () => {
  const signer = createSigner(hexToBytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'))
  assert.is(signer.author, '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const signature = signer.sign(Uint8Array.of(0x72))
  assert.is(bytesToHex(signature), '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00')
  assert.ok(verifySignature(signature, Uint8Array.of(0x72), signer.publicKey))
})

test('signs as node:crypto does, deterministically', () => {
  const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]) })
  assert.is(bytesToHex(signer.sign(message)), nodeSign(null, message, key).toString('hex'))
  assert.ok(nodeVerify(null, message, createPublicKey(key), signer.sign(message)))
})

test('what was changed does not verify, and nothing throws', () => {
  const signature = signer.sign(message)
  for (let i = 0; i < 64; i++) {
    assert.not.ok(verifySignature(flipped(signature, i), message, signer.publicKey))
  }
  assert.not.ok(verifySignature(signature, message.subarray(1), signer.publicKey))
  assert.not.ok(verifySignature(signature, message, createSigner(new Uint8Array(32)).publicKey))
  assert.not.ok(verifySignature(signature.subarray(1), message, signer.publicKey))
  assert.not.ok(verifySignature(signature, message, signer.publicKey.subarray(1)))
  assert.throws(() => createSigner(new Uint8Array(31)), (error: { code?: string }) => error.code === 'BAD_ID')
})

test('a second spelling of the scalar is refused (RFC 8032 §5.1.7)', () => {
  const signature = signer.sign(message)
  const malleable = signature.slice()
  malleable.set(littleEndian(toBigInt(signature.subarray(32)) + L), 32)
  assert.not.ok(verifySignature(malleable, message, signer.publicKey))
})

/** y of the eight points of small order, found by their equations and not copied from the code under test. */
function smallOrderYs (): bigint[] {
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n
    for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = b * b % P) if (e & 1n) result = result * b % P
    return result
  }
  const root = (square: bigint): bigint | null => { // p = 5 mod 8
    const candidate = power(square, (P + 3n) / 8n)
    for (const x of [candidate, candidate * power(2n, (P - 1n) / 4n) % P]) if (x * x % P === (square % P + P) % P) return x
    return null
  }
  const d = (P - 121665n) * power(121666n, P - 2n) % P
  // A point of order 8 doubles to one with y = 0, so y^2 = -x^2, hence 2 y^2 = 1 - d y^4 with u = y^2: d u^2 + 2 u - 1 = 0.
  const discriminant = root(1n + d)
  if (discriminant === null) throw new Error('1 + d is a square')
  const ys = [0n, 1n, P - 1n]
  for (const sign of [discriminant, P - discriminant]) {
    const u = ((P - 1n + sign) * power(d, P - 2n)) % P
    const y = root(u)
    if (y !== null) ys.push(y, P - y)
  }
  return ys
}

test('every encoding of a point of small order is refused as a key and in a signature', () => {
  const ys = smallOrderYs()
  assert.is(ys.length, 5)
  const encodings = ys.flatMap(y => y + P < 2n ** 255n ? [y, y + P] : [y])
  assert.is(encodings.length, 7)
  for (const y of encodings) {
    for (const sign of [0n, 1n]) {
      const key = littleEndian(y | sign << 255n)
      assert.not.ok(isPublicKey(key), bytesToHex(key))
      // R = A, S = 0 satisfies S B = R + h A for many h when A has small order: some verifiers take it.
      const forged = new Uint8Array(64)
      forged.set(key)
      for (let i = 0; i < 16; i++) assert.not.ok(verifySignature(forged, Uint8Array.of(i), key))
      const signature = signer.sign(message)
      signature.set(key)
      assert.not.ok(verifySignature(signature, message, signer.publicKey))
    }
  }
})

test('a coordinate at or over p is refused, the one below is not', () => {
  for (let y = P; y < 2n ** 255n; y++) assert.not.ok(isPublicKey(littleEndian(y)), String(y - P))
  assert.ok(isPublicKey(littleEndian(P - 2n)))
  assert.ok(isPublicKey(signer.publicKey))
})

test.run()
