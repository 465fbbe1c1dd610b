// Node: sodium for signatures, OpenSSL for hashes, worker threads.
import { createHash } from 'node:crypto'
import { discoveryKey, keyPair, sign, verify } from 'hypercore-crypto'
import { deflate, inflate } from './node/deflate.ts'
import { startNodeStampThread } from './node/stamp-thread.ts'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  keyPair (seed) {
    const { publicKey, secretKey } = keyPair(seed)
    return { publicKey: new Uint8Array(publicKey), sign: bytes => new Uint8Array(sign(bytes, secretKey)) }
  },
  verify: ({ signature, bytes, publicKey }) => verify(bytes, signature, publicKey),
  verifyMany: batch => batch.map(({ signature, bytes, publicKey }) => verify(bytes, signature, publicKey)),
  discoveryKey,
  sha256: bytes => new Uint8Array(createHash('sha256').update(bytes).digest()),
  deflate,
  inflate,
  startStampThread: startNodeStampThread
}
