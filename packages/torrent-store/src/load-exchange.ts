// Loads the BitTorrent wire when the first connection needs it: in a page that is a script of its own.
import { TorrentStoreError } from './errors.ts'
import type * as Exchange from './wire/exchange.ts'

let loaded: typeof Exchange | null = null

/** Null until it was loaded for the first time. */
export function loadedExchange (): typeof Exchange | null {
  return loaded
}

/** NOT_FOUND if the script cannot be had, with what the platform reports as its cause; the next call tries again. */
export async function loadExchange (): Promise<typeof Exchange> {
  try {
    return loaded ??= await import('./wire/exchange.ts')
  } catch (cause) {
    throw new TorrentStoreError('NOT_FOUND', 'the part that talks to peers could not be loaded', { cause })
  }
}
