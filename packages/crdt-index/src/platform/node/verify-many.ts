// What both the process's main thread and its verifying ones check by: sodium for signatures, OpenSSL for hashes.
import { hash } from 'node:crypto'
import { verify } from 'hypercore-crypto'
import type { ProofPorts } from '../../envelope/proof.ts'

export const verifyMany: ProofPorts['verifyMany'] = batch => batch.map(({ signature, bytes, publicKey }) => verify(bytes, signature, publicKey))

export const sha256: ProofPorts['sha256'] = bytes => new Uint8Array(hash('sha256', bytes, 'buffer'))
