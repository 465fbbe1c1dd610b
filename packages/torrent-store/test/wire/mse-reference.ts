// Message Stream Encryption written a second time, from its specification, without the wire library: both ends of the
// handshake, with every choice that the specification leaves open in the hands of the test. No network and no clock.
import { createHash, randomBytes } from 'node:crypto'

const PRIME = 0xffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563n
const KEY_BYTES = 96
const VC = Buffer.alloc(8)
export const MAX_PAD_BYTES = 512
export const PLAIN = 1
export const RC4 = 2

export interface MseChoices {
  /** Of 20 bytes. Who answers chooses with the dialler's public key at hand. */
  readonly privateKey: (theirs: Buffer) => bigint
  /** Bytes of PadA or PadB. */
  readonly pad: number
  /** Bytes of PadC or PadD. */
  readonly innerPad: number
  /** crypto_provide of who dials; what who answers accepts, of which it takes RC4 first. */
  readonly methods: number
  /** What who answers says that it selects, whatever was offered. */
  readonly selects?: number
  /** Initial payload, of who dials. */
  readonly payload?: Buffer
  /** Leaves out zero bytes at the beginning of the secret, as DH_compute_key of OpenSSL does. Default false. */
  readonly trims?: boolean
}

export interface MseEnd {
  take (bytes: Uint8Array): void
  /** Encrypted if that was agreed on; only once `method` is there. */
  say (bytes: Uint8Array): void
  /** What was agreed on; null before. */
  readonly method: number | null
  /** What the other side said after the handshake, or as the initial payload. */
  readonly heard: Buffer
}

/** Throws out of `take` for whatever is against the specification. */
export function referenceDialler (infoHash: string, choices: MseChoices, send: (bytes: Buffer) => void): MseEnd & { start (): void } {
  const skey = Buffer.from(infoHash, 'hex')
  const own = choices.privateKey(Buffer.alloc(0))
  const end = new End(send)
  return Object.assign(end, {
    start () {
      send(Buffer.concat([publicKey(own), randomBytes(choices.pad)]))
      end.expect(KEY_BYTES, theirs => {
        const secret = secretOf(theirs, own, choices)
        end.useKeys(rc4(sha1('keyA', secret, skey)), rc4(sha1('keyB', secret, skey)))
        const { payload = Buffer.alloc(0) } = choices
        send(Buffer.concat([
          sha1('req1', secret), xor(sha1('req2', skey), sha1('req3', secret)),
          end.encrypted(Buffer.concat([VC, uint32(choices.methods), uint16(choices.innerPad), randomBytes(choices.innerPad), uint16(payload.length), payload]))
        ]))
        end.search(end.decrypted(VC), () => {
          end.expectEncrypted(6, answer => {
            const method = answer.readUInt32BE(0)
            if ((method !== PLAIN && method !== RC4) || (method & choices.methods) === 0) throw new Error(`crypto_select is ${method}`)
            end.expectPad(answer.readUInt16BE(4), () => { end.agree(method) })
          })
        })
      })
    }
  })
}

/** `infoHash`: of the only torrent it knows. Throws as the dialler does. */
export function referenceAnswerer (infoHash: string, choices: MseChoices, send: (bytes: Buffer) => void): MseEnd {
  const skey = Buffer.from(infoHash, 'hex')
  const end = new End(send)
  end.expect(KEY_BYTES, theirs => {
    const own = choices.privateKey(theirs)
    const secret = secretOf(theirs, own, choices)
    send(Buffer.concat([publicKey(own), randomBytes(choices.pad)]))
    end.search(sha1('req1', secret), () => {
      end.expect(20, named => {
        if (!xor(named, sha1('req3', secret)).equals(sha1('req2', skey))) throw new Error('another torrent')
        end.useKeys(rc4(sha1('keyB', secret, skey)), rc4(sha1('keyA', secret, skey)))
        end.expectEncrypted(14, offer => {
          if (!offer.subarray(0, 8).equals(VC)) throw new Error('no VC')
          const both = offer.readUInt32BE(8) & choices.methods
          const method = choices.selects ?? ((both & RC4) === 0 ? both : RC4)
          end.expectPad(offer.readUInt16BE(12), () => {
            end.expectEncrypted(2, length => {
              end.expectEncrypted(length.readUInt16BE(0), payload => {
                send(end.encrypted(Buffer.concat([VC, uint32(method), uint16(choices.innerPad), randomBytes(choices.innerPad)])))
                end.hear(payload)
                end.agree(method)
              })
            })
          })
        })
      })
    })
  })
  return end
}

class End implements MseEnd {
  method: number | null = null
  heard: Buffer = Buffer.alloc(0)
  readonly #send: (bytes: Buffer) => void
  #buffer: Buffer = Buffer.alloc(0)
  /** Takes what it needs from the buffer; false: not there yet. */
  #step: (() => boolean) | null = null
  #encrypt: Cipher | null = null
  #decrypt: Cipher | null = null

  constructor (send: (bytes: Buffer) => void) {
    this.#send = send
  }

  useKeys (encrypt: Cipher, decrypt: Cipher): void {
    this.#encrypt = encrypt
    this.#decrypt = decrypt
  }

  encrypted (bytes: Uint8Array): Buffer {
    if (this.#encrypt === null) throw new Error('no keys yet')
    return this.#encrypt(bytes)
  }

  decrypted (bytes: Uint8Array): Buffer {
    if (this.#decrypt === null) throw new Error('no keys yet')
    return this.#decrypt(bytes)
  }

  expect (length: number, use: (bytes: Buffer) => void): void {
    this.#step = () => {
      if (this.#buffer.length < length) return false
      use(this.#taken(length))
      return true
    }
  }

  expectEncrypted (length: number, use: (bytes: Buffer) => void): void {
    this.expect(length, bytes => { use(this.decrypted(bytes)) })
  }

  expectPad (length: number, use: () => void): void {
    if (length > MAX_PAD_BYTES) throw new Error(`a pad of ${length} bytes`)
    this.expectEncrypted(length, use)
  }

  search (pattern: Buffer, use: () => void): void {
    this.#step = () => {
      const at = this.#buffer.indexOf(pattern)
      if (at > MAX_PAD_BYTES || (at === -1 && this.#buffer.length >= MAX_PAD_BYTES + pattern.length)) throw new Error('no synchronisation')
      if (at === -1) return false
      this.#taken(at + pattern.length)
      use()
      return true
    }
  }

  agree (method: number): void {
    this.method = method
    this.#step = null
  }

  hear (bytes: Buffer): void {
    this.heard = Buffer.concat([this.heard, bytes])
  }

  take (bytes: Uint8Array): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes])
    while (this.#step !== null) {
      const step = this.#step
      if (!step()) return
    }
    if (this.method === null || this.#buffer.length === 0) return
    const rest = this.#taken(this.#buffer.length)
    this.hear(this.method === RC4 ? this.decrypted(rest) : rest)
  }

  say (bytes: Uint8Array): void {
    if (this.method === null) throw new Error('nothing was agreed on')
    this.#send(this.method === RC4 ? this.encrypted(bytes) : Buffer.from(bytes))
  }

  #taken (length: number): Buffer {
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }
}

type Cipher = (bytes: Uint8Array) => Buffer

/** RC4 without its first 1,024 bytes. */
function rc4 (key: Buffer): Cipher {
  const state = Array.from({ length: 256 }, (_, i) => i)
  const at = (i: number): number => state[i & 255] ?? 0
  const swap = (i: number, j: number): void => { [state[i], state[j]] = [at(j), at(i)] }
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 255
    swap(i, j)
  }
  let [i, j] = [0, 0]
  const next = (): number => {
    i = (i + 1) & 255
    j = (j + at(i)) & 255
    swap(i, j)
    return at(at(i) + at(j))
  }
  for (let skipped = 0; skipped < 1024; skipped++) next()
  return bytes => Buffer.from(bytes.map(byte => byte ^ next()))
}

export function power (base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base % PRIME, rest = exponent; rest > 0n; rest >>= 1n, square = square * square % PRIME) if ((rest & 1n) === 1n) result = result * square % PRIME
  return result
}

/** 96 bytes. */
export function publicKey (privateKey: bigint): Buffer {
  return toBytes(power(2n, privateKey))
}

/** 96 bytes, of a public key and a private one. */
export function sharedSecret (theirs: Uint8Array, own: bigint): Buffer {
  return toBytes(power(toNumber(theirs), own))
}

/** A private key whose secret with `theirs` is fit: the next one is one multiplication away. */
export function keyFor (theirs: Uint8Array, isFit: (secret: Buffer) => boolean): bigint {
  const base = toNumber(theirs)
  let own = toNumber(randomBytes(19))
  for (let secret = power(base, own); !isFit(toBytes(secret)); own++) secret = secret * base % PRIME
  return own
}

function secretOf (theirs: Buffer, own: bigint, { trims = false }: MseChoices): Buffer {
  const secret = sharedSecret(theirs, own)
  return trims ? secret.subarray(secret.findIndex(byte => byte !== 0)) : secret
}

function toNumber (bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function toBytes (number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(2 * KEY_BYTES, '0'), 'hex')
}

function sha1 (name: string, ...parts: Uint8Array[]): Buffer {
  const hash = createHash('sha1').update(name)
  for (const part of parts) hash.update(part)
  return hash.digest()
}

function xor (left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, i) => byte ^ (right[i] ?? 0)))
}

function uint32 (number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

function uint16 (number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(number)
  return bytes
}
