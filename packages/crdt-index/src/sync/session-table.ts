// Which sessions are under way: one a community and peer; and how the last ones ended.
import type { Clock, CommunityAddress } from '../model.ts'
import type { SessionResult } from './session.ts'

export interface SyncStatus {
  /**
   * `alone`: no peer of the community is connected. `syncing`: a session is bringing something, or is the first one.
   * `synced`: the last session with a connected peer ended with equal digests. `behind`: it did not, or there was none.
   */
  readonly state: 'alone' | 'behind' | 'syncing' | 'synced'
  /** Connected peers of the community. */
  readonly peers: number
  /** When a session last came to its end, Unix time in milliseconds. */
  readonly lastSyncMs: number | null
  /** Envelopes that running sessions still expect, at least. */
  readonly missing?: number
  /** Why the last session failed. */
  readonly error?: string
}

type Direction = 'outbound' | 'inbound'
interface Running { readonly finished: Promise<void>, missing: number }

export class SessionTable {
  readonly #clock: Clock
  readonly #running: Record<Direction, Map<string, Running>> = { outbound: new Map(), inbound: new Map() }
  readonly #ended = new Map<CommunityAddress, { lastSyncMs: number | null, error: string | null, readonly peers: Map<string, { atMs: number, equal: boolean }> }>()

  constructor (clock: Clock) { this.#clock = clock }

  has (direction: Direction, community: CommunityAddress, peer: string): boolean {
    return this.#running[direction].has(`${community}/${peer}`)
  }

  /** Resolves once no session with the peer is under way. */
  async idle (community: CommunityAddress, peer: string): Promise<void> {
    for (;;) {
      const running = this.#running.outbound.get(`${community}/${peer}`) ?? this.#running.inbound.get(`${community}/${peer}`)
      if (running === undefined) return
      await running.finished
    }
  }

  begin (direction: Direction, community: CommunityAddress, peer: string): { readonly onProgress: (progress: { readonly missing: number }) => void, readonly done: (result: SessionResult) => void } {
    const key = `${community}/${peer}`
    let finish = (): void => {}
    const running: Running = { finished: new Promise(resolve => { finish = resolve }), missing: 0 }
    this.#running[direction].set(key, running)
    return {
      onProgress: ({ missing }) => { running.missing = missing },
      done: result => {
        this.#running[direction].delete(key)
        if (result.status === 'done') this.#remember(community).lastSyncMs = this.#clock()
        if (result.status === 'done' || result.status === 'failed') {
          const remembered = this.#remember(community)
          remembered.error = result.fault ?? result.error ?? null
          remembered.peers.set(peer, { atMs: this.#clock(), equal: result.status === 'done' && result.shards.every(({ equal }) => equal) })
        }
        finish()
      }
    }
  }

  /** Everything under way, for `close`. */
  finished (): Promise<void>[] {
    return Object.values(this.#running).flatMap(running => [...running.values()].map(({ finished }) => finished))
  }

  lastWith (community: CommunityAddress, peer: string): number | null {
    return this.#ended.get(community)?.peers.get(peer)?.atMs ?? null
  }

  forgetPeer (community: CommunityAddress, peer: string): void {
    this.#ended.get(community)?.peers.delete(peer)
  }

  forget (community: CommunityAddress): void {
    this.#ended.delete(community)
  }

  status (community: CommunityAddress, present: readonly string[]): SyncStatus {
    const ended = this.#ended.get(community)
    const error = ended?.error ?? null
    const common = { peers: present.length, lastSyncMs: ended?.lastSyncMs ?? null, ...error === null ? {} : { error } }
    if (present.length === 0) return { state: 'alone', ...common }
    const running = Object.values(this.#running).flatMap(running => present.flatMap(peer => running.get(`${community}/${peer}`) ?? []))
    const missing = Math.max(0, ...running.map(({ missing }) => missing))
    const last = present.flatMap(peer => ended?.peers.get(peer) ?? []).reduce((a, b) => b.atMs >= a.atMs ? b : a, { atMs: -Infinity, equal: false })
    if (running.length > 0 && (missing > 0 || !last.equal)) return { state: 'syncing', ...common, ...missing > 0 ? { missing } : {} }
    return { state: last.equal ? 'synced' : 'behind', ...common }
  }

  #remember (community: CommunityAddress): { lastSyncMs: number | null, error: string | null, readonly peers: Map<string, { atMs: number, equal: boolean }> } {
    let ended = this.#ended.get(community)
    if (ended === undefined) this.#ended.set(community, ended = { lastSyncMs: null, error: null, peers: new Map() })
    return ended
  }
}
