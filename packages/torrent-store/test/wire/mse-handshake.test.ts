// Encrypted handshakes of our wire with ends that are written from the specification, and with one another: whatever the
// lengths of pads and payload, wherever the network cuts, and with keys and secrets that begin with zero bytes.
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseInfoHash, req2Of } from '../../src/index.ts'
import type { KeyExchange } from '../../src/platform/platform.ts'
import { platform } from '../../src/platform/node.ts'
import { BoundedWire, Encryption } from '../../src/wire/bounded-wire.ts'
import { answeringKeys, diallingKeys, SHORT_SECRET } from '../../src/wire/handshake-keys.ts'
import { createKeyExchange } from '../../src/wire/mse.ts'
import { handshake, message } from '../bodies.ts'
import { MAX_PAD_BYTES, PLAIN, publicKey, RC4, referenceAnswerer, referenceDialler, sharedSecret, type MseEnd } from './mse-reference.ts'

const test = suite('mse handshake')
const INFO_HASH = parseInfoHash('c3'.repeat(20))
const PEER_ID = Buffer.from('-SB0100-abcdefghijkl')
const BOUNDS = { maxMessageBytes: 32_768, maxInboundBytes: 100_000, maxOutboundBytes: 100_000 }
const INTERESTED = message(2)

/** Private keys of 20 bytes. The public keys of 571 and 977 begin with a zero byte, that of 98331 with two. */
function privateKey (number: number): Uint8Array {
  const bytes = Buffer.alloc(20, 0x5a)
  bytes.writeUInt32BE(number, 16)
  bytes[0] = 0xda // our key exchange sets the highest bit
  return bytes
}
const asNumber = (key: Uint8Array): bigint => BigInt(`0x${Buffer.from(key).toString('hex')}`)
const [SMALL_KEYS, OTHER] = [[571, 977, 98_331].map(privateKey), privateKey(1)]
/** Their secrets with OTHER begin with one zero byte, and the last one with two. */
const SHORT_WITH_OTHER = [953, 2482, 89_900].map(privateKey)

const pad = fc.oneof(fc.constantFrom(0, 1, MAX_PAD_BYTES - 1, MAX_PAD_BYTES), fc.nat(MAX_PAD_BYTES))
const key = fc.oneof(fc.constantFrom(OTHER, ...SMALL_KEYS, ...SHORT_WITH_OTHER), fc.uint8Array({ minLength: 20, maxLength: 20 }))
/** Lengths of the pieces in which bytes arrive, over and over. */
const cuts = fc.oneof(fc.constant([1]), fc.constant([100_000]), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 6 }))

test('the keys are what they are taken for', () => {
  for (const small of SMALL_KEYS) assert.is(publicKey(asNumber(small))[0], 0)
  for (const short of SHORT_WITH_OTHER) assert.is(sharedSecret(publicKey(asNumber(OTHER)), asNumber(short))[0], 0)
  assert.is(sharedSecret(publicKey(asNumber(OTHER)), asNumber(SHORT_WITH_OTHER[2] ?? OTHER))[1], 0)
})

test('who dials by the specification is understood', async () => {
  const stream = Buffer.concat([handshake(INFO_HASH), INTERESTED, INTERESTED])
  await fc.assert(fc.asyncProperty(pad, pad, key, cuts, fc.nat(stream.length), fc.constantFrom(PLAIN, RC4, PLAIN | RC4), async (outer, inner, own, cut, payloadBytes, methods) => {
    const wire = new BoundedWire('tcpIncoming', Encryption.either, BOUNDS)
    const choices = { privateKey: () => asNumber(own), pad: outer, innerPad: inner, methods, payload: stream.subarray(0, payloadBytes) }
    const heard = await conversation(wire, cut, send => {
      const dialler = referenceDialler(INFO_HASH, choices, send)
      wire.once('crypto-infohash', (req2: string) => {
        assert.is(req2, req2Of(INFO_HASH))
        setImmediate(() => { wire.guarded(() => { wire.setInfoHash(INFO_HASH) }) })
      })
      wire.once('handshake', () => { wire.handshake(INFO_HASH, PEER_ID) })
      queueMicrotask(() => { dialler.start() })
      return dialler
    }, stream.subarray(payloadBytes))
    assert.is(heard.method, (methods & PLAIN) === 0 ? RC4 : PLAIN)
  }), { numRuns: 250 })
})

test('who answers by the specification is understood', async () => {
  await fc.assert(fc.asyncProperty(pad, pad, key, cuts, async (outer, inner, own, cut) => {
    const wire = new BoundedWire('tcpOutgoing', Encryption.rc4, BOUNDS)
    const notShort = (theirs: Buffer): bigint => sharedSecret(theirs, asNumber(own))[0] === 0 ? asNumber(own) + 1n : asNumber(own)
    const heard = await conversation(wire, cut, send => {
      const answerer = referenceAnswerer(INFO_HASH, { privateKey: notShort, pad: outer, innerPad: inner, methods: PLAIN | RC4 }, send)
      wire.once('crypto-handshake', () => { wire.handshake(INFO_HASH, PEER_ID) })
      wire.startEncryption(INFO_HASH)
      return answerer
    }, Buffer.concat([handshake(INFO_HASH), INTERESTED]))
    assert.is(heard.method, RC4)
  }), { numRuns: 250 })
})

test('two ends of ours agree, with small keys and secrets and pads of every length', async () => {
  const random = Math.random
  try {
    await fc.assert(fc.asyncProperty(fc.array(pad, { minLength: 4, maxLength: 4 }), key, key, cuts, async (pads, left, right, cut) => {
      let drawn = 0
      Math.random = () => (pads[drawn++ % pads.length] ?? 0) / (MAX_PAD_BYTES + 1) + 1e-9 // by this the library chooses how long a pad is
      await pairOf(left, right, cut)
    }), { numRuns: 250, examples: [[[0, 0, 0, 0], OTHER, SHORT_WITH_OTHER[0] ?? OTHER, [1]], [[512, 512, 512, 512], OTHER, SHORT_WITH_OTHER[2] ?? OTHER, [1]]] })
  } finally {
    Math.random = random
  }
})

test('clients that leave out the first zero bytes of a secret are understood', async () => {
  // With OTHER the first key that we draw gives such a secret, and the second one does not.
  const draws = [SHORT_WITH_OTHER[0] ?? OTHER, SMALL_KEYS[0] ?? OTHER]
  const wire = withKeys(() => createKeyExchange(draws.shift()), () => new BoundedWire('tcpIncoming', Encryption.either, BOUNDS))
  const heard = await wire(async it => await conversation(it, [1], send => {
    const dialler = referenceDialler(INFO_HASH, { privateKey: () => asNumber(OTHER), pad: 7, innerPad: 0, methods: RC4, payload: handshake(INFO_HASH), trims: true }, send)
    it.once('crypto-infohash', () => { setImmediate(() => { it.guarded(() => { it.setInfoHash(INFO_HASH) }) }) })
    it.once('handshake', () => { it.handshake(INFO_HASH, PEER_ID) })
    queueMicrotask(() => { dialler.start() })
    return dialler
  }, INTERESTED))
  assert.is(heard.method, RC4)
  assert.is(draws.length, 0)
})

test('a dialled end draws keys until the secret is a long one, and ends', () => {
  const theirs = publicKey(asNumber(OTHER))
  const draws = [...SHORT_WITH_OTHER.slice(0, 2), OTHER, OTHER]
  const keys = answeringKeys(() => createKeyExchange(draws.shift()), () => theirs)
  assert.equal(Buffer.from(keys.generateKeys()), publicKey(asNumber(OTHER)))
  assert.equal(Buffer.from(keys.generateKeys()), publicKey(asNumber(OTHER)))
  assert.equal(Buffer.from(keys.computeSecret(theirs)), sharedSecret(theirs, asNumber(OTHER)))
  assert.is(draws.length, 1)
  for (const number of [0n, 1n]) { // of which every power is short
    let drawn = 0
    const hopeless = Buffer.from(number.toString(16).padStart(192, '0'), 'hex')
    const exchange = answeringKeys(() => { drawn++; return createKeyExchange() }, () => hopeless)
    assert.is(exchange.generateKeys().length, 96)
    assert.equal(Buffer.from(exchange.computeSecret(hopeless)), hopeless)
    assert.is(drawn, 4)
  }
})

test('a dialling end says so when the secret is a short one', () => {
  const keys = diallingKeys(() => createKeyExchange(OTHER))
  assert.equal(Buffer.from(keys.generateKeys()), publicKey(asNumber(OTHER)))
  for (const short of SHORT_WITH_OTHER) assert.throws(() => keys.computeSecret(publicKey(asNumber(short))), (error: Error) => error === SHORT_SECRET)
  const small = publicKey(asNumber(SMALL_KEYS[2] ?? OTHER))
  assert.equal(Buffer.from(keys.computeSecret(small)), sharedSecret(small, asNumber(OTHER)))
})

test('who asks for RC4 alone takes nothing else', async () => {
  const answers = {
    'the method that was not offered': (send: (bytes: Buffer) => void): MseEnd => referenceAnswerer(INFO_HASH, { privateKey: () => asNumber(SMALL_KEYS[0] ?? OTHER), pad: 0, innerPad: 0, methods: PLAIN, selects: PLAIN }, send),
    'a plain handshake': (send: (bytes: Buffer) => void): MseEnd => {
      setImmediate(() => { send(handshake(INFO_HASH)) })
      return { method: null, heard: Buffer.alloc(0), take () {}, say () {} }
    }
  }
  for (const [name, answer] of Object.entries(answers)) {
    const wire = new BoundedWire('tcpOutgoing', Encryption.rc4, BOUNDS)
    if (wire._encryptor !== null) wire._encryptor._dh = createKeyExchange(OTHER)
    const over = new Promise<string>(resolve => {
      wire.once('fault', resolve)
      wire.once('end', () => { resolve('end') })
      wire.once('handshake', () => { resolve('handshake') })
    })
    const end = answer(bytes => { wire.write(bytes) })
    wire.on('data', (bytes: Uint8Array) => { end.take(bytes) })
    wire.once('crypto-handshake', () => { wire.handshake(INFO_HASH, PEER_ID) })
    wire.startEncryption(INFO_HASH)
    assert.is(await over, 'BAD_PROTOCOL', name)
    assert.not.ok(end.heard.includes('BitTorrent'), name)
    wire.end()
  }
})

/** Resolves once both sides heard each other's handshake and the wire that the other one is interested. */
async function conversation (wire: BoundedWire, cut: readonly number[], begin: (send: (bytes: Buffer) => void) => MseEnd, toSay: Buffer): Promise<MseEnd> {
  let interested = false
  let said = false
  try {
    return await new Promise((resolve, reject) => {
      const guarded = (step: () => void): void => {
        try {
          step()
        } catch (error) {
          reject(error)
        }
      }
      const look = (): void => {
        if (other.method !== null && !said) {
          said = true
          if (toSay.length > 0) other.say(toSay)
        }
        if (interested && other.heard.length >= 68) {
          assert.equal(other.heard.subarray(0, 20).toString('latin1'), '\x13BitTorrent protocol')
          assert.equal(other.heard.subarray(28, 68), Buffer.concat([Buffer.from(INFO_HASH, 'hex'), PEER_ID]))
          resolve(other)
        }
      }
      wire.once('fault', (reason: string, cause: unknown) => { reject(new Error(reason, { cause })) })
      wire.once('end', () => { reject(new Error('the wire ended')) })
      wire.once('handshake', (infoHash: string) => { guarded(() => { assert.is(infoHash, INFO_HASH) }) })
      wire.once('interested', () => {
        interested = true
        guarded(look)
      })
      const other = begin(bytes => { for (const piece of pieces(bytes, cut)) wire.write(piece) })
      wire.on('data', (bytes: Uint8Array) => {
        guarded(() => {
          for (const piece of pieces(bytes, cut)) other.take(piece)
          look()
        })
      })
    })
  } finally {
    wire.end()
  }
}

/** Two wires with these private keys say a handshake to each other. */
async function pairOf (left: Uint8Array, right: Uint8Array, cut: readonly number[]): Promise<void> {
  const dialler = new BoundedWire('tcpOutgoing', Encryption.rc4, BOUNDS)
  const dialled = new BoundedWire('tcpIncoming', Encryption.either, BOUNDS)
  for (const [wire, own] of [[dialler, left], [dialled, right]] as const) if (wire._encryptor !== null) wire._encryptor._dh = createKeyExchange(own)
  try {
    await new Promise<void>((resolve, reject) => {
      for (const [from, to] of [[dialler, dialled], [dialled, dialler]] as const) {
        from.on('data', (bytes: Uint8Array) => { for (const piece of pieces(bytes, cut)) to.write(piece) })
        from.once('fault', (reason: string, cause: unknown) => { reject(new Error(reason, { cause })) })
        from.once('end', () => { reject(new Error('a wire ended')) })
      }
      dialled.once('crypto-infohash', (req2: string) => { if (req2 === req2Of(INFO_HASH)) dialled.setInfoHash(INFO_HASH) })
      dialled.once('handshake', () => { dialled.handshake(INFO_HASH, randomBytes(20)) })
      dialler.once('crypto-handshake', () => { dialler.handshake(INFO_HASH, PEER_ID) })
      dialler.once('handshake', () => { resolve() })
      dialler.startEncryption(INFO_HASH)
    })
  } finally {
    for (const wire of [dialler, dialled]) wire.end()
  }
}

/** What the wire's key exchange draws from while `use` runs. */
function withKeys (draw: () => KeyExchange, make: () => BoundedWire): <T>(use: (wire: BoundedWire) => Promise<T>) => Promise<T> {
  return async use => {
    const drawn = platform.createKeyExchange
    Object.assign(platform, { createKeyExchange: draw })
    try {
      return await use(make())
    } finally {
      Object.assign(platform, { createKeyExchange: drawn })
    }
  }
}

function * pieces (bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    yield Uint8Array.from(bytes.subarray(at, at + length))
    at += length
  }
}

test.run()
