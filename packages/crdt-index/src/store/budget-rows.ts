// What a storage budget remembers of a community, so that a start leaves out whom the run before left out:
//   budgets:  community (32) || kind (1) -> the limit, the threshold, or whom to prefer; sealed
//   ranked:   community || author (32) -> the author's best stamp and what was seen of one who is left out; sealed
import { decode, encode } from '@ipld/dag-cbor'
import { bytesToHex, concatBytes, hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
import { Standing, type Rank } from '../keeping/rank.ts'
import { createSlices } from '../slices.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import type { Operation, Table } from './checkpoint-rows.ts'
import { seal, unseal } from './format.ts'

export interface RankedAuthor {
  readonly community: CommunityAddress
  readonly author: AuthorId
  /** As Rank.work. */
  readonly work: number
  /** What they took up when they were dropped, or what was seen of them; 0: they were kept when this was written. */
  readonly leftOutBytes: number
}

/** What of a batch concerns budgets. */
export interface BudgetBatch {
  readonly ranked?: readonly RankedAuthor[]
  readonly unranked?: ReadonlyArray<Pick<RankedAuthor, 'community' | 'author'>>
  readonly threshold?: StoredThreshold
}

export interface StoredThreshold {
  readonly community: CommunityAddress
  /** Null: nobody is left out. */
  readonly rank: Rank | null
  /** When it was last tried whether the first of those left out fits, Unix time in milliseconds. */
  readonly retriedMs: number
}

export interface StoredBudget {
  /** Null: none was set. */
  readonly maxBytes: number | null
  readonly threshold: Rank | null
  /** As of the threshold; null without one. */
  readonly retriedMs: number | null
  readonly preferred: readonly AuthorId[]
  readonly ranked: readonly RankedAuthor[]
}

export interface BudgetRows {
  operations (batch: BudgetBatch): Operation[]
  /** Damaged rows count as missing: what they said is found again. */
  read (community: CommunityAddress): Promise<StoredBudget>
  putLimit (community: CommunityAddress, maxBytes: number | null): Operation
  putPreferred (community: CommunityAddress, authors: readonly AuthorId[]): Operation
  /** Deletes what concerns a community. */
  forget (community: CommunityAddress): Promise<Operation[]>
}

const Kind = { limit: 0, threshold: 1, preferred: 2 } as const
type Kind = typeof Kind[keyof typeof Kind]

const COMMUNITY_BYTES = 32
const RANKED_BYTES = 16

export function createBudgetRows (table: (name: string) => Table): BudgetRows {
  const budgets = table('budgets')
  const ranked = table('ranked')
  const put = (sublevel: Table, key: Uint8Array, value: Uint8Array): Operation => ({ type: 'put', sublevel, key, value: seal(key, value) })
  const keyOf = (community: CommunityAddress, kind: Kind): Uint8Array => concatBytes(hexToBytes(community), Uint8Array.of(kind))
  const set = (community: CommunityAddress, kind: Kind, value: Uint8Array | null): Operation => {
    const key = keyOf(community, kind)
    return value === null ? { type: 'del', sublevel: budgets, key } : put(budgets, key, value)
  }
  const rankedKey = ({ community, author }: Pick<RankedAuthor, 'community' | 'author'>): Uint8Array => concatBytes(hexToBytes(community), hexToBytes(author))
  const ofCommunity = (community: CommunityAddress): { gte: Uint8Array, lte: Uint8Array } => {
    const from = hexToBytes(community)
    return { gte: from, lte: concatBytes(from, new Uint8Array(KEY_BYTES).fill(0xff)) }
  }
  async function get (community: CommunityAddress, kind: Kind): Promise<Uint8Array | null> {
    const key = keyOf(community, kind)
    return unseal(key, await budgets.get(key))
  }

  return {
    operations: ({ ranked: now = [], unranked = [], threshold }) => [
      ...unranked.map((author): Operation => ({ type: 'del', sublevel: ranked, key: rankedKey(author) })),
      ...now.map((author): Operation => put(ranked, rankedKey(author), numbers(author.work, author.leftOutBytes))),
      ...threshold === undefined ? [] : [set(threshold.community, Kind.threshold, threshold.rank === null ? null : encodeThreshold(threshold.rank, threshold.retriedMs))]
    ],
    async read (community) {
      const limit = await get(community, Kind.limit)
      const threshold = await get(community, Kind.threshold)
      const preferred = await get(community, Kind.preferred)
      const authors: RankedAuthor[] = []
      const rows = await ranked.iterator(ofCommunity(community)).all()
      const slices = createSlices()
      for (const [key, sealed] of rows) {
        if (slices.isOver) await slices.rest()
        const value = unseal(key, sealed)
        if (value?.length !== RANKED_BYTES || key.length !== COMMUNITY_BYTES + KEY_BYTES) continue
        const view = new DataView(value.buffer, value.byteOffset)
        authors.push({ community, author: bytesToHex(key.subarray(COMMUNITY_BYTES)) as AuthorId, work: view.getFloat64(0), leftOutBytes: view.getFloat64(8) })
      }
      return {
        maxBytes: limit?.length === 8 ? new DataView(limit.buffer, limit.byteOffset).getFloat64(0) : null,
        ...(threshold === null ? null : decodeThreshold(threshold)) ?? { threshold: null, retriedMs: null },
        preferred: preferred === null ? [] : keysIn(preferred),
        ranked: authors
      }
    },
    putLimit: (community, maxBytes) => set(community, Kind.limit, maxBytes === null ? null : numbers(maxBytes)),
    putPreferred: (community, authors) => set(community, Kind.preferred, authors.length === 0 ? null : concatBytes(...authors.map(hexToBytes))),
    async forget (community) {
      const operations: Operation[] = []
      for (const owned of [budgets, ranked]) for await (const key of owned.keys(ofCommunity(community))) operations.push({ type: 'del', sublevel: owned, key })
      return operations
    }
  }
}

function numbers (...values: number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length)
  for (const [at, value] of values.entries()) new DataView(bytes.buffer).setFloat64(8 * at, value)
  return bytes
}

function keysIn (bytes: Uint8Array): AuthorId[] {
  const keys: AuthorId[] = []
  for (let at = 0; at + KEY_BYTES <= bytes.length; at += KEY_BYTES) keys.push(authorIdOfBytes(bytes.subarray(at, at + KEY_BYTES)))
  return keys
}

function encodeThreshold ({ standing, work, author }: Rank, retriedMs: number): Uint8Array {
  return encode([standing, work, hexToBytes(author), retriedMs])
}

/** Null for what a later release may have written: nobody is left out until it does not fit. */
function decodeThreshold (bytes: Uint8Array): Pick<StoredBudget, 'threshold' | 'retriedMs'> | null {
  const value: unknown = decode(bytes)
  if (!Array.isArray(value) || value.length !== 4) return null
  const [standing, work, author, retriedMs] = value as unknown[]
  const known = Object.values(Standing).find(each => each === standing)
  if (known === undefined || typeof work !== 'number' || !(author instanceof Uint8Array) || author.length !== KEY_BYTES || typeof retriedMs !== 'number') return null
  return { threshold: { standing: known, work, author: authorIdOfBytes(author) }, retriedMs }
}
