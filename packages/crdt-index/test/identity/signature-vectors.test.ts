// test/vectors/signatures.json: every verifier that a peer may use says the same of the same signature.
import { createPublicKey, verify as nodeVerify, webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { verify as sodiumVerify } from 'hypercore-crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { signatureVectors } from '../../../../tools/vectors/signatures.ts'
import { hexToBytes } from '../../src/identity/encoding.ts'
import { checkSignature, checkSignatures, isWellFormed, verifySignature } from '../../src/identity/keys.ts'
import { verify as portableVerify } from '../../src/platform/browser/ed25519.ts'
import { createWebVerifier } from '../../src/platform/browser/web-verifier.ts'
import type { SignedBytes } from '../../src/platform/platform.ts'

interface Vector { name: string, valid: boolean, publicKey: string, bytes: string, signature: string }

const test = suite('signature vectors')
const file = JSON.parse(readFileSync(new URL('../../../../test/vectors/signatures.json', import.meta.url), 'utf8')) as { signatures: Vector[] }
const vectors = file.signatures.map(({ name, valid, ...hex }) => ({ name, valid, signed: { publicKey: hexToBytes(hex.publicKey), bytes: hexToBytes(hex.bytes), signature: hexToBytes(hex.signature) } }))
const subtle = webcrypto.subtle as SubtleCrypto

test('the file is what its generator writes', () => {
  assert.equal(JSON.parse(JSON.stringify(signatureVectors())), file)
})

test('verifySignature, checkSignature and checkSignatures', async () => {
  for (const { name, valid, signed: { signature, bytes, publicKey } } of vectors) {
    assert.is(verifySignature(signature, bytes, publicKey), valid, name)
    assert.is(checkSignature(signature, bytes, publicKey), valid, name)
  }
  assert.equal(checkSignatures(vectors.map(({ signed }) => signed)), vectors.map(({ valid }) => valid))
  assert.equal(checkSignatures([]), [])
})

/** DER of a SubjectPublicKeyInfo (RFC 8410) up to the key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const spki = (key: Uint8Array): ReturnType<typeof createPublicKey> => createPublicKey({ format: 'der', type: 'spki', key: Buffer.concat([SPKI, key]) })

const verifiers: Record<string, (signed: SignedBytes) => boolean | Promise<boolean>> = {
  'hypercore-crypto': ({ signature, bytes, publicKey }) => sodiumVerify(bytes, signature, publicKey),
  'node:crypto': ({ signature, bytes, publicKey }) => nodeVerify(null, bytes, spki(publicKey), signature),
  'WebCrypto': async signed => await only(createWebVerifier({ subtle, maxKeys: 1 })([signed])),
  'WebCrypto without ed25519': async signed => await only(createWebVerifier({ subtle: { importKey: async () => { throw new DOMException('no', 'NotSupportedError') }, verify: async () => true }, maxKeys: 1 })([signed])),
  'no WebCrypto': async signed => await only(createWebVerifier({ subtle: undefined, maxKeys: 1 })([signed])),
  'JavaScript': portableVerify
}

async function only (verdicts: boolean[] | Promise<boolean[]>): Promise<boolean> {
  const [verdict, ...more] = await verdicts
  assert.is(more.length, 0)
  assert.type(verdict, 'boolean')
  return verdict === true
}

for (const [library, verify] of Object.entries(verifiers)) {
  test(`${library} agrees on what may be asked`, async () => {
    for (const { name, valid, signed } of vectors) assert.is(isWellFormed(signed) && await verify(signed), valid, name)
  })
}

test('the vectors tell the two equations and the missing checks apart', () => {
  const taken = vectors.filter(({ valid, signed }) => !valid && isWellFormed(signed) && ed25519.verify(signed.signature, signed.bytes, signed.publicKey, { zip215: false }))
  assert.ok(taken.length >= 6, 'where only the cofactored equation holds')
  const small = vectors.filter(({ name }) => name.startsWith('key of small order'))
  assert.ok(small.every(({ signed }) => portableVerify(signed) || signed.publicKey[31] === 0x7f), 'keys of small order are refused for what they are')
})

test('an engine with another equation is not asked', async () => {
  let asked = 0
  const cofactored = {
    importKey: async (_format: string, key: Uint8Array) => key,
    verify: async (_algorithm: string, key: Uint8Array, signature: Uint8Array, bytes: Uint8Array) => {
      asked++
      return ed25519.verify(signature, bytes, key, { zip215: false })
    }
  } as unknown as SubtleCrypto
  const verifyMany = createWebVerifier({ subtle: cofactored, maxKeys: 4 })
  const wellFormed = vectors.filter(({ signed }) => isWellFormed(signed))
  assert.equal(await verifyMany(wellFormed.map(({ signed }) => signed)), wellFormed.map(({ valid }) => valid))
  assert.ok(asked > 0 && asked <= 3, String(asked))
})

test('keys are imported once while they are among the last used', async () => {
  const imported: string[] = []
  const counting = {
    importKey: async (...given: Parameters<SubtleCrypto['importKey']>) => {
      imported.push(Buffer.from(given[1] as Uint8Array).toString('hex'))
      return await subtle.importKey(...given)
    },
    verify: subtle.verify.bind(subtle)
  } as unknown as SubtleCrypto
  const verifyMany = createWebVerifier({ subtle: counting, maxKeys: 2 })
  const [one, two, three] = vectors.filter(({ valid }) => valid)
  if (one === undefined || two === undefined || three === undefined) return assert.unreachable()
  await verifyMany([one.signed])
  imported.length = 0
  const key = ({ signed }: typeof one): string => Buffer.from(signed.publicKey).toString('hex')
  for (const { signed } of [one, two, one, three, one, two]) assert.equal(await verifyMany([signed]), [true])
  assert.equal(imported, [two, three, two].map(key))
})

test.run()
