// Proofs as one buffer, so that they can be handed to a thread instead of being copied once more:
//   { lengths: difficulty, hashed, signed, update (uint32 each) || public key, 32 || signature, 64 || update hash, 32 || hashed || signed || update }*
import type { Proof } from './proof.ts'

const LENGTHS_BYTES = 16
const FIXED_BYTES = 32 + 64 + 32
const NOTHING = new Uint8Array(0)

function bytesOf ({ signed, stamp, update }: Proof): number {
  return LENGTHS_BYTES + FIXED_BYTES + (stamp?.hashed.length ?? 0) + signed.bytes.length + update.length
}

export function packProofs (proofs: readonly Proof[]): ArrayBuffer {
  const packed = new Uint8Array(proofs.reduce((sum, proof) => sum + bytesOf(proof), 0))
  const view = new DataView(packed.buffer)
  let at = 0
  for (const { signed: { publicKey, signature, bytes }, stamp, update, updateHash } of proofs) {
    const hashed = stamp?.hashed ?? NOTHING
    for (const number of [stamp?.difficulty ?? 0, hashed.length, bytes.length, update.length]) {
      view.setUint32(at, number)
      at += 4
    }
    for (const part of [publicKey, signature, updateHash, hashed, bytes, update]) {
      packed.set(part, at)
      at += part.length
    }
  }
  return packed.buffer
}

/** Views of the buffer, which the thread's own program packed. */
export function unpackProofs (buffer: ArrayBuffer): Proof[] {
  const view = new DataView(buffer)
  const proofs: Proof[] = []
  for (let at = 0; at < buffer.byteLength;) {
    const number = (index: number): number => view.getUint32(at + 4 * index)
    const [difficulty, hashedLength, signedLength, updateLength] = [number(0), number(1), number(2), number(3)]
    at += LENGTHS_BYTES
    const take = (length: number): Uint8Array => {
      at += length
      return new Uint8Array(buffer, at - length, length)
    }
    const [publicKey, signature, updateHash, hashed, bytes, update] = [take(32), take(64), take(32), take(hashedLength), take(signedLength), take(updateLength)] as const
    proofs.push({ signed: { publicKey, signature, bytes }, stamp: difficulty === 0 ? null : { hashed, difficulty }, update, updateHash })
  }
  return proofs
}
