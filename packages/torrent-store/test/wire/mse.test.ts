import { createDiffieHellman } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { BoundedWire, Encryption } from '../../src/wire/bounded-wire.ts'
import { bigIntPower, createKeyExchange, nativePower } from '../../src/wire/mse.ts'

const test = suite('mse')
const PRIME = 'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563'
const padded = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(96 - bytes.length), bytes])

test('agrees with the key exchange of Node', () => {
  const theirs = createDiffieHellman(PRIME, 'hex', 2)
  theirs.generateKeys()
  for (let i = 0; i < 5; i++) {
    const ours = createKeyExchange()
    const publicKey = ours.generateKeys()
    assert.is(publicKey.length, 96)
    assert.equal(Buffer.from(ours.generateKeys()), Buffer.from(publicKey))
    assert.equal(Buffer.from(ours.computeSecret(padded(theirs.getPublicKey()))), padded(theirs.computeSecret(publicKey)))
  }
})

test('both sides get one secret, also from small keys', () => {
  const key = fc.uint8Array({ minLength: 20, maxLength: 20 })
  fc.assert(fc.property(key, key, (a, b) => {
    const [left, right] = [createKeyExchange(a), createKeyExchange(b)]
    const secret = left.computeSecret(right.generateKeys())
    assert.is(secret.length, 96)
    assert.equal(Buffer.from(secret), Buffer.from(right.computeSecret(left.generateKeys())))
  }), { numRuns: 50, examples: [[new Uint8Array(20), new Uint8Array(20)]] })
})

test('OpenSSL and BigInt compute the same, whatever the key of the peer', () => {
  const key = fc.uint8Array({ minLength: 20, maxLength: 20 })
  const peerKeys = fc.oneof(fc.uint8Array({ minLength: 96, maxLength: 96 }), fc.constantFrom(new Uint8Array(96), new Uint8Array(96).fill(255), Uint8Array.from(Buffer.from(PRIME, 'hex'))))
  fc.assert(fc.property(key, peerKeys, (privateKey, peerKey) => {
    const [native, big] = [createKeyExchange(privateKey, nativePower), createKeyExchange(privateKey, bigIntPower)]
    assert.equal(Buffer.from(native.generateKeys()), Buffer.from(big.generateKeys()))
    assert.equal(Buffer.from(native.computeSecret(peerKey)), Buffer.from(big.computeSecret(peerKey)))
  }), { numRuns: 50 })
})

test('any 96 bytes are taken as a public key', () => {
  for (const peer of [new Uint8Array(96), new Uint8Array(96).fill(255), Buffer.from(PRIME, 'hex')]) assert.is(createKeyExchange().computeSecret(peer).length, 96)
})

test('each wire gets a fast exchange of its own, and the process keeps its crypto', () => {
  const bounds = { maxMessageBytes: 1, maxInboundBytes: 1, maxOutboundBytes: 1 }
  const wires = [new BoundedWire('tcpIncoming', Encryption.either, bounds), new BoundedWire('tcpIncoming', Encryption.either, bounds)]
  // `dh` is what the library reads; an update that renames `_dh` would bring the slow exchange back unnoticed.
  const exchanges = wires.map(wire => (wire._encryptor as unknown as { dh: object }).dh)
  assert.ok(exchanges.every(exchange => !('getPrime' in exchange)))
  assert.is.not(exchanges[0], exchanges[1])
  assert.ok('getPrime' in createDiffieHellman(PRIME, 'hex', 2))
})

test.run()
