// Signatures on which ed25519 verifiers may disagree, made with curve arithmetic of its own (affine, BigInt: slow, short
// and no part of what is tested). Secrets are fixed numbers, so the output never changes by itself.
import { createHash } from 'node:crypto'

interface Point { readonly x: bigint, readonly y: bigint }

/** RFC 8032 §5.1: the field, the order of the base point, the curve's d. */
const P = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const mod = (value: bigint, by: bigint = P): bigint => (value % by + by) % by
const D = mod(-121665n * inverse(121666n))
const ZERO: Point = { x: 0n, y: 1n }
const BASE: Point = decode(Buffer.from('5866666666666666666666666666666666666666666666666666666666666666', 'hex'))

function power (base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = mod(base), rest = exponent; rest > 0n; rest >>= 1n, square = mod(square * square)) if (rest & 1n) result = mod(result * square)
  return result
}

function inverse (value: bigint): bigint {
  return power(value, P - 2n)
}

function add (a: Point, b: Point): Point {
  const product = mod(D * a.x * b.x * a.y * b.y)
  return { x: mod((a.x * b.y + b.x * a.y) * inverse(1n + product)), y: mod((a.y * b.y + a.x * b.x) * inverse(1n - product)) }
}

function multiply (point: Point, by: bigint): Point {
  let result = ZERO
  for (let double = point, rest = by; rest > 0n; rest >>= 1n, double = add(double, double)) if (rest & 1n) result = add(result, double)
  return result
}

function littleEndian (value: bigint): Buffer {
  return Buffer.from(Uint8Array.from({ length: 32 }, (_, i) => Number(value >> BigInt(8 * i) & 255n)))
}

function toNumber (bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n)
}

function encode ({ x, y }: Point): Buffer {
  return littleEndian(y | (x & 1n) << 255n)
}

/** RFC 8032 §5.1.3; throws for what is no point. */
function decode (bytes: Uint8Array): Point {
  const number = toNumber(bytes)
  const y = mod(number & (1n << 255n) - 1n)
  const square = mod((y * y - 1n) * inverse(D * y * y + 1n))
  const candidate = power(square, (P + 3n) / 8n)
  const x = [candidate, mod(candidate * power(2n, (P - 1n) / 4n))].find(root => mod(root * root) === square)
  if (x === undefined) throw new Error('no point of the curve')
  return { x: (x & 1n) === number >> 255n ? x : mod(-x), y }
}

/** A point of order 8: what is left of any point when its part in the group of order L is taken away. */
function orderEight (): Point {
  for (let y = 2n; ; y++) {
    try {
      const point = multiply(decode(littleEndian(y)), L)
      if (multiply(point, 4n).x !== 0n || multiply(point, 4n).y !== 1n) return point
    } catch { /* the next one */ }
  }
}

const EIGHT = orderEight()
const [SECRET, NONCE] = [0x5eed_bed0_0000_0001n, 0x0123_4567_89ab_cdefn]

interface Signature { readonly name: string, readonly valid: boolean, readonly publicKey: Uint8Array, readonly bytes: Uint8Array, readonly signature: Uint8Array }

/** Of any encodings, whether they are those of a key and a commitment that the author could make or not. */
function challenge (commitment: Uint8Array, key: Uint8Array, bytes: Uint8Array): bigint {
  return toNumber(createHash('sha512').update(commitment).update(key).update(bytes).digest())
}

/**
 * A signature whose key has `inKey` times a point of order 8 in it, and whose commitment `inCommitment` times. The
 * cofactored equation always holds; the cofactorless one exactly where the parts cancel out, so a message is looked for
 * with which they do, or do not.
 */
function mixed (name: string, inKey: number, inCommitment: number, valid: boolean): Signature {
  const publicKey = encode(add(multiply(BASE, SECRET), multiply(EIGHT, BigInt(inKey))))
  const commitment = encode(add(multiply(BASE, NONCE), multiply(EIGHT, BigInt(inCommitment))))
  for (let salt = 0; ; salt++) {
    const bytes = Buffer.from(`${name} ${salt}`)
    const k = mod(challenge(commitment, publicKey, bytes), L)
    if ((mod(k * BigInt(inKey) + BigInt(inCommitment), 8n) === 0n) !== valid) continue
    return { name, valid, publicKey, bytes, signature: Buffer.concat([commitment, littleEndian(mod(NONCE + k * SECRET, L))]) }
  }
}

/** A key of small order with which the cofactorless equation holds, so that libraries that look no further take it. */
function smallOrderKey (name: string, publicKey: Buffer, bytesOf: (salt: number) => Uint8Array = salt => Buffer.from(`${name} ${salt}`)): Signature {
  const point = decode(publicKey)
  const commitment = encode(multiply(BASE, NONCE))
  for (let salt = 0; ; salt++) {
    const bytes = bytesOf(salt)
    const part = multiply(point, mod(challenge(commitment, publicKey, bytes), L) % 8n) // its order divides 8
    if (part.x === 0n && part.y === 1n) return { name, valid: false, publicKey, bytes, signature: Buffer.concat([commitment, littleEndian(NONCE)]) }
  }
}

/** Bytes that nobody signed, under a key of order 8, 4, 2 or 1: `bytesOf` is asked until the cofactorless equation holds. */
export function forgeUnderSmallOrder (order: 1 | 2 | 4 | 8, bytesOf: (publicKey: Uint8Array, salt: number) => Uint8Array): { readonly bytes: Uint8Array, readonly signature: Uint8Array } {
  const publicKey = encode(multiply(EIGHT, BigInt(8 / order)))
  return smallOrderKey('', publicKey, salt => bytesOf(publicKey, salt))
}

/** A commitment of small order under an honest key. */
function smallOrderCommitment (name: string, commitment: Buffer): Signature {
  const publicKey = encode(multiply(BASE, SECRET))
  const bytes = Buffer.from(name)
  return { name, valid: false, publicKey, bytes, signature: Buffer.concat([commitment, littleEndian(mod(challenge(commitment, publicKey, bytes) * SECRET, L))]) }
}

const honest = mixed('honest', 0, 0, true)
const scalar = toNumber(honest.signature.subarray(32))
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

const SIGNATURES: readonly Signature[] = [
  { name: 'RFC 8032 §7.1, test 1', valid: true, publicKey: hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'), bytes: hex(''), signature: hex('e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b') },
  { name: 'RFC 8032 §7.1, test 2', valid: true, publicKey: hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'), bytes: hex('72'), signature: hex('92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00') },
  honest,
  ...[1, 2, 4].map(part => mixed(`key with a component of order ${8 / part}, both equations hold`, part, 0, true)),
  ...[1, 2, 4].map(part => mixed(`key with a component of order ${8 / part}, only the cofactored equation holds`, part, 0, false)),
  ...[1, 2, 4].map(part => mixed(`commitment with a component of order ${8 / part}`, 0, part, false)),
  ...[1, 3, 4].map(part => mixed(`key and commitment whose components cancel out, ${part}`, part, part === 4 ? 4 : 2 * part % 8 + 1, true)),
  ...[1, 3, 4].map(part => mixed(`key and commitment whose components do not cancel out, ${part}`, part, part === 4 ? 4 : 2 * part % 8 + 1, false)),
  ...Array.from({ length: 8 }, (_, times) => smallOrderKey(`key of small order, ${times} times a point of order 8`, encode(multiply(EIGHT, BigInt(times))))),
  ...Array.from({ length: 8 }, (_, times) => smallOrderCommitment(`commitment of small order, ${times} times a point of order 8`, encode(multiply(EIGHT, BigInt(times))))),
  ...[0n, 1n].map(y => smallOrderKey(`key of small order spelt as p + ${y}`, littleEndian(P + y))),
  ...[0n, 1n].map(y => smallOrderCommitment(`commitment of small order spelt as p + ${y}`, littleEndian(P + y))),
  smallOrderKey('the neutral point with its sign bit set', littleEndian(1n | 1n << 255n)),
  { ...honest, name: 'key spelt as p + 3', valid: false, publicKey: littleEndian(P + 3n) },
  { ...honest, name: 'key that is no point', valid: false, publicKey: littleEndian(2n) },
  { ...honest, name: 'commitment that is no point', valid: false, signature: Buffer.concat([littleEndian(2n), honest.signature.subarray(32)]) },
  { ...honest, name: 'scalar plus L', valid: false, signature: Buffer.concat([honest.signature.subarray(0, 32), littleEndian(scalar + L)]) },
  { ...honest, name: 'scalar plus 8 L', valid: false, signature: Buffer.concat([honest.signature.subarray(0, 32), littleEndian(scalar + 8n * L)]) },
  { ...honest, name: 'scalar L', valid: false, signature: Buffer.concat([honest.signature.subarray(0, 32), littleEndian(L)]) },
  { ...honest, name: 'scalar 0', valid: false, signature: Buffer.concat([honest.signature.subarray(0, 32), littleEndian(0n)]) },
  { ...honest, name: 'another message', valid: false, bytes: Buffer.concat([honest.bytes, Buffer.from('!')]) },
  { ...honest, name: 'negated commitment', valid: false, signature: Buffer.concat([honest.signature.subarray(0, 31), Buffer.of((honest.signature[31] ?? 0) ^ 0x80), honest.signature.subarray(32)]) },
  { ...honest, name: 'negated key', valid: false, publicKey: Buffer.concat([honest.publicKey.subarray(0, 31), Buffer.of((honest.publicKey[31] ?? 0) ^ 0x80)]) },
  { ...honest, name: 'signature of 63 bytes', valid: false, signature: honest.signature.subarray(0, 63) },
  { ...honest, name: 'signature of 65 bytes', valid: false, signature: Buffer.concat([honest.signature, Buffer.of(0)]) },
  { ...honest, name: 'key of 31 bytes', valid: false, publicKey: honest.publicKey.subarray(0, 31) }
]

export function signatureVectors (): object {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  return {
    description: 'ed25519 (RFC 8032) as every peer has to judge it: keys and commitments that are not canonical or of small order and scalars from L on are refused, and of the rest those are valid for which the cofactorless equation R = S B - k A holds, k reduced modulo L, compared as encoded points. Keys with a component of small order are no fault by themselves. Bytes are hex.',
    signatures: SIGNATURES.map(({ name, valid, publicKey, bytes, signature }) => ({ name, valid, publicKey: text(publicKey), bytes: text(bytes), signature: text(signature) }))
  }
}
