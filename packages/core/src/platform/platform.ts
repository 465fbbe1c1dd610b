// What a node asks of the machine it runs on. `#platform` resolves to node.ts or browser.ts; nothing else may know which.
import type { PrivateKey } from '@libp2p/interface'
import type { Identity } from '../identity/key-file.ts'
import type { SeedbedLibp2p } from '../network/libp2p-settings.ts'
import type { NetworkOptions, NodeDatabase } from '../options.ts'

export type ClosableDatabase = NodeDatabase & { close (): Promise<void> }

export interface Platform {
  /** The folder's (Node) or the IndexedDB name's (browser) identity; null when it has none. */
  readIdentity (dataDir: string): Promise<Identity | null>
  /** Made from `phrase`, or new, when there is none; durable before it returns. Errors: BAD_PHRASE, IDENTITY_EXISTS, KEY_FILE_CORRUPT, STORAGE_FAILED. */
  createIdentity (dataDir: string, options?: { readonly phrase?: string }): Promise<Identity>
  /** Locked for this process (Node) or this origin (browser). Errors: LOCKED, STORAGE_FAILED. */
  openDatabase (dataDir: string): Promise<ClosableDatabase>
  /** A started libp2p node with this platform's transports. Errors: NETWORK_FAILED. */
  createLibp2p (privateKey: PrivateKey, options: NetworkOptions): Promise<SeedbedLibp2p>
}
