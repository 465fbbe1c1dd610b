import { req2Of, type BlobStore, type HeldBlob } from './blob-store.ts'
import type { InfoHash } from '../torrent-ref.ts'

/** Bodies in a Map: for tests and for peers that keep nothing. Durable only while the process lives. */
export function createMemoryBlobs (): BlobStore {
  const bodies = new Map<InfoHash, { readonly body: Uint8Array, usedSeconds: number }>()
  const byReq2 = new Map<string, InfoHash>()
  let bytes = 0

  function hold (infoHash: InfoHash, body: Uint8Array, usedSeconds: number): boolean {
    if (bodies.has(infoHash)) return false
    bodies.set(infoHash, { body: Uint8Array.from(body), usedSeconds })
    byReq2.set(req2Of(infoHash), infoHash)
    bytes += body.length
    return true
  }

  function copyOf (infoHash: InfoHash): Uint8Array | undefined {
    const held = bodies.get(infoHash)
    return held === undefined ? undefined : new Uint8Array(held.body)
  }

  return {
    async get (infoHash) { return copyOf(infoHash) },
    async getMany (infoHashes) { return infoHashes.map(copyOf) },
    async has (infoHash) { return bodies.has(infoHash) },
    async lengthsOf (infoHashes) { return infoHashes.map(infoHash => bodies.get(infoHash)?.body.length) },
    async put (infoHash, body, usedSeconds = 0) { return hold(infoHash, body, usedSeconds) },
    async putMany (blobs) { return blobs.map(({ infoHash, body, usedSeconds = 0 }) => hold(infoHash, body, usedSeconds)) },
    async delete (infoHash) {
      const length = bodies.get(infoHash)?.body.length ?? 0
      bodies.delete(infoHash)
      byReq2.delete(req2Of(infoHash))
      bytes -= length
      return length
    },
    async touch (uses) {
      for (const [infoHash, usedSeconds] of uses) {
        const held = bodies.get(infoHash)
        if (held !== undefined) held.usedSeconds = usedSeconds
      }
    },
    async * list (): AsyncGenerator<HeldBlob, void, undefined> {
      for (const [infoHash, { body, usedSeconds }] of bodies) yield { infoHash, length: body.length, usedSeconds }
    },
    stat: () => ({ bodies: bodies.size, bytes }),
    async findByReq2 (req2) { return byReq2.get(req2) }
  }
}
