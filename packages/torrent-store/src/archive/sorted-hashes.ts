// All infohashes of a store in ascending order, in memory that does not grow with their number: a store lists them in
// whatever order it likes, so its list is read once to count them by their first 16 bits, and once for every part that
// fits into memory.
import type { InfoHash } from '../torrent-ref.ts'

/** Where the infohashes come from: a store, a blob store. */
export interface HashSource {
  list (): AsyncIterable<{ readonly infoHash: InfoHash }>
}

const PREFIXES = 65_536

/** `maxHeld` infohashes at a time. What is put or deleted meanwhile may be among them or not. */
export async function * sortedHashes (blobs: HashSource, maxHeld: number): AsyncGenerator<InfoHash, void, undefined> {
  const counts = new Uint32Array(PREFIXES)
  for await (const { infoHash } of blobs.list()) counts[prefixOf(infoHash)] = countOf(counts, prefixOf(infoHash)) + 1
  for (let from = 0; from < PREFIXES;) {
    let to = from + 1
    let expected = countOf(counts, from)
    for (; to < PREFIXES && expected + countOf(counts, to) <= maxHeld; to++) expected += countOf(counts, to)
    if (expected > 0) yield * await sortedPart(blobs, from, to)
    from = to
  }
}

async function sortedPart (blobs: HashSource, from: number, to: number): Promise<InfoHash[]> {
  const part: InfoHash[] = []
  for await (const { infoHash } of blobs.list()) {
    const prefix = prefixOf(infoHash)
    if (prefix >= from && prefix < to) part.push(infoHash)
  }
  return part.sort()
}

function countOf (counts: Uint32Array, prefix: number): number {
  return counts[prefix] ?? 0
}

function prefixOf (infoHash: InfoHash): number {
  return Number.parseInt(infoHash.slice(0, 4), 16)
}
