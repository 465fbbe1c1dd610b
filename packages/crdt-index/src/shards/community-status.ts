// What is said of a joined community: how much of it is here, and how it goes with the others.
import type { CommunityStatusInfo } from '../crdt-index.ts'
import { bytesToHex, concatBytes } from '../identity/encoding.ts'
import { sha256 } from '../identity/sha256.ts'
import type { Budgets } from '../keeping/budgets.ts'
import type { Retention } from '../keeping/retention.ts'
import type { AuthorId, CommunityAddress, Period } from '../model.ts'
import type { SyncStatus } from '../sync/sync-status.ts'
import { shardsInReadingOrder, type CommunityState } from './communities.ts'
import { describeShards } from './shard-info.ts'
import type { Shard } from './shard.ts'
import type { Unsent } from './unsent.ts'

export interface CommunityStatusPorts {
  readonly unsent: Pick<Unsent, 'count'>
  readonly retention: Pick<Retention, 'keepsPeriod' | 'retainOf'>
  readonly budgets: Pick<Budgets, 'leavesOut' | 'status'>
  readonly syncStatus: (community: CommunityAddress) => SyncStatus
}

export function describeStatus (state: CommunityState, { unsent, retention, budgets, syncStatus }: CommunityStatusPorts): CommunityStatusInfo {
  const { address } = state
  const shards = shardsInReadingOrder(state).filter(({ envelopeCount }) => envelopeCount > 0)
  const authors = new Set<AuthorId>()
  let posts = 0
  let comments = 0
  for (const shard of shards) {
    for (const { id } of shard.all()) authors.add(id.author)
    const counts = shard.month?.counts()
    posts += counts?.posts ?? 0
    comments += counts?.comments ?? 0
  }
  const { shards: exchanged, ...sync } = syncStatus(address)
  return {
    digest: digestOf(shards),
    posts,
    comments,
    authors: authors.size,
    unsent: unsent.count(address),
    shards: describeShards(state.shards.values(), exchanged, { isKept: period => retention.keepsPeriod(address, period), isCut: budgets.leavesOut(address) }),
    retain: retention.retainOf(address),
    storage: { ...budgets.status(address), authors: authors.size },
    sync
  }
}

function digestOf (shards: readonly Shard[]): string {
  const period = (value: Period): Uint8Array => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value)
    return bytes
  }
  return bytesToHex(sha256(concatBytes(...shards.toSorted((a, b) => a.period - b.period).flatMap(shard => [period(shard.period), shard.summary().digest]))))
}
