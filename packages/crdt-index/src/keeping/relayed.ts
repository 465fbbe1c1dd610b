import { MAX_RELAYED_HASHES } from '../limits.ts'
import type { EnvelopeHash } from '../model.ts'

/** Envelopes that were found valid and passed on without being kept: what comes again is not verified again. */
export interface Relayed {
  has (hash: EnvelopeHash): boolean
  add (hash: EnvelopeHash): void
  /** What is kept has changed: they may be wanted now. */
  clear (): void
}

export function createRelayed (maxHashes: number = MAX_RELAYED_HASHES): Relayed {
  const hashes = new Set<EnvelopeHash>()
  return {
    has: hash => hashes.has(hash),
    add (hash) {
      hashes.delete(hash)
      hashes.add(hash)
      for (const oldest of hashes) {
        if (hashes.size <= maxHashes) break
        hashes.delete(oldest)
      }
    },
    clear () { hashes.clear() }
  }
}
