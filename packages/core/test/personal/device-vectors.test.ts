import { readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '@seedbed/crdt-index'
import { personalSecrets } from '../../src/personal/secrets.ts'
import { createOwnership } from '../../src/seedboxes/ownership.ts'

interface Vector { readonly seed: string, readonly room: string, readonly password: string, readonly seedbox: string, readonly asker: string, readonly proof: string }

const test = suite('core/personal/device-vectors')
const vectors = JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../../test/vectors/devices.json'), 'utf8')) as Vector[]

test('what devices derive from their seed is what other implementations derive', () => {
  assert.ok(vectors.length > 0)
  for (const { seed, room, password, seedbox, asker, proof } of vectors) {
    const bytes = hexToBytes(seed)
    assert.equal(personalSecrets(bytes), { room, password })
    const ownership = createOwnership(bytes)
    assert.is(bytesToHex(ownership.prove(seedbox, asker)), proof)
    assert.not.ok(ownership.holds(hexToBytes(proof), asker, seedbox))
  }
})

test.run()
