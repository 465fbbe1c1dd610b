// The identity of a data folder: the key file with the author's keys (Node only).
import { createSigner } from '@seedbed/crdt-index'
import { loadOrCreateKeyFile, readKeyFile, type Identity } from './key-file.ts'

const publicKey = (seed: Uint8Array): Uint8Array => createSigner(seed).publicKey

/** The folder's identity, null when it has none. Needs no lock. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED. */
export async function readIdentity (dataDir: string): Promise<Identity | null> {
  return await readKeyFile(dataDir, { publicKey })
}

/**
 * The folder's identity, made from `phrase` or a new one when it has none. Needs no lock; durable before it returns.
 * Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, STORAGE_FAILED.
 */
export async function createIdentity (dataDir: string, options: { readonly phrase?: string } = {}): Promise<Identity> {
  return await loadOrCreateKeyFile(dataDir, { publicKey, ...options })
}
