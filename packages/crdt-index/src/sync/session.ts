// A session's frame: what it needs, how long it may take, and how it ended. session-steps.ts has what the two sides say.
import { CrdtIndexError } from '../errors.ts'
import { FIRST_FRAME_TIMEOUT_MS, SESSION_TIMEOUT_MS } from '../limits.ts'
import type { AbortOptions, Channel, CommunityAddress, Period, Replica } from '../model.ts'
import { bytesToHex } from '../identity/encoding.ts'
import type { Claims } from './claims.ts'
import type { EnvelopeFormat } from './envelope-format.ts'
import { createFrameChannel } from './frame-channel.ts'
import type { Explained } from './explained.ts'
import type { Frame } from './frames.ts'
import type { ItemSetCache } from './item-set-cache.ts'
import { SilentPeerError, withPatience } from './patience.ts'
import { withDeadline, type Scheduler } from './scheduler.ts'
import { SessionShards, type SessionProgress, type ShardResult } from './session-shards.ts'
import { Session } from './session-steps.ts'
import type { TransferCounts } from './transfer.ts'
import type { SessionTurns } from './turns.ts'

export interface SessionResult extends Readonly<TransferCounts> {
  /**
   * `done`: both sides came to the end. `unknown`: the responder takes no part, or neither side has the genesis.
   * `busy`: the responder has no time. `failed`: see `fault` or `error`; what was received until then is kept.
   */
  readonly status: 'done' | 'unknown' | 'busy' | 'failed'
  /** What the peer did against the protocol. */
  readonly fault?: string
  /** What else went wrong: the network, a deadline, this peer's storage. */
  readonly error?: string
  /** The peer let a deadline pass, or moved too little to wait for. */
  readonly silent?: true
  /** The shards that differed, as the session left them. */
  readonly shards: readonly ShardResult[]
}

/** A session of which nothing came. */
export const FAILED: SessionResult & { readonly status: 'failed' } = { status: 'failed', received: 0, sent: 0, rejected: 0, ignored: 0, early: 0, missing: 0, covered: 0, shards: [] }

export interface SessionOptions extends AbortOptions {
  readonly channel: Channel
  /** The other peer's name on the transport. */
  readonly peer: string
  readonly replica: Replica
  readonly itemSets: ItemSetCache
  readonly format: Pick<EnvelopeFormat, 'place'>
  readonly scheduler: Scheduler
  readonly claims: Claims
  readonly randomBytes: (length: number) => Uint8Array
  /** The session that this side begins is about this shard alone, and somebody waits for it. */
  readonly only?: Period
  /** Shared by all sessions of this peer. Default: of this session alone. */
  readonly turns?: SessionTurns
  /** Differences that last and are not gone into again. */
  readonly explained?: Explained
  /** Whether one more salted repeat with this peer is worth its price of a hash an item. Default: always. */
  readonly allowSalt?: () => boolean
  /** Called as the session learns and receives. */
  readonly onProgress?: (progress: SessionProgress) => void
}

/** Begins a session and ends the channel. Does not throw for the peer's or the network's faults. */
export async function initiateSession (options: SessionOptions & { readonly community: CommunityAddress }): Promise<SessionResult> {
  return await runSession(options, options.community, async session => await session.initiate())
}

/** Answers a session whose `hello` was read from the channel, and ends the channel; the community is one of the replica's. */
export async function respondSession (options: SessionOptions & { readonly community: CommunityAddress, readonly hello: Frame & { type: 'hello' } }): Promise<SessionResult> {
  return await runSession(options, options.community, async session => await session.respond(options.hello))
}

async function runSession (options: SessionOptions, community: CommunityAddress, role: (session: Session) => Promise<'done' | 'unknown' | 'busy'>): Promise<SessionResult> {
  const counts: TransferCounts = { received: 0, sent: 0, rejected: 0, ignored: 0, early: 0, missing: 0, covered: 0 }
  const shards = new SessionShards()
  const end = (result: Pick<SessionResult, 'status' | 'fault' | 'error' | 'silent'>): SessionResult => ({
    ...result, ...counts, shards: shards.results()
  })
  const claims = options.claims.begin(community)
  try {
    const { channel, scheduler } = options
    const status = await withDeadline(scheduler, SESSION_TIMEOUT_MS, options.signal, async signal => await withPatience(scheduler, signal, async (signal, patience) => {
      const frames = createFrameChannel({ channel, scheduler, signal, patience, firstTimeoutMs: FIRST_FRAME_TIMEOUT_MS })
      const session = new Session({ options, community, channel: frames, claims, counts, shards, patience, signal })
      try {
        return await role(session)
      } finally {
        session.end()
      }
    }))
    await closeSoon(channel, scheduler)
    return end({ status })
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause))
    options.channel.abort(error)
    if (error instanceof CrdtIndexError && error.code === 'BAD_FRAME') return end({ status: 'failed', fault: error.message })
    const isSilent = error instanceof SilentPeerError || (error.name === 'TimeoutError' && counts.sent === 0 && counts.received === counts.ignored)
    return end({ status: 'failed', error: error.message, ...isSilent ? { silent: true } : {} })
  } finally {
    claims.end()
  }
}

/** The work is done: a peer that does not end its side is not waited for. */
async function closeSoon (channel: Channel, scheduler: Scheduler): Promise<void> {
  let cancel = (): void => {}
  const late = new Promise<void>(resolve => { cancel = scheduler.after(FIRST_FRAME_TIMEOUT_MS, resolve) })
  try {
    await Promise.race([channel.close(), late])
  } finally {
    cancel()
  }
}

/** The community's address as hellos carry it, if the replica takes part in it. */
export function findCommunity (replica: Pick<Replica, 'communities'>, address: Uint8Array): CommunityAddress | undefined {
  const hex = bytesToHex(address)
  return replica.communities().find(community => community === hex)
}
