// One session about one community over one channel:
//
//   initiator                                  responder
//   hello                                 ->   unknown | busy, or
//                                         <-   welcome (with the genesis if asked for)
//   genesis, if the responder lacks it    ->
//   shards                                ->
//                                         <-   shards
//   then for each shard whose digests differ, `meta` first, newest month first:
//   open                                  ->
//   ... reconcile in turns; who is at turn may first ask `want`, which is answered by `envelopes` ...
//                              settled by whoever has nothing left to say
//   digest                                ->
//                                         <-   digest
//   once more with a salt if the digests differ and neither side knows why
//   bye                                   ->
import { CrdtIndexError } from '../errors.ts'
import { FIRST_FRAME_TIMEOUT_MS, RECONCILE_SALT_BYTES, SESSION_TIMEOUT_MS } from '../limits.ts'
import { META_PERIOD, type AbortOptions, type Channel, type CommunityAddress, type Period, type Replica, type ShardSummary } from '../model.ts'
import { bytesToHex, equalBytes, hexToBytes } from '../identity/encoding.ts'
import type { Claims, SessionClaims } from './claims.ts'
import type { EnvelopeFormat } from './envelope-format.ts'
import { createFrameChannel, type FrameChannel } from './frame-channel.ts'
import type { Frame } from './frames.ts'
import type { ItemSetCache } from './item-set-cache.ts'
import { SilentPeerError, withPatience, type Patience } from './patience.ts'
import { createReconciliation, type Reconciliation } from './reconcile.ts'
import { withDeadline, type Scheduler } from './scheduler.ts'
import { SessionShards, type SessionProgress, type ShardResult } from './session-shards.ts'
import { answerWant, pullEnvelopes, type Transfer, type TransferCounts } from './transfer.ts'

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
  const counts: TransferCounts = { received: 0, sent: 0, rejected: 0, ignored: 0, early: 0, missing: 0 }
  const shards = new SessionShards()
  const end = (result: Pick<SessionResult, 'status' | 'fault' | 'error' | 'silent'>): SessionResult => ({
    ...result, ...counts, shards: shards.results()
  })
  const claims = options.claims.begin(community)
  try {
    const { channel, scheduler } = options
    const status = await withDeadline(scheduler, SESSION_TIMEOUT_MS, options.signal, async signal => await withPatience(scheduler, signal, async (signal, patience) => {
      const frames = createFrameChannel({ channel, scheduler, signal, patience, firstTimeoutMs: FIRST_FRAME_TIMEOUT_MS })
      return await role(new Session(options, community, frames, claims, counts, shards, patience))
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

class Session {
  readonly #options: SessionOptions
  readonly #community: CommunityAddress
  readonly #channel: FrameChannel
  readonly #counts: TransferCounts
  readonly #shards: SessionShards
  readonly #transfer: Transfer
  readonly #patience: Patience
  #period: Period = META_PERIOD
  /** Other sessions fetched, or are fetching, some of what this one found. */
  #isShared = false

  constructor (options: SessionOptions, community: CommunityAddress, channel: FrameChannel, claims: SessionClaims, counts: TransferCounts, shards: SessionShards, patience: Patience) {
    this.#patience = patience
    this.#options = options
    this.#community = community
    this.#channel = channel
    this.#counts = counts
    this.#shards = shards
    const { replica } = options
    this.#transfer = {
      channel,
      replica: {
        read: async (...asked) => await patience.own(replica.read(...asked)),
        ingest: async (...envelopes) => await patience.own(replica.ingest(...envelopes))
      },
      community,
      from: options.peer,
      counts,
      claims,
      format: options.format,
      onDelivered: envelopes => {
        this.#shards.delivered(this.#period, envelopes)
        this.#tellProgress()
      }
    }
  }

  async initiate (): Promise<'done' | 'unknown' | 'busy'> {
    const genesis = this.#options.replica.genesis(this.#community)
    await this.#channel.send({ type: 'hello', address: hexToBytes(this.#community), hasGenesis: genesis !== undefined })
    const answer = await this.#channel.expect('welcome', 'unknown', 'busy')
    if (answer.type !== 'welcome') return answer.type
    if (genesis === undefined) {
      if (answer.genesis === null) return 'unknown'
      await this.#acceptGenesis(answer.genesis)
    } else if (!answer.hasGenesis) await this.#channel.send({ type: 'genesis', genesis })
    const own = this.#summaries()
    await this.#channel.send({ type: 'shards', shards: own })
    const { shards } = await this.#channel.expect('shards')
    const periods = this.#compareShards(own, shards)
    for (const period of periods) {
      await this.#openShard(period, null)
      if (await this.#agrees(period) || this.#options.allowSalt?.() === false) continue
      await this.#openShard(period, this.#options.randomBytes(RECONCILE_SALT_BYTES))
      await this.#agrees(period)
    }
    await this.#channel.send({ type: 'bye' })
    return 'done'
  }

  async respond (hello: Frame & { type: 'hello' }): Promise<'done' | 'unknown'> {
    const genesis = this.#options.replica.genesis(this.#community)
    await this.#channel.send({ type: 'welcome', genesis: hello.hasGenesis ? null : genesis ?? null, hasGenesis: genesis !== undefined })
    if (genesis === undefined) {
      if (!hello.hasGenesis) return 'unknown'
      await this.#acceptGenesis((await this.#channel.expect('genesis')).genesis)
    }
    const { shards } = await this.#channel.expect('shards')
    const own = this.#summaries()
    await this.#channel.send({ type: 'shards', shards: own })
    this.#compareShards(own, shards)
    for (;;) {
      const frame = await this.#channel.expect('open', 'digest', 'bye')
      if (frame.type === 'bye') return 'done'
      if (frame.type === 'open') {
        await this.#answerOpen(frame)
      } else {
        const digest = this.#digest(frame.period)
        const equal = equalBytes(digest, frame.digest)
        if (this.#shards.agree(frame.period, equal)) this.#patience.restore() // once a shard
        await this.#channel.send({ type: 'digest', period: frame.period, digest, partial: this.#isPartial() })
      }
    }
  }

  async #answerOpen ({ period, salt, message }: Frame & { type: 'open' }): Promise<void> {
    if (salt !== null && this.#options.allowSalt?.() === false) {
      await this.#channel.send({ type: 'settled' })
      return
    }
    const reconciliation = this.#begin(period, salt)
    if (await this.#takeTurn(reconciliation, period, message)) await this.#takeTurns(reconciliation, period)
  }

  async #acceptGenesis (genesis: Uint8Array): Promise<void> {
    const verdict = await this.#options.replica.acceptGenesis(this.#community, genesis)
    if (verdict.verdict === 'reject') throw new CrdtIndexError('BAD_FRAME', `sync: a wrong genesis (${verdict.reason})`)
  }

  #summaries (): ShardSummary[] {
    return this.#options.replica.shards(this.#community)
  }

  #digest (period: Period): Uint8Array {
    return this.#summaries().find(shard => shard.period === period)?.digest ?? new Uint8Array(32)
  }

  #compareShards (own: readonly ShardSummary[], others: readonly ShardSummary[]): Period[] {
    const differing = this.#shards.compare(own, others)
    this.#tellProgress()
    return differing
  }

  #tellProgress (): void {
    this.#options.onProgress?.(this.#shards.progress())
  }

  #begin (period: Period, salt: Uint8Array | null): Reconciliation {
    this.#period = period
    if (salt !== null) this.#shards.repeat(period)
    return createReconciliation({ set: this.#options.itemSets.get(this.#community, period), ...salt === null ? {} : { salt } })
  }

  async #openShard (period: Period, salt: Uint8Array | null): Promise<void> {
    const reconciliation = this.#begin(period, salt)
    await this.#channel.send({ type: 'open', period, salt, message: reconciliation.start() })
    await this.#takeTurns(reconciliation, period)
  }

  async #takeTurns (reconciliation: Reconciliation, period: Period): Promise<void> {
    for (;;) {
      const frame = await this.#channel.expect('reconcile', 'want', 'settled')
      if (frame.type === 'settled') return this.#shards.settled(period)
      if (frame.type === 'want') await answerWant(this.#transfer, period, frame.hashes)
      else if (!await this.#takeTurn(reconciliation, period, frame.message)) return
    }
  }

  /** Fetches what the message shows to be missing, then answers it; false when that settled the shard. */
  async #takeTurn (reconciliation: Reconciliation, period: Period, message: Uint8Array): Promise<boolean> {
    const { reply, need } = reconciliation.receive(message)
    this.#shards.named(period, need.length)
    const leftOut = await pullEnvelopes(this.#transfer, period, need)
    this.#shards.delivered(period, leftOut) // by other peers
    if (leftOut > 0) this.#isShared = true
    await this.#channel.send(reply === null ? { type: 'settled' } : { type: 'reconcile', message: reply })
    if (reply === null) this.#shards.settled(period)
    return reply !== null
  }

  /** Compares digests after an exchange; true also when a difference is explained, so that repeating it is no use. */
  async #agrees (period: Period): Promise<boolean> {
    const digest = this.#digest(period)
    const partial = this.#isPartial()
    await this.#channel.send({ type: 'digest', period, digest, partial })
    const answer = await this.#channel.expect('digest')
    if (answer.period !== period) throw new CrdtIndexError('BAD_FRAME', 'sync: the digest of another shard')
    const equal = equalBytes(digest, answer.digest)
    if (this.#shards.agree(period, equal)) this.#patience.restore()
    return equal || partial || answer.partial
  }

  /** Something was kept out (held back, over a budget, gone at the peer): digests may differ for an honest reason. */
  #isPartial (): boolean {
    return this.#counts.ignored > 0 || this.#counts.missing > 0 || this.#isShared
  }
}

/** The community's address as hellos carry it, if the replica takes part in it. */
export function findCommunity (replica: Pick<Replica, 'communities'>, address: Uint8Array): CommunityAddress | undefined {
  const hex = bytesToHex(address)
  return replica.communities().find(community => community === hex)
}
