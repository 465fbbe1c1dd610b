// Loads the BitTorrent wire when the first connection needs it: in a page that is a script of its own.
import type * as Exchange from './wire/exchange.ts'

let loaded: typeof Exchange | null = null

/** Null until it was loaded for the first time. */
export function loadedExchange (): typeof Exchange | null {
  return loaded
}

/** Rejects with what the platform reports if the script cannot be had; the next call tries again. */
export async function loadExchange (): Promise<typeof Exchange> {
  return loaded ??= await import('./wire/exchange.ts')
}
