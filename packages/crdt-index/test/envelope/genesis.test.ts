import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encode } from '@ipld/dag-cbor'
import { concatBytes } from '../../src/identity/encoding.ts'
import { createHash } from 'node:crypto'
import { createGenesis, decodeGenesis } from '../../src/envelope/genesis.ts'
import { createSigner } from '../../src/identity/keys.ts'
import { flipped } from '../documents/updates.ts'

const test = suite('genesis')
const founder = createSigner(new Uint8Array(32).fill(1))
const fields = { slug: 'gardens', founder, difficulty: 12, nonce: new Uint8Array(16).fill(3) }
const isBad = (error: { code?: string }): boolean => error.code === 'BAD_GENESIS'

test('reads back what was made, with and without founder', () => {
  for (const by of [founder, null]) {
    const genesis = createGenesis({ ...fields, founder: by })
    assert.equal(decodeGenesis(genesis.bytes), genesis)
    assert.equal([genesis.founder, genesis.slug, genesis.difficulty, genesis.nonce], [by?.author ?? null, 'gardens', 12, fields.nonce])
    assert.is(genesis.address, createHash('sha256').update(genesis.bytes).digest('hex'))
  }
})

test('every changed bit and every cut is refused', () => {
  const { bytes } = createGenesis(fields)
  for (let i = 0; i < bytes.length; i++) {
    for (let bit = 0; bit < 8; bit++) {
      assert.throws(() => decodeGenesis(flipped(bytes, i, bit)), isBad, `byte ${i}`)
    }
    assert.throws(() => decodeGenesis(bytes.subarray(0, i)), isBad)
  }
  assert.throws(() => decodeGenesis(concatBytes(bytes, new Uint8Array(1))), isBad)
  assert.throws(() => decodeGenesis(new Uint8Array(513)), isBad)
})

test('fields out of their bounds are refused', () => {
  for (const slug of ['', '-a', 'A', 'a b', 'ä', 'a'.repeat(41), 'a\n']) assert.throws(() => createGenesis({ ...fields, slug }), isBad, slug)
  for (const difficulty of [-1, 33, 1.5]) assert.throws(() => createGenesis({ ...fields, difficulty }), isBad, String(difficulty))
  for (const nonce of [new Uint8Array(15), new Uint8Array(17)]) assert.throws(() => createGenesis({ ...fields, nonce }), isBad)
  assert.ok(createGenesis({ ...fields, slug: `a${'-'.repeat(39)}`, difficulty: 32 }))
})

test('what is not canonical is refused though its founder signed it', () => {
  const good = ['seedbed/genesis/1', founder.publicKey, 'gardens', 12, fields.nonce]
  const signed = (payload: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(64), founder.sign(payload), payload)
  assert.ok(decodeGenesis(signed(encode(good))))
  const canonical = encode(good)
  const twelve = canonical.lastIndexOf(12)
  const longInteger = concatBytes(canonical.subarray(0, twelve), Uint8Array.of(0x18, 12), canonical.subarray(twelve + 1))
  for (const payload of [longInteger, concatBytes(canonical, Uint8Array.of(0)), encode([...good, 1]), encode(['seedbed/envelope/1', ...good.slice(1)]), encode({}), encode(good.slice(0, 4))]) {
    assert.throws(() => decodeGenesis(signed(payload)), isBad)
  }
})

test('no signature where there is no founder, and one where there is', () => {
  const anonymous = createGenesis({ ...fields, founder: null })
  const payload = anonymous.bytes.subarray(1)
  assert.throws(() => decodeGenesis(concatBytes(Uint8Array.of(64), founder.sign(payload), payload)), isBad)
  assert.throws(() => decodeGenesis(concatBytes(Uint8Array.of(0), createGenesis(fields).bytes.subarray(65))), isBad)
})

test.run()
