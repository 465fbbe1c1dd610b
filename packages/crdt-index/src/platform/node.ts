// Node: sodium for signatures, OpenSSL for hashes, worker threads.
import { discoveryKey, keyPair, sign, verify } from 'hypercore-crypto'
import { deflate, inflate } from './node/deflate.ts'
import { startNodeStampThread } from './node/stamp-thread.ts'
import { sha256, verifyMany } from './node/verify-many.ts'
import { startNodeVerifyThread } from './node/verify-thread.ts'
import type { Platform } from './platform.ts'

export const platform: Platform = {
  keyPair (seed) {
    const { publicKey, secretKey } = keyPair(seed)
    return { publicKey: new Uint8Array(publicKey), sign: bytes => new Uint8Array(sign(bytes, secretKey)) }
  },
  verify: ({ signature, bytes, publicKey }) => verify(bytes, signature, publicKey),
  verifyMany,
  discoveryKey,
  sha256,
  deflate,
  inflate,
  startStampThread: startNodeStampThread,
  startVerifyThread: startNodeVerifyThread,
  nextTask: async () => { await new Promise<void>(resolve => { setImmediate(resolve) }) }
}
