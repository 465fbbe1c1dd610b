// Browsers: signatures by WebCrypto where it verifies as everybody else does, else by noble; Web Workers.
import { blake2b } from '@noble/hashes/blake2.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { MAX_IMPORTED_KEYS } from '../limits.ts'
import { deflate, inflate } from './browser/deflate.ts'
import { keyPair, verify } from './browser/ed25519.ts'
import { nextTask } from './browser/next-task.ts'
import { startWebStampThread } from './browser/stamp-thread.ts'
import { startWebVerifyThread } from './browser/verify-thread.ts'
import { createWebVerifier } from './browser/web-verifier.ts'
import type { Platform } from './platform.ts'

const DISCOVERY = new TextEncoder().encode('hypercore')

/** A page that came over plain HTTP has no `subtle`. */
const verifyMany = createWebVerifier({ subtle: (globalThis.crypto as Partial<Crypto> | undefined)?.subtle, maxKeys: MAX_IMPORTED_KEYS })

export const platform: Platform = {
  keyPair,
  verify,
  verifyMany,
  discoveryKey: key => blake2b(DISCOVERY, { key, dkLen: 32 }),
  sha256,
  deflate,
  inflate,
  startStampThread: startWebStampThread,
  startVerifyThread: startWebVerifyThread,
  nextTask
}
