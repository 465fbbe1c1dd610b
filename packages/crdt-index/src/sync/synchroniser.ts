// Keeps communities equal with the peers that are connected: gossip for what is new, sessions for everything else.
// Sessions begin when a peer joins, on a timer with one random peer, after a session that brought something (so that
// others learn of it), when gossip reached nobody, and when asked for.
import { CLOSE_TIMEOUT_MS, FIRST_FRAME_TIMEOUT_MS, SECOND_INITIATOR_DELAY_MS, SPREAD_DELAY_MS, SPREAD_PEERS } from '../limits.ts'
import { CrdtIndexError } from '../errors.ts'
import type { AbortOptions, Clock, CommunityAddress, Period, Replica, Transport } from '../model.ts'
import { createAgenda } from './agenda.ts'
import { createAnswerer, fetchEnvelope } from './answer.ts'
import { createAsides } from './aside.ts'
import { createClaims } from './claims.ts'
import { signedEnvelopes, type EnvelopeFormat } from './envelope-format.ts'
import { SYNC_PROTOCOL } from './frames.ts'
import { createExplained } from './explained.ts'
import { createGossip } from './gossip.ts'
import { createItemSetCache } from './item-set-cache.ts'
import { SilentPeerError } from './patience.ts'
import { createPeerBook } from './peer-book.ts'
import { realScheduler, withDeadline, type Scheduler } from './scheduler.ts'
import { FAILED, initiateSession, type SessionResult } from './session.ts'
import type { SessionProgress } from './session-shards.ts'
import { SessionSlots } from './session-slots.ts'
import { SessionTable } from './session-table.ts'
import { shuffled } from './shuffled.ts'
import { createSyncNow, type SyncOutcome } from './sync-now.ts'
import type { SyncStatus } from './sync-status.ts'
import { createSessionTurns } from './turns.ts'

export interface SynchroniserOptions {
  readonly transport: Transport
  readonly replica: Replica
  readonly clock: Clock
  readonly topicOf: (community: CommunityAddress) => string
  /** Mean time between sessions of the timer, a community; each is drawn from three to five quarters of it. Default 30,000. */
  readonly intervalMs?: number
  /** Called when the status of a community may have changed. */
  readonly onChange?: (community: CommunityAddress) => void
  /** Called as a session begins, whoever began it; what it returns is called with its end. */
  readonly onBegin?: (community: CommunityAddress) => (result: SessionResult) => void
  /** Called as a session learns and receives. */
  readonly onProgress?: (community: CommunityAddress, progress: SessionProgress) => void
  /** Called with every session's end, whoever began it. */
  readonly onSession?: (community: CommunityAddress, peer: string, result: SessionResult) => void
  /** Default: signed envelopes. */
  readonly format?: EnvelopeFormat
  readonly scheduler?: Scheduler
  /** Uniform in [0, 1). Default Math.random: picks peers and delays, nothing secret. */
  readonly random?: () => number
  /** Salts of repeated reconciliations. Default: the platform's secure generator. */
  readonly randomBytes?: (length: number) => Uint8Array
}

export interface Synchroniser {
  /** Takes part in a community of the replica. May be called again. */
  join (community: CommunityAddress): void
  /** Ends its gossip and sessions. */
  leave (community: CommunityAddress): void
  /** Gossips an own envelope; it has to be stored already. `onReached`: called when a peer got it whole this way. */
  publish (community: CommunityAddress, envelope: Uint8Array, onReached?: () => void): void
  /** Asks for a session with a peer soon: something from it lacks what comes before. */
  request (community: CommunityAddress, peer: string): void
  /**
   * Runs a session with every connected peer of the community and waits for all, at most `timeoutMs` (default 30,000):
   * then sessions that are under way go on, and are in the outcome as failed, without what they brought. Peers that
   * broke the protocol or were silent last are waited for only where there is no other. Peers' faults are in the
   * outcome; rejects with the signal's reason, which also ends the sessions it began, or CLOSED.
   */
  syncNow (community: CommunityAddress, options?: AbortOptions & { readonly timeoutMs?: number }): Promise<SyncOutcome>
  /**
   * Fetches one month ahead of everything else: asks connected peers for it alone, beside sessions that are under way, until one
   * has it alike or all were asked, at most `timeoutMs` (default 30,000). Rejects with the signal's reason, or CLOSED.
   */
  foreground (community: CommunityAddress, period: Period, options?: AbortOptions & { readonly timeoutMs?: number }): Promise<SyncOutcome>
  status (community: CommunityAddress): SyncStatus
  /** What is kept of the community has changed: differences that were explained are gone into again. */
  keepingChanged (community: CommunityAddress): void
  /** Ends everything within a second. May be called twice. */
  close (): Promise<void>
}

export function createSynchroniser (options: SynchroniserOptions): Synchroniser {
  const { transport, replica, clock, topicOf, intervalMs = 30_000, onChange, onBegin, onProgress, onSession, format = signedEnvelopes } = options
  const { scheduler = realScheduler, random = Math.random, randomBytes = length => crypto.getRandomValues(new Uint8Array(length)) } = options
  const controllers = new Map<CommunityAddress, AbortController>()
  const communitiesOfTopic = new Map<string, CommunityAddress>()
  const timers = new Set<() => void>()
  const closing = new AbortController()
  const peers = createPeerBook(clock)
  const itemSets = createItemSetCache(replica)
  const claims = createClaims()
  const explained = createExplained(clock)
  const turns = createSessionTurns()
  const table = new SessionTable({
    clock,
    held: community => new Map(replica.shards(community).map(({ period, count }) => [period, count])),
    againMs: peer => peers.againMs(peer)
  })
  const slots = new SessionSlots(scheduler)
  const agenda = createAgenda({
    scheduler, clock, random,
    isPresent: (community, peer) => present(community).includes(peer),
    againMs: peer => peers.againMs(peer),
    start: async (community, peer, isWanted) => await run(community, peer, isWanted).catch(() => null)
  })
  let closed: Promise<void> | null = null

  const gossip = createGossip({
    transport, replica, clock, scheduler, topicOf, format,
    pull: async (peer, community, period, hash) => await fetchEnvelope({ transport, peer, community, period, hash, scheduler, signal: closing.signal }),
    onUnheard: community => { spread(community) }
  })

  /** Connected members of a community that is not left. */
  const present = (community: CommunityAddress): string[] => controllers.has(community) ? transport.peers(topicOf(community)).filter(peer => peer !== transport.self) : []

  const later = (delayMs: number, call: () => void): void => {
    if (closing.signal.aborted) return
    const cancel = scheduler.after(delayMs, () => {
      timers.delete(cancel)
      call()
    })
    timers.add(cancel)
  }

  const judge = (peer: string, result: SessionResult): void => {
    if (result.fault !== undefined) peers.blame(peer, 'fault')
    else if (result.silent === true) peers.blame(peer, 'silence')
    else if (result.status === 'done') peers.forgive(peer)
  }

  /** Registers a session that begins; its end is told to everybody. */
  const begin = (direction: 'outbound' | 'inbound', community: CommunityAddress, peer: string): Pick<ReturnType<SessionTable['begin']>, 'onProgress' | 'done'> => {
    const session = table.begin(direction, community, peer)
    const lacksGenesis = replica.genesis(community) === undefined
    const endOnAgenda = agenda.begin(community, peer, direction)
    const ended = onBegin?.(community)
    onChange?.(community)
    return {
      onProgress: progress => {
        session.onProgress(progress)
        onProgress?.(community, progress)
        onChange?.(community)
      },
      done: result => {
        session.done(result)
        if (!present(community).includes(peer)) table.forgetPeer(community, peer) // whoever is no member is not heard to leave
        judge(peer, result)
        endOnAgenda(result)
        const bringsGenesis = lacksGenesis && replica.genesis(community) !== undefined
        if (bringsGenesis || result.received > result.ignored + result.rejected) spread(community, peer)
        ended?.(result)
        onSession?.(community, peer, result)
        onChange?.(community)
      }
    }
  }

  /** One session that this peer begins. Null when there is no use in it: left, not wanted any more, or one is under way. */
  const run = async (community: CommunityAddress, peer: string, isWanted: () => boolean, signal?: AbortSignal): Promise<SessionResult | null> => {
    const release = await slots.take(community, () => peers.standing(peer))
    try {
      const joined = controllers.get(community)
      if (joined === undefined || !isWanted() || table.has('outbound', community, peer) || table.has('inbound', community, peer)) return null
      signal?.throwIfAborted()
      const signals = signal === undefined ? joined.signal : AbortSignal.any([joined.signal, signal])
      const session = begin('outbound', community, peer)
      let result: SessionResult = FAILED
      try {
        const channel = await withDeadline(scheduler, FIRST_FRAME_TIMEOUT_MS, signals, async signal => await transport.open(peer, SYNC_PROTOCOL, { signal }),
          () => new SilentPeerError(`no channel after ${FIRST_FRAME_TIMEOUT_MS} ms`))
        result = await initiateSession({ channel, peer, community, replica, itemSets, claims, explained, turns, format, scheduler, randomBytes, signal: signals, onProgress: session.onProgress, allowSalt: () => peers.allowSalt(peer) })
      } catch (error) {
        result = { ...FAILED, error: error instanceof Error ? error.message : String(error), ...error instanceof SilentPeerError ? { silent: true } : {} }
      } finally {
        session.done(result)
      }
      return result
    } finally {
      release()
    }
  }

  const onJoined = (community: CommunityAddress, peer: string): void => {
    onChange?.(community)
    agenda.want(community, peer, transport.self < peer ? 0 : SECOND_INITIATOR_DELAY_MS * (1 + random()))
  }

  const spread = (community: CommunityAddress, source?: string): void => {
    for (const [at, peer] of shuffled(present(community), random).filter(peer => peer !== source).entries()) {
      agenda.want(community, peer, SPREAD_DELAY_MS * (Math.floor(at / SPREAD_PEERS) + 0.5 + random()))
    }
  }

  const tick = (community: CommunityAddress, signal: AbortSignal): void => {
    later(intervalMs * (0.75 + random() / 2), () => {
      if (signal.aborted) return
      gossip.releaseDue().catch(() => {}) // storage that fails now fails the next action too, and tells there
      const [peer] = shuffled(present(community).filter(peer => !peers.isBlamed(peer)), random)
      if (peer !== undefined) agenda.want(community, peer, 0)
      tick(community, signal)
    })
  }

  const asides = createAsides({
    transport, peers,
    session: { replica, itemSets, claims, explained, turns, format, scheduler, randomBytes },
    onProgress: (community, progress) => { onProgress?.(community, progress) },
    onEnd (community, peer, result) {
      judge(peer, result)
      if (result.received > result.ignored + result.rejected) spread(community, peer)
      onProgress?.(community, { shards: result.shards, missing: 0 })
      onChange?.(community)
    }
  })

  const syncNow = createSyncNow({
    scheduler, random, peers, table, present, run, later,
    joined: community => controllers.get(community)?.signal,
    askMonth: asides.ask,
    request: (community, peer) => { agenda.want(community, peer, 0) },
    signal: closing.signal
  })

  const stopHandling = transport.handle(SYNC_PROTOCOL, createAnswerer({
    replica, itemSets, claims, explained, turns, format, scheduler, randomBytes, peers, signal: closing.signal,
    admit (community, peer, only) {
      const joined = controllers.get(community)
      if (only !== null) return joined === undefined ? undefined : asides.admit(community, peer, joined.signal)
      // Both began at once: the session of the lower name goes on.
      const isTaken = table.has('inbound', community, peer) || (table.has('outbound', community, peer) && transport.self < peer)
      return joined === undefined || isTaken || peers.isBlamed(peer) ? undefined : { signal: joined.signal, ...begin('inbound', community, peer) }
    }
  }))
  const stopListening = transport.onPeer(({ topic, peer, joined }) => {
    const community = communitiesOfTopic.get(topic)
    if (community === undefined) return
    if (joined) {
      onJoined(community, peer)
      return
    }
    agenda.forgetPeer(community, peer)
    table.forgetPeer(community, peer)
    onChange?.(community)
  })

  const leave = (community: CommunityAddress): void => {
    controllers.get(community)?.abort(new Error('left the community'))
    controllers.delete(community)
    communitiesOfTopic.delete(topicOf(community))
    gossip.leave(community)
    agenda.forget(community)
    table.forget(community)
    explained.forget(community)
  }

  return {
    join (community) {
      if (controllers.has(community) || closed !== null) return
      const controller = new AbortController()
      controllers.set(community, controller)
      communitiesOfTopic.set(topicOf(community), community)
      gossip.join(community)
      for (const peer of present(community)) onJoined(community, peer)
      tick(community, controller.signal)
    },
    leave,
    publish: gossip.publish,
    request (community, peer) {
      if (present(community).includes(peer)) agenda.want(community, peer, SPREAD_DELAY_MS * random())
    },
    syncNow: syncNow.all,
    foreground: syncNow.month,
    keepingChanged: community => { explained.forget(community) },
    status: community => table.status(community, present(community)),
    close () {
      closed ??= (async () => {
        stopListening()
        stopHandling()
        for (const community of [...controllers.keys()]) leave(community)
        gossip.close()
        closing.abort(new CrdtIndexError('CLOSED', 'the synchroniser is closed'))
        for (const cancel of timers) cancel()
        timers.clear()
        let cancel = (): void => {}
        await Promise.race([
          Promise.allSettled([...table.finished(), ...asides.finished()]),
          new Promise<void>(resolve => { cancel = scheduler.after(CLOSE_TIMEOUT_MS, resolve) })
        ])
        cancel()
      })()
      return closed
    }
  }
}
