// What a peer's snapshots have seen, as it tells whom it asks for envelopes: what they cover need not travel.
//   cover = author 7 || part 1 || devices 1 || { device 4 || seq 4 }*
// ascending by author and part, and by device. The giver judges by the document rule (documents/reduce.ts): a delta is covered
// by a snapshot that has seen its (device, seq), a snapshot by one of higher rank that has.
import { AUTHOR_PREFIX_BYTES } from '../keeping/local-authors.ts'
import { CrdtIndexError } from '../errors.ts'
import { compareBytes } from '../identity/encoding.ts'
import { MAX_COVERS_BYTES, MAX_DEVICES, MAX_SEQ } from '../limits.ts'
import type { SnapshotCover } from '../model.ts'

const NAME_BYTES = AUTHOR_PREFIX_BYTES + 1
const PAIR_BYTES = 8

/** As many as fit MAX_COVERS_BYTES. */
export function encodeCovers (covers: readonly SnapshotCover[]): Uint8Array {
  const encoded = new Uint8Array(MAX_COVERS_BYTES)
  const view = new DataView(encoded.buffer)
  let at = 0
  for (const cover of covers.toSorted(compareCovers)) {
    if (at + NAME_BYTES + 1 + cover.seen.size * PAIR_BYTES > encoded.length) break
    encoded.set(cover.author, at)
    encoded[at + AUTHOR_PREFIX_BYTES] = cover.part
    encoded[at + NAME_BYTES] = cover.seen.size
    at += NAME_BYTES + 1
    for (const [device, seq] of [...cover.seen].sort(([a], [b]) => a - b)) {
      view.setUint32(at, device)
      view.setUint32(at + 4, seq)
      at += PAIR_BYTES
    }
  }
  return encoded.subarray(0, at)
}

/** Keeps views of the bytes. Throws BAD_FRAME. */
export function decodeCovers (encoded: Uint8Array): SnapshotCover[] {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  const covers: SnapshotCover[] = []
  let previous: SnapshotCover | null = null
  for (let at = 0; at < encoded.length;) {
    const devices = encoded[at + NAME_BYTES] ?? 0
    const end = at + NAME_BYTES + 1 + devices * PAIR_BYTES
    if (devices < 1 || devices > MAX_DEVICES || end > encoded.length) throw bad()
    const seen = new Map<number, number>()
    let last = 0
    for (let pair = at + NAME_BYTES + 1; pair < end; pair += PAIR_BYTES) {
      const [device, seq] = [view.getUint32(pair), view.getUint32(pair + 4)]
      if (device <= last || seq < 1 || seq > MAX_SEQ) throw bad()
      seen.set(last = device, seq)
    }
    const cover = { author: encoded.subarray(at, at + AUTHOR_PREFIX_BYTES), part: encoded[at + AUTHOR_PREFIX_BYTES] ?? 0, seen }
    if (previous !== null && compareCovers(previous, cover) >= 0) throw bad()
    covers.push(previous = cover)
    at = end
  }
  return covers
}

function compareCovers (a: SnapshotCover, b: SnapshotCover): number {
  return compareBytes(a.author, b.author) || a.part - b.part
}

function bad (): CrdtIndexError {
  return new CrdtIndexError('BAD_FRAME', 'sync frame: what snapshots have seen')
}
