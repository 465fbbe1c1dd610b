// What sync sees of this peer: communities, shard summaries, envelopes by hash, and the way in.
import { decodeGenesis, type Genesis } from './envelope/genesis.ts'
import { isCoveredBy } from './documents/reduce.ts'
import { CrdtIndexError } from './errors.ts'
import { bytesToHex } from './identity/encoding.ts'
import { envelopeHashOfBytes } from './identity/ids.ts'
import type { Keeping } from './keeping/keeping.ts'
import { AUTHOR_PREFIX_BYTES } from './keeping/local-authors.ts'
import { COVERED, type CommunityAddress, type Replica, type Verdict } from './model.ts'
import { shardsInReadingOrder, type CommunityState } from './shards/communities.ts'
import type { EnvelopeKey } from './store/checkpoint-rows.ts'
import type { IndexStore } from './store/index-store.ts'
import { itemSetOf } from './sync/item-set.ts'

export interface ReplicaPorts {
  readonly keeping: Keeping
  readonly communities: ReadonlyMap<CommunityAddress, CommunityState>
  readonly load: IndexStore['read']
  readonly ingest: (community: CommunityState, envelopes: readonly Uint8Array[], from: string) => Promise<Verdict[]>
  readonly acceptGenesis: (community: CommunityState, genesis: Genesis) => Promise<void>
}

export function createReplica ({ keeping, communities, load, ingest, acceptGenesis }: ReplicaPorts): Replica {
  return {
    keeping,
    communities: () => [...communities.keys()],
    genesis: community => communities.get(community)?.genesisBytes,
    async acceptGenesis (address, bytes): Promise<Verdict> {
      const community = communities.get(address)
      if (community === undefined) return { verdict: 'ignore', reason: 'not joined' }
      if (community.genesis !== null) return { verdict: 'ignore', reason: 'held' }
      let genesis
      try {
        genesis = decodeGenesis(bytes)
      } catch (error) {
        if (error instanceof CrdtIndexError) return { verdict: 'reject', reason: error.message }
        throw error
      }
      if (genesis.address !== address) return { verdict: 'reject', reason: 'the genesis of another address' }
      await acceptGenesis(community, genesis)
      return { verdict: 'accept' }
    },
    shards (address) {
      const community = communities.get(address)
      return community === undefined ? [] : shardsInReadingOrder(community).filter(({ envelopeCount }) => envelopeCount > 0).map(shard => shard.summary())
    },
    items: (address, period) => communities.get(address)?.shards.get(period)?.items() ?? itemSetOf([]),
    covers: (address, period, authors) => communities.get(address)?.shards.get(period)?.covers(authors) ?? [],
    async read (address, period, hashes, covers = []) {
      const shard = communities.get(address)?.shards.get(period)
      const seenBy = new Map(covers.map(({ author, part, seen }) => [`${bytesToHex(author)}/${part}`, seen]))
      const envelopes: Array<Uint8Array | typeof COVERED | undefined> = hashes.map(() => undefined)
      const asked: Array<{ readonly at: number, readonly key: EnvelopeKey }> = []
      for (const [at, bytes] of hashes.entries()) {
        const hash = envelopeHashOfBytes(bytes)
        const document = shard?.locate(hash)
        const held = document?.held.get(hash)
        if (document === undefined || held === undefined) continue
        const seen = seenBy.size === 0 ? undefined : seenBy.get(`${document.id.author.slice(0, 2 * AUTHOR_PREFIX_BYTES)}/${document.id.part}`)
        if (seen !== undefined && isCoveredBy(held, seen)) envelopes[at] = COVERED
        else asked.push({ at, key: { document: document.id, hash } })
      }
      // At once: a database that is asked for each takes several times as long.
      const stored = await load(asked.map(({ key }) => key))
      for (const [n, { at }] of asked.entries()) envelopes[at] = stored[n]
      return envelopes
    },
    async ingest (address, envelopes, from) {
      const community = communities.get(address)
      return community === undefined ? envelopes.map(() => ({ verdict: 'ignore', reason: 'not joined' })) : await ingest(community, envelopes, from)
    }
  }
}
