// The heavy half of this package (libp2p, level, the index) loads when it is first used, so that importing the SDK
// for its errors, its text rules or its types costs a command or a page a few milliseconds, not a few hundred.
import type { Identity } from './identity/identity-document.ts'
import type { SeedbedNode } from './node.ts'
import type { NodeDatabase, NodeOptions } from './options.ts'

/**
 * Opens the data folder and starts a node. Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, LOCKED,
 * STORAGE_FAILED, BAD_ADDRESS, NETWORK_FAILED. Whatever was opened before an error is closed again.
 */
export async function createNode (options: NodeOptions): Promise<SeedbedNode> {
  return await (await import('./create-node.ts')).createNode(options)
}

/** The folder's identity, null when it has none. Needs no lock. Errors: KEY_FILE_CORRUPT, STORAGE_FAILED. */
export async function readIdentity (dataDir: string): Promise<Identity | null> {
  return await (await import('#platform')).platform.readIdentity(dataDir)
}

/**
 * The folder's identity, made from `phrase` or a new one when it has none. Needs no lock; durable before it returns.
 * Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, STORAGE_FAILED.
 */
export async function createIdentity (dataDir: string, options: { readonly phrase?: string } = {}): Promise<Identity> {
  return await (await import('#platform')).platform.createIdentity(dataDir, options)
}

/**
 * The database that a node opens in its own folder, for programs that bring one to `createNode`: LevelDB that loses
 * nothing it acknowledged when the disk was full in between. Close it after the node. Errors: LOCKED, STORAGE_FAILED.
 */
export async function openDatabase (location: string): Promise<NodeDatabase & { close (): Promise<void> }> {
  return await (await import('#platform')).platform.openDatabase(location)
}
