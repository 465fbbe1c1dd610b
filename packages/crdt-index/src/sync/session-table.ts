// Which sessions are under way: one a community and peer; and how the last ones ended.
import { MAX_AHEAD_MS } from '../limits.ts'
import type { Clock, CommunityAddress, Period } from '../model.ts'
import { periodOf } from '../identity/period.ts'
import type { SessionResult } from './session.ts'
import type { SessionProgress, ShardResult } from './session-shards.ts'
import { DOUBTFUL, syncStatus, type LastSession, type ShardSeen, type SyncStatus } from './sync-status.ts'

type Direction = 'outbound' | 'inbound'
interface Running {
  readonly finished: Promise<void>
  shards: readonly ShardResult[]
  /** The peer went, or the community was left, before the session knew. */
  isPeerGone: boolean
  isLeft: boolean
}
interface Ended { lastSyncMs: number | null, readonly peers: Map<string, LastSession>, gone: Map<Period, number> }

export interface SessionTableOptions {
  readonly clock: Clock
  /** Envelopes held, by shard. */
  readonly held: (community: CommunityAddress) => ReadonlyMap<Period, number>
  /** Until when a peer is left alone. */
  readonly againMs: (peer: string) => number | null
}

export class SessionTable {
  readonly #options: SessionTableOptions
  readonly #running: Record<Direction, Map<string, Running>> = { outbound: new Map(), inbound: new Map() }
  readonly #ended = new Map<CommunityAddress, Ended>()

  constructor (options: SessionTableOptions) { this.#options = options }

  has (direction: Direction, community: CommunityAddress, peer: string): boolean {
    return this.#running[direction].has(`${community}/${peer}`)
  }

  /** Resolves once no session with the peer is under way. */
  async idle (community: CommunityAddress, peer: string): Promise<void> {
    for (;;) {
      const [running] = this.#with(community, peer)
      if (running === undefined) return
      await running.finished
    }
  }

  begin (direction: Direction, community: CommunityAddress, peer: string): { readonly onProgress: (progress: SessionProgress) => void, readonly done: (result: SessionResult) => void } {
    const key = `${community}/${peer}`
    let finish = (): void => {}
    const running: Running = { finished: new Promise(resolve => { finish = resolve }), shards: [], isPeerGone: false, isLeft: false }
    this.#running[direction].set(key, running)
    return {
      onProgress: ({ shards }) => { running.shards = shards },
      done: result => {
        this.#running[direction].delete(key)
        if (!running.isLeft) this.#remember(community, peer, result)
        if (running.isPeerGone) this.forgetPeer(community, peer)
        finish()
      }
    }
  }

  /** Everything under way, for `close`. */
  finished (): Promise<void>[] {
    return Object.values(this.#running).flatMap(running => [...running.values()].map(({ finished }) => finished))
  }

  /** The peer went; what it had beyond this one stays known until a session agrees without it, unless it was caught. */
  forgetPeer (community: CommunityAddress, peer: string): void {
    for (const running of this.#with(community, peer)) running.isPeerGone = true
    const ended = this.#ended.get(community)
    const last = ended?.peers.get(peer)
    ended?.peers.delete(peer)
    if (ended === undefined || last === undefined || DOUBTFUL.has(last.state)) return
    for (const [period, { total }] of last.shards) if (total > 0) ended.gone.set(period, Math.max(total, ended.gone.get(period) ?? 0))
  }

  forget (community: CommunityAddress): void {
    for (const running of Object.values(this.#running)) for (const [key, session] of running) if (key.startsWith(`${community}/`)) session.isLeft = true
    this.#ended.delete(community)
  }

  status (community: CommunityAddress, present: readonly string[]): SyncStatus {
    const ended = this.#ended.get(community)
    return syncStatus({
      present: present.map(peer => ({
        peer,
        last: ended?.peers.get(peer),
        running: this.#with(community, peer)[0]?.shards,
        againMs: this.#options.againMs(peer)
      })),
      held: this.#options.held(community),
      gone: ended?.gone ?? new Map(),
      lastSyncMs: ended?.lastSyncMs ?? null,
      latestPeriod: this.#latestPeriod()
    })
  }

  #with (community: CommunityAddress, peer: string): Running[] {
    return Object.values(this.#running).flatMap(running => running.get(`${community}/${peer}`) ?? [])
  }

  #latestPeriod (): Period {
    return periodOf(this.#options.clock() + MAX_AHEAD_MS)
  }

  #remember (community: CommunityAddress, peer: string, result: SessionResult): void {
    let ended = this.#ended.get(community)
    if (ended === undefined) this.#ended.set(community, ended = { lastSyncMs: null, peers: new Map(), gone: new Map() })
    const before = ended.peers.get(peer)
    const state = stateOf(result)
    if (state === 'busy' && before !== undefined) return // both began at once, say: what is known stays
    const isEnded = result.status === 'done' || result.status === 'failed'
    const atMs = isEnded ? this.#options.clock() : before?.atMs ?? null
    if (result.status === 'done') {
      ended.lastSyncMs = atMs
      for (const period of ended.gone.keys()) if (result.shards.find(shard => shard.period === period)?.equal !== false) ended.gone.delete(period)
    }
    ended.peers.set(peer, { state, atMs, error: result.fault ?? result.error ?? null, done: result.status === 'done', shards: this.#seen(community, result, before) })
  }

  #seen (community: CommunityAddress, { status, shards }: SessionResult, before: LastSession | undefined): Map<Period, ShardSeen> {
    // A session that failed before anything was compared takes nothing back but that the two were equal.
    if (status === 'failed' && shards.length === 0) return new Map([...before?.shards ?? []].map(([period, { total }]) => [period, { equal: false, total }]))
    const held = this.#options.held(community)
    const latest = this.#latestPeriod()
    return new Map(shards.filter(({ period }) => period <= latest).map(({ period, equal, missing, partial, elsewhere }) => [period, {
      equal,
      total: missing === 0 ? 0 : (held.get(period) ?? 0) + missing,
      ...partial === undefined ? {} : { partial },
      ...elsewhere === undefined ? {} : { elsewhere }
    }]))
  }
}

function stateOf ({ status, fault, silent, shards, early }: SessionResult): LastSession['state'] {
  if (status === 'busy' || status === 'unknown') return status
  if (status === 'failed') return fault !== undefined ? 'fault' : silent === true ? 'silent' : 'failed'
  if (shards.every(({ equal, partial, missing }) => equal || (partial === true && missing === 0))) return 'equal'
  if (early > 0) return 'early'
  return shards.some(({ missing }) => missing > 0) ? 'withholds' : 'differs'
}
