// How a community's exchange stands, for people: what each connected peer does, and what is known of each shard. A
// function of how the last session with each peer ended and of what runs now; nothing else is kept.
import type { Period } from '../model.ts'
import type { ShardResult } from './session-shards.ts'

/**
 * `alone`: no peer of the community is connected. `syncing`: a session is under way that has to bring something, or no
 * peer agrees yet. `synced`: the last session with a connected peer ended with equal digests, and nothing is known to be
 * missing. `behind`: neither.
 */
export type SyncState = 'alone' | 'behind' | 'syncing' | 'synced'

/**
 * `waiting`: no session with it yet. `syncing`: one is under way. Or how the last one ended:
 * `equal`: with equal digests. `differs`: to its end, and one side keeps something that the other does not take.
 * `early`: to its end, but what it sent is dated later than this device's clock allows; it is taken once due.
 * `withholds`: to its end, but it named envelopes that it did not give. `busy`: it had no time.
 * `unknown`: it takes no part, or neither side has the genesis. `silent`: it let a deadline pass, or moved too little.
 * `fault`: it broke the protocol. `failed`: the connection, or this device's storage, failed.
 */
export type PeerSyncState = 'waiting' | 'syncing' | 'equal' | 'differs' | 'early' | 'withholds' | 'busy' | 'unknown' | 'silent' | 'fault' | 'failed'

/** Why something from a connected peer comes, or does not. */
export interface PeerSync {
  /** Its name on the transport. */
  readonly peer: string
  readonly state: PeerSyncState
  /** Envelopes that it has by its own account and that did not come, at least. */
  readonly missing: number
  /** When a session with it last ended, Unix time in milliseconds. */
  readonly lastMs: number | null
  /** It broke the protocol or was silent, and is left alone until then. */
  readonly againMs: number | null
  /** With `fault` and `failed`: what went wrong, in English. */
  readonly error: string | null
}

export interface ShardSync {
  readonly period: Period
  /** As of the community, for this shard. */
  readonly state: SyncState
  /** Envelopes here. */
  readonly held: number
  /** Known to be missing, by what peers say of themselves: at least so many, 0 when nothing is known. */
  readonly missing: number
  /** Connected peers whose digest was equal when the last session with them ended. */
  readonly agreeing: number
  /** Envelopes that a connected peer says it has of a month that is not kept here, or only in part. */
  readonly elsewhere: number
}

export interface SyncStatus {
  readonly state: SyncState
  /** Connected peers of the community. */
  readonly peers: number
  /** When a session last came to its end, Unix time in milliseconds. */
  readonly lastSyncMs: number | null
  /** Of all shards. */
  readonly missing: number
  readonly exchanges: readonly PeerSync[]
  /** Those held and those that a peer says there are, in reading order. */
  readonly shards: readonly ShardSync[]
}

/** What is remembered of a peer. */
export interface LastSession {
  readonly state: Exclude<PeerSyncState, 'waiting' | 'syncing'>
  readonly atMs: number | null
  readonly error: string | null
  /** The session came to its end: shards that it does not list were equal from the beginning. */
  readonly done: boolean
  readonly shards: ReadonlyMap<Period, ShardSeen>
}

/**
 * `total`: what would be here if the peer had delivered all that it has by its own account; 0 if it did. `partial` and
 * `elsewhere`: as of ShardResult.
 */
export interface ShardSeen { readonly equal: boolean, readonly total: number, readonly partial?: true, readonly elsewhere?: number }

export interface PresentPeer {
  readonly peer: string
  readonly last: LastSession | undefined
  /** What the session that is under way still expects. */
  readonly running: readonly ShardResult[] | undefined
  readonly againMs: number | null
}

export interface StatusFacts {
  readonly present: readonly PresentPeer[]
  readonly held: ReadonlyMap<Period, number>
  /** Totals that peers which went had claimed and that no session since agreed on. */
  readonly gone: ReadonlyMap<Period, number>
  readonly lastSyncMs: number | null
  /** Later months are refused, whoever claims them. */
  readonly latestPeriod: Period
}

/** Who did not give what it named, or was caught at worse, is believed only while nobody contradicts it. */
export const DOUBTFUL: ReadonlySet<PeerSyncState> = new Set(['withholds', 'silent', 'fault'])

export function syncStatus (facts: StatusFacts): SyncStatus {
  const { present, lastSyncMs } = facts
  const shards = periodsOf(facts).map(period => shardSync(facts, period))
  const missing = shards.reduce((sum, { missing }) => sum + missing, 0)
  const isRunning = present.some(({ running }) => running !== undefined)
  const isConfirmed = present.some(({ last }) => last?.state === 'equal')
  return {
    state: stateOf(present.length, isRunning, isConfirmed, missing),
    peers: present.length,
    lastSyncMs,
    missing,
    exchanges: present.map(peer => peerSync(facts, peer)),
    shards
  }
}

function stateOf (peers: number, isRunning: boolean, isConfirmed: boolean, missing: number): SyncState {
  if (peers === 0) return 'alone'
  if (isConfirmed && missing === 0) return 'synced'
  return isRunning ? 'syncing' : 'behind'
}

function shardSync ({ present, held, gone }: StatusFacts, period: Period): ShardSync {
  const here = held.get(period) ?? 0
  const agreeing = present.filter(({ last }) => last !== undefined && (last.shards.get(period)?.equal ?? last.done)).length
  const believed = present.filter(({ last }) => agreeing === 0 || last === undefined || !DOUBTFUL.has(last.state))
  const missing = Math.max(0, (gone.get(period) ?? 0) - here, ...believed.map(peer => missingWith(peer, period, here)))
  const isRunning = present.some(({ running }) => running?.some(shard => shard.period === period && !shard.equal && shard.partial !== true))
  const isExplained = present.some(({ last }) => last?.shards.get(period)?.partial === true)
  const elsewhere = Math.max(0, ...present.map(({ last, running }) => (running?.find(shard => shard.period === period) ?? last?.shards.get(period))?.elsewhere ?? 0))
  return { period, state: stateOf(present.length, isRunning, agreeing > 0 || isExplained, missing), held: here, missing, agreeing, elsewhere }
}

function missingWith ({ last, running }: PresentPeer, period: Period, here: number): number {
  const now = running?.find(shard => shard.period === period)
  return now?.missing ?? Math.max(0, (last?.shards.get(period)?.total ?? 0) - here)
}

function peerSync ({ held, latestPeriod }: StatusFacts, peer: PresentPeer): PeerSync {
  const { last, running } = peer
  const periods = new Set([...last?.shards.keys() ?? [], ...running?.map(({ period }) => period) ?? []])
  let missing = 0
  for (const period of periods) if (period <= latestPeriod) missing += missingWith(peer, period, held.get(period) ?? 0)
  return { peer: peer.peer, state: running !== undefined ? 'syncing' : last?.state ?? 'waiting', missing, lastMs: last?.atMs ?? null, againMs: peer.againMs, error: last?.error ?? null }
}

/** Held ones, and those of which a peer has something. */
function periodsOf ({ present, held, gone, latestPeriod }: StatusFacts): Period[] {
  const periods = new Set([...held.keys(), ...gone.keys()])
  for (const { last, running } of present) {
    for (const [period, { total, elsewhere = 0 }] of last?.shards ?? []) if (total > 0 || elsewhere > 0) periods.add(period)
    for (const { period, missing, elsewhere = 0 } of running ?? []) if (missing > 0 || elsewhere > 0) periods.add(period)
  }
  return [...periods].filter(period => period <= latestPeriod).sort((a, b) => a === 0 ? -1 : b === 0 ? 1 : b - a)
}

/** Of a device without a transport. */
export const OFFLINE: SyncStatus = { state: 'alone', peers: 0, lastSyncMs: null, missing: 0, exchanges: [], shards: [] }
