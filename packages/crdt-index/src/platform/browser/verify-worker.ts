// Entry of the Web Worker that checks envelopes: by WebCrypto where that can, else in JavaScript.
import { sha256 } from '@noble/hashes/sha2.js'
import { createVerifyJobs, type VerifyJob } from '../../envelope/verify-threads.ts'
import { MAX_IMPORTED_KEYS } from '../../limits.ts'
import { createWebVerifier } from './web-verifier.ts'

const verifyMany = createWebVerifier({ subtle: (globalThis.crypto as Partial<Crypto> | undefined)?.subtle, maxKeys: MAX_IMPORTED_KEYS })
const receive = createVerifyJobs({ sha256, verifyMany }, report => { globalThis.postMessage(report, {}) })
globalThis.addEventListener('message', ({ data }: MessageEvent<VerifyJob>) => { receive(data) })
// A rejected promise ends no worker by itself: thrown again, the page hears of it.
globalThis.addEventListener('unhandledrejection', ({ reason }) => { setTimeout(() => { throw reason }, 0) })
