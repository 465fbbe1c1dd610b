import { req2Of, type BlobStore } from './blob-store.ts'
import type { InfoHash } from '../torrent-ref.ts'

/** Bodies in a Map: for tests and for peers that keep nothing. Durable only while the process lives. */
export function createMemoryBlobs (): BlobStore {
  const bodies = new Map<InfoHash, Uint8Array>()
  const byReq2 = new Map<string, InfoHash>()
  let bytes = 0
  const copyOf = (infoHash: InfoHash): Uint8Array | undefined => {
    const body = bodies.get(infoHash)
    return body === undefined ? undefined : new Uint8Array(body)
  }
  return {
    async get (infoHash) { return copyOf(infoHash) },
    async getMany (infoHashes) { return infoHashes.map(copyOf) },
    async has (infoHash) { return bodies.has(infoHash) },
    async hasMany (infoHashes) { return infoHashes.map(infoHash => bodies.has(infoHash)) },
    async put (infoHash, body) {
      if (bodies.has(infoHash)) return false
      bodies.set(infoHash, Uint8Array.from(body))
      byReq2.set(req2Of(infoHash), infoHash)
      bytes += body.length
      return true
    },
    async delete (infoHash) {
      const body = bodies.get(infoHash)
      if (body === undefined) return false
      bodies.delete(infoHash)
      byReq2.delete(req2Of(infoHash))
      bytes -= body.length
      return true
    },
    async * list () {
      for (const [infoHash, body] of bodies) yield { infoHash, length: body.length }
    },
    stat: () => ({ bodies: bodies.size, bytes }),
    async findByReq2 (req2) { return byReq2.get(req2) }
  }
}
