// What a downloader says, chunk by chunk: good talks, and what becomes of them when a generator spoils them. The corpus
// beside this file was made by tools/wire-corpus.ts; what a fuzzer finds is added to it and stays.
import { refOf } from '../../src/index.ts'
import { frameBodies, writeIds, writeWanted } from '../../src/wire/batch-message.ts'
import { extended, handshake, message, uint32 } from '../bodies.ts'

export interface Transcript {
  readonly name: string
  /** Whether all of it goes through an encrypted handshake (MSE), which is honest but for `flips`. */
  readonly encrypted: boolean
  /** Changes bytes of the encrypted handshake: of its nth message, at an offset, by XOR. */
  readonly flips: ReadonlyArray<readonly [message: number, offset: number, xor: number]>
  /** Hex. Sent in turn, a pause between them. */
  readonly chunks: readonly string[]
}

/** Held by the server under test, so that the talks get somewhere. */
export const CORPUS_BODY: Uint8Array = Buffer.from('magic of a body\n\n' + 'text '.repeat(8000))
const ref = refOf(CORPUS_BODY)
const ABSENT = 'f'.repeat(40) as typeof ref.infoHash

const hello = handshake(ref.infoHash)
const extendedHello = extended(0, 'd1:md11:ut_metadatai3e9:sb_bodiesi4ee13:metadata_sizei0e1:v3:abce')
const request = (offset: number, length: number): Buffer => message(6, uint32(0, offset, length))
const bodies = (payload: Uint8Array): Buffer => extended(2, payload)

/** Good talks: download, metadata, many bodies, and a mixture in the order of other clients. */
export const GOOD: readonly Transcript[] = [
  talk('download', [hello, message(2), request(0, 16_384), request(16_384, 16_384), message(3), Buffer.alloc(4)]),
  talk('metadata', [hello, extendedHello, extended(1, 'd8:msg_typei0e5:piecei0ee'), message(15), message(2), request(0, 1)]),
  talk('bodies', [hello, extendedHello, bodies(writeWanted('want', 0, [ref.infoHash, ABSENT])), bodies(writeIds('cancel', [ref.infoHash])), bodies(writeWanted('want', 0, [ref.infoHash]))]),
  talk('client', [hello, Buffer.concat([extendedHello, message(15), message(9, Buffer.of(0x1a, 0xe1))]), message(5, Buffer.of(0)), message(2), message(17, uint32(0)), request(0, 16_384), message(8, uint32(0, 0, 16_384)), message(4, uint32(0))])
].flatMap(one => [one, { ...one, name: `${one.name}-encrypted`, encrypted: true }])

/** Talks that claim more than they bring, in every place that has a length. */
export const GREEDY: readonly Transcript[] = [
  talk('length-2g', [hello, uint32(0x7fffffff), Buffer.alloc(3000, 20)]),
  talk('length-4g-extended', [hello, Buffer.concat([uint32(0xffffffff), Buffer.of(20, 0)]), Buffer.alloc(3000)]),
  talk('metadata-2g', [hello, extended(0, 'd1:md11:ut_metadatai3ee13:metadata_sizei2147483647ee'), extended(1, 'd8:msg_typei1e5:piecei0e10:total_sizei2147483647eexx')]),
  talk('string-2g', [hello, extended(0, 'd1:md11:ut_metadata2147483647:xee')]),
  talk('bodies-nobody-asked-for', [hello, extendedHello, bodies(Buffer.from(frameBodies(4, [{ infoHash: ref.infoHash, body: CORPUS_BODY.subarray(0, 4000) }])).subarray(6))]),
  // Offsets in the third step of MSE: 40 bytes of hashes, then under RC4 8 of zeros, 4 of methods, 2 of padding length.
  encryptedTalk('mse-padding-64k', [[1, 52, 0xff], [1, 53, 0xff]]),
  encryptedTalk('mse-no-method', [[1, 48, 0xff], [1, 51, 0x03]]),
  encryptedTalk('mse-wrong-zeros', [[1, 41, 1]]),
  encryptedTalk('mse-wrong-infohash', [[1, 20, 1]]),
  encryptedTalk('mse-wrong-sync', [[1, 0, 1]]),
  encryptedTalk('mse-weak-key', Array.from({ length: 96 }, (_, i) => [0, i, 0xff] as const))
]

/** A random number below `below`. */
export type Below = (below: number) => number

/** Deterministic in its seed (mulberry32). */
export function seeded (seed: number): Below {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ state >>> 15, state | 1)
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61)
    return Math.floor(((mixed ^ mixed >>> 14) >>> 0) / 0x1_0000_0000 * below)
  }
}

/** Spoils a good talk in one to five ways. */
export function spoil (name: string, below: Below): Transcript {
  const base = pick(GOOD, below)
  let chunks = base.chunks.map(hex => Buffer.from(hex, 'hex'))
  const flips: Array<readonly [number, number, number]> = []
  for (let left = 1 + below(5); left > 0; left--) {
    const at = below(Math.max(1, chunks.length))
    const chunk = Buffer.from(chunks[at] ?? Buffer.alloc(0))
    switch (below(9)) {
      case 0: chunks[at] = chunk.subarray(0, below(chunk.length + 1)); break
      case 1: if (chunk.length > 0) chunk[below(chunk.length)] = below(256); chunks[at] = chunk; break
      case 2: chunks.splice(at, 0, chunk); break
      case 3: chunks.splice(at, 1); break
      case 4: chunks.push(...chunks.splice(at, 1)); break
      case 5: chunks.splice(at, 0, Buffer.from((pick(GOOD, below).chunks[below(5)] ?? ''), 'hex')); break
      case 6: chunks.splice(at, 0, Buffer.from(Array.from({ length: below(300) }, () => below(256)))); break
      case 7: if (chunk.length >= 4) chunk.writeUInt32BE(pick([0, 1, 5, 32_768, 32_769, 0x7fffffff, 0xffffffff], below), pick([0, chunk.length - 4], below)); chunks[at] = chunk; break
      case 8: if (base.encrypted) flips.push([below(2), below(120), 1 + below(255)]); else chunks = chunks.flatMap(whole => [whole.subarray(0, below(whole.length + 1)), whole.subarray(below(whole.length + 1))]); break
    }
  }
  return { name, encrypted: base.encrypted, flips, chunks: chunks.map(bytes => bytes.toString('hex')) }
}

function talk (name: string, chunks: Uint8Array[]): Transcript {
  return { name, encrypted: false, flips: [], chunks: chunks.map(bytes => Buffer.from(bytes).toString('hex')) }
}

function encryptedTalk (name: string, flips: Transcript['flips']): Transcript {
  return { ...talk(name, [hello]), encrypted: true, flips }
}

function pick<T> (items: readonly T[], below: Below): T {
  return items[below(items.length)] as T
}
