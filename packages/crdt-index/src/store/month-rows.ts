// What is remembered of which months are kept:
//   retain:      community (32) -> months to keep (uint32), 0 for all; sealed
//   last-known:  community || period (4) -> what was known of a month when it was dropped; sealed
//   dropping:    community || period -> keys of the authors whose documents stay; sealed. While it is there the month is gone,
//                and whatever is left of it is deleted by the next start.
import { bytesToHex, concatBytes, hexToBytes } from '../identity/encoding.ts'
import { authorIdOfBytes, KEY_BYTES } from '../identity/ids.ts'
import type { AuthorId, CommunityAddress } from '../model.ts'
import type { Operation, ShardId, Table } from './checkpoint-rows.ts'
import { seal, unseal } from './format.ts'

export interface MonthRows {
  /** 0: all. */
  retained (): Promise<Map<CommunityAddress, number>>
  /** Null: nothing was chosen. */
  putRetained (community: CommunityAddress, months: number | null): Operation
  lastKnown (): AsyncIterable<ShardId & { readonly record: Uint8Array }>
  putLastKnown (shard: ShardId, record: Uint8Array | null): Operation
  dropping (): Promise<Array<ShardId & { readonly stay: readonly AuthorId[] }>>
  /** Null: the month is dropped. */
  putDropping (shard: ShardId, stay: readonly AuthorId[] | null): Operation
  /** Deletes what concerns a community. */
  forget (community: CommunityAddress): Promise<Operation[]>
}

const COMMUNITY_BYTES = 32
const SHARD_KEY_BYTES = 36

function shardKey ({ community, period }: ShardId): Uint8Array {
  const key = new Uint8Array(SHARD_KEY_BYTES)
  key.set(hexToBytes(community))
  new DataView(key.buffer).setUint32(COMMUNITY_BYTES, period)
  return key
}

function shardOf (key: Uint8Array): ShardId {
  return { community: bytesToHex(key.subarray(0, COMMUNITY_BYTES)) as CommunityAddress, period: new DataView(key.buffer, key.byteOffset).getUint32(COMMUNITY_BYTES) }
}

export function createMonthRows (table: (name: string) => Table): MonthRows {
  const retain = table('retain')
  const lastKnown = table('last-known')
  const dropping = table('dropping')
  const set = (sublevel: Table, key: Uint8Array, value: Uint8Array | null): Operation => value === null
    ? { type: 'del', sublevel, key }
    : { type: 'put', sublevel, key, value: seal(key, value) }
  return {
    async retained () {
      const months = new Map<CommunityAddress, number>()
      for await (const [key, sealed] of retain.iterator()) {
        const value = unseal(key, sealed)
        if (value?.length === 4 && key.length === COMMUNITY_BYTES) months.set(bytesToHex(key) as CommunityAddress, new DataView(value.buffer, value.byteOffset).getUint32(0))
      }
      return months
    },
    putRetained (community, months) {
      const value = new Uint8Array(4)
      new DataView(value.buffer).setUint32(0, months ?? 0)
      return set(retain, hexToBytes(community), months === null ? null : value)
    },
    async * lastKnown () {
      for await (const [key, sealed] of lastKnown.iterator()) {
        const record = unseal(key, sealed)
        if (record !== null && key.length === SHARD_KEY_BYTES) yield { ...shardOf(key), record }
      }
    },
    putLastKnown: (shard, record) => set(lastKnown, shardKey(shard), record),
    async dropping () {
      const months: Array<ShardId & { stay: AuthorId[] }> = []
      for await (const [key, sealed] of dropping.iterator()) {
        const keys = unseal(key, sealed)
        if (keys === null || key.length !== SHARD_KEY_BYTES) continue // what is left of it is found again as a month that is not kept
        months.push({ ...shardOf(key), stay: Array.from({ length: keys.length / KEY_BYTES }, (_, at) => authorIdOfBytes(keys.subarray(at * KEY_BYTES, (at + 1) * KEY_BYTES))) })
      }
      return months
    },
    putDropping: (shard, stay) => set(dropping, shardKey(shard), stay === null ? null : concatBytes(...stay.map(hexToBytes))),
    async forget (community) {
      const operations: Operation[] = []
      const from = hexToBytes(community)
      for (const owned of [retain, lastKnown, dropping]) for await (const key of owned.keys({ gte: from, lte: concatBytes(from, new Uint8Array(5).fill(0xff)) })) operations.push({ type: 'del', sublevel: owned, key })
      return operations
    }
  }
}
