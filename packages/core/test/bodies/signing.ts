// ed25519 by node:crypto: another implementation than the one the package ships with.
import { createPrivateKey, createPublicKey, sign as signEd25519, verify as verifyEd25519 } from 'node:crypto'
import type { AuthorId } from '@seedbed/crdt-index'
import type { Sign, VerifySignature } from '../../src/bodies/body.ts'

const PKCS8_SEED = Buffer.from('302e020100300506032b657004220420', 'hex') // RFC 8410
const SPKI_KEY = Buffer.from('302a300506032b6570032100', 'hex')

export interface TestAuthor { readonly author: AuthorId, readonly sign: Sign }

export function publicKeyOf (seed: Uint8Array): Uint8Array {
  const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([PKCS8_SEED, seed]) })
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

export function testAuthor (fill: number): TestAuthor {
  const seed = new Uint8Array(32).fill(fill)
  const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([PKCS8_SEED, seed]) })
  return { author: Buffer.from(publicKeyOf(seed)).toString('hex') as AuthorId, sign: bytes => signEd25519(null, bytes, key) }
}

export const verifySignature: VerifySignature = (signature, bytes, publicKey) => {
  const key = createPublicKey({ format: 'der', type: 'spki', key: Buffer.concat([SPKI_KEY, publicKey]) })
  return verifyEd25519(null, bytes, key, signature)
}
