// The seedboxes of this peer on disk: peer id -> JSON { address, own, trusted, relay, tracker, signalling }, paths as the
// seedbox told them.
import type { Level } from 'level'
import { parsePeerAddress } from '../discovery/peer-address.ts'
import { MAX_SEEDBOXES } from '../limits.ts'
import type { Logger } from '../options.ts'
import { isOfferPath } from './offer.ts'

export interface KnownSeedbox {
  readonly peerId: string
  /** Multiaddr without the peer id. */
  readonly address: string
  readonly own: boolean
  readonly trusted: boolean
  readonly relay: boolean
  readonly tracker: string | null
  readonly signalling: string | null
}

export interface SeedboxTable {
  all (): Promise<KnownSeedbox[]>
  put (seedbox: KnownSeedbox): Promise<void>
  delete (peerId: string): Promise<void>
}

export function createSeedboxTable (db: Level, logger: Logger): SeedboxTable {
  const table = db.sublevel<string, unknown>('seedboxes', { valueEncoding: 'json' })
  return {
    async all () {
      const found: KnownSeedbox[] = []
      try {
        for await (const [peerId, row] of table.iterator({ limit: 2 * MAX_SEEDBOXES })) found.push(...readRow(peerId, row))
      } catch (error) { // one that is lost is added again
        logger.warn('the seedboxes could not be read whole', error)
      }
      return found.slice(0, MAX_SEEDBOXES)
    },
    async put ({ peerId, ...row }) { await table.put(peerId, row) },
    async delete (peerId) { await table.del(peerId) }
  }
}

function readRow (peerId: string, row: unknown): KnownSeedbox[] {
  const { address, own, trusted, relay, tracker, signalling } = (row ?? {}) as Record<string, unknown>
  const parsed = typeof address === 'string' ? parsePeerAddress(address, peerId) : null
  if (parsed === null) return []
  const path = (value: unknown): string | null => isOfferPath(value) ? value : null
  return [{ peerId, address: parsed.address, own: own === true, trusted: trusted === true, relay: relay === true, tracker: path(tracker), signalling: path(signalling) }]
}
