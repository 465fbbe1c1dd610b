// Writes test/vectors/devices.json: what devices of one author derive from its seed.
//
//   node --conditions=source tools/vectors/devices.ts
import { createHmac, hkdfSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

/** By Node's own HKDF and HMAC, so that the project's code is compared with another implementation. */
const derive = (seed: Uint8Array, info: string): Buffer => Buffer.from(hkdfSync('sha256', seed, '', info, 32))
const SEEDBOX = '12D3KooWHsABZKtfxFH4W4DHf897qykCwaczBi7hZio5F5QVjFHS'
const ASKER = '12D3KooWFV7Uxrww2c6SKeurRTwo7h422P5JMf5FWgafp5Hcrk44'

const vectors = [0, 1, 255].map(byte => {
  const seed = new Uint8Array(32).fill(byte)
  return {
    seed: Buffer.from(seed).toString('hex'),
    room: derive(seed, 'seedbed/personal/1/room').toString('hex'),
    password: derive(seed, 'seedbed/personal/1/password').toString('hex'),
    seedbox: SEEDBOX,
    asker: ASKER,
    proof: createHmac('sha256', derive(seed, 'seedbed/own-seedbox/1')).update(`${SEEDBOX} ${ASKER}`).digest('hex')
  }
})
writeFileSync(path.join(import.meta.dirname, '../../test/vectors/devices.json'), `${JSON.stringify(vectors, null, 2)}\n`)
