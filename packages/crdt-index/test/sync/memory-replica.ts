// A replica of opaque envelopes: 8 bytes author, 4 bytes period, 8 bytes time, 4 bytes serial number, the kind, then anything. The first 60
// bytes stand for the signed header: their sha256 is the hash. An envelope whose ninth byte from the end is 0xbd is
// invalid.
import { createHash } from 'node:crypto'
import { EnvelopeKind, META_PERIOD, type CommunityAddress, type Period, type Replica, type ShardSummary, type Verdict } from '../../src/model.ts'
import type { EnvelopeFormat } from '../../src/sync/envelope-format.ts'
import { itemOf } from '../../src/sync/item.ts'
import { createItemSet } from '../../src/sync/item-set.ts'

export interface MemoryReplica extends Replica {
  /** Stores an own envelope. */
  add (community: CommunityAddress, ...envelopes: Uint8Array[]): void
  count (community: CommunityAddress): number
  join (community: CommunityAddress, genesis?: Uint8Array): void
  leave (community: CommunityAddress): void
  /** Digests of all shards, to compare replicas. */
  digests (community: CommunityAddress): string[]
  /** Every batch that was ingested. */
  readonly batches: Array<{ readonly from: string, readonly count: number }>
  /** Keeps everything of one kind out: its verdict is ignore. */
  refuse: (envelope: Uint8Array) => boolean
}

interface Held { readonly bytes: Uint8Array, readonly hash: Uint8Array }

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest())
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

export const genesisOf = (name: string): Uint8Array => new TextEncoder().encode(`genesis of ${name}`)
export const communityOf = (name: string): CommunityAddress => hex(sha256(genesisOf(name))) as CommunityAddress
export const topicOf = (community: CommunityAddress): string => `topic/${community}`

export interface EnvelopeShape { readonly author?: number, readonly period?: Period, readonly timeMs?: number, readonly length?: number, readonly invalid?: boolean, readonly kind?: EnvelopeKind }
let serial = 0
export function envelopeOf ({ author = 1, period = 202601, timeMs = 0, length = 60, invalid = false, kind = EnvelopeKind.snapshot }: EnvelopeShape = {}): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, author)
  view.setUint32(8, period)
  view.setFloat64(12, timeMs)
  view.setUint32(20, serial++)
  bytes[24] = kind
  if (invalid) bytes[length - 9] = 0xbd
  return bytes
}
const placeOf = (envelope: Uint8Array): Uint8Array => itemOf(envelope.subarray(0, 8), envelope[24] === EnvelopeKind.delta ? EnvelopeKind.delta : EnvelopeKind.snapshot, hashOf(envelope))
const periodOf = (envelope: Uint8Array): Period => new DataView(envelope.buffer, envelope.byteOffset).getUint32(8)

const HEADER_BYTES = 60
/** 0xbd here stands for a header that its author did not sign. */
export const UNSIGNED_AT = 30
const hashOf = (envelope: Uint8Array): Uint8Array => sha256(envelope.subarray(0, HEADER_BYTES))

export const format: EnvelopeFormat = {
  place: envelope => envelope.length < 28 ? undefined : { period: periodOf(envelope), item: placeOf(envelope), part: 0 },
  headerTime: envelope => envelope.length < 28 ? undefined : new DataView(envelope.buffer, envelope.byteOffset).getFloat64(12),
  announce: envelope => envelope.subarray(0, HEADER_BYTES),
  readAnnouncement: (_community, announcement) => announcement.length === HEADER_BYTES && announcement[UNSIGNED_AT] !== 0xbd
    ? { hash: hashOf(announcement), period: periodOf(announcement), timeMs: new DataView(announcement.buffer, announcement.byteOffset).getFloat64(12) }
    : undefined
}

export function createMemoryReplica (): MemoryReplica {
  const communities = new Map<CommunityAddress, { genesis: Uint8Array | undefined, readonly shards: Map<Period, Map<string, Held>> }>()
  const summaries = new Map<Map<string, Held>, { readonly size: number, readonly digest: Uint8Array }>()
  const digestOf = (shard: Map<string, Held>): Uint8Array => {
    const kept = summaries.get(shard)
    if (kept?.size === shard.size) return kept.digest
    const digest = sha256(Buffer.concat([...shard.keys()].sort().map(key => Buffer.from(key, 'hex'))))
    summaries.set(shard, { size: shard.size, digest })
    return digest
  }
  const shardsOf = (community: CommunityAddress): Map<Period, Map<string, Held>> => communities.get(community)?.shards ?? new Map<Period, Map<string, Held>>()
  const store = (community: CommunityAddress, bytes: Uint8Array): boolean => {
    const hash = hashOf(bytes)
    const shards = shardsOf(community)
    let shard = shards.get(periodOf(bytes))
    if (shard === undefined) shards.set(periodOf(bytes), shard = new Map())
    if (shard.has(hex(hash))) return false
    shard.set(hex(hash), { bytes: bytes.slice(), hash })
    return true
  }
  const replica: MemoryReplica = {
    batches: [],
    refuse: () => false,
    join: (community, genesis) => { communities.set(community, { genesis, shards: new Map() }) },
    leave: community => { communities.delete(community) },
    add: (community, ...envelopes) => { for (const envelope of envelopes) store(community, envelope) },
    count: community => [...shardsOf(community).values()].reduce((sum, shard) => sum + shard.size, 0),
    digests: community => replica.shards(community).map(({ period, digest }) => `${period} ${hex(digest)}`),
    communities: () => [...communities.keys()],
    genesis: community => communities.get(community)?.genesis,
    async acceptGenesis (community, bytes): Promise<Verdict> {
      const state = communities.get(community)
      if (state === undefined || hex(sha256(bytes)) !== community) return { verdict: 'reject', reason: 'another genesis' }
      state.genesis = bytes.slice()
      return { verdict: 'accept' }
    },
    shards: (community): ShardSummary[] => [...shardsOf(community)]
      .map(([period, shard]) => ({ period, digest: digestOf(shard), count: shard.size }))
      .sort((a, b) => a.period === META_PERIOD ? -1 : b.period === META_PERIOD ? 1 : b.period - a.period),
    items: (community, period) => createItemSet([...shardsOf(community).get(period)?.values() ?? []].map(({ bytes }) => placeOf(bytes))),
    covers: () => [],
    read: async (community, period, hashes) => hashes.map(hash => shardsOf(community).get(period)?.get(hex(hash))?.bytes),
    async ingest (community, envelopes, from): Promise<Verdict[]> {
      replica.batches.push({ from, count: envelopes.length })
      await new Promise(resolve => { setImmediate(resolve) })
      return envelopes.map(envelope => {
        if (envelope.length < 28 || envelope.at(-9) === 0xbd) return { verdict: 'reject', reason: 'signature' }
        if (replica.refuse(envelope)) return { verdict: 'ignore', reason: 'over budget' }
        return store(community, envelope) ? { verdict: 'accept' } : { verdict: 'ignore', reason: 'held' }
      })
    }
  }
  return replica
}

/** Waits until something holds; fails after a minute, or as long as is said. */
export async function until (condition: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  const startedMs = Date.now()
  while (!condition()) {
    if (Date.now() - startedMs > timeoutMs) throw new Error(`never: ${what}`)
    await new Promise(resolve => { setTimeout(resolve, 5) })
  }
}
