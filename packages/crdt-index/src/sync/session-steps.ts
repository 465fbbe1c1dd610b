// One session about one community over one channel:
//
//   initiator                                  responder
//   hello                                 ->   unknown | busy, or
//                                         <-   welcome (with the genesis if asked for)
//   genesis, if the responder lacks it    ->
//   shards                                ->
//                                         <-   shards
//   then for each shard that both keep and whose digests differ: `meta`, what somebody waits for, newest month first
//   open                                  ->
//   ... reconcile in turns; who is at turn may first ask `want`, which is answered by `envelopes`: for snapshots,
//   and before `digest` for deltas; in repeats for both at once ...
//                              settled by whoever has nothing left to say
//   digest                                ->
//                                         <-   digest
//   once more if the digests differ and snapshots moved, and with a salt if neither side knows why they differ
//   bye                                   ->
import { CrdtIndexError } from '../errors.ts'
import { RECONCILE_SALT_BYTES } from '../limits.ts'
import { EVERYTHING, isPartial, type Keeping } from '../keeping/keeping.ts'
import { AUTHOR_PREFIX_BYTES } from '../keeping/local-authors.ts'
import { META_PERIOD, type CommunityAddress, type Period, type ShardSummary } from '../model.ts'
import { compareBytes, equalBytes, hexToBytes } from '../identity/encoding.ts'
import { createSlices, inSlices } from '../slices.ts'
import type { SessionClaims } from './claims.ts'
import type { FrameChannel } from './frame-channel.ts'
import type { Frame } from './frames.ts'
import { Gathered } from './gathered.ts'
import { LaterDeltas } from './later-deltas.ts'
import { offerOf, offerWithin, takes, type Offer } from './offer.ts'
import type { Patience } from './patience.ts'
import { createReconciliation, type Reconciliation } from './reconcile.ts'
import type { SessionOptions } from './session.ts'
import type { SessionShards } from './session-shards.ts'
import { answerWant, pullEnvelopes, takeInGathered, type Transfer, type TransferCounts } from './transfer.ts'
import { createSessionTurns, type SessionTurns } from './turns.ts'
import { spansOf } from './within.ts'

/** Above all months. */
const WANTED_RANK = 1_000_000

export interface SessionParts {
  readonly options: SessionOptions
  readonly community: CommunityAddress
  readonly channel: FrameChannel
  readonly claims: SessionClaims
  /** Counted up, and told at the end. */
  readonly counts: TransferCounts
  readonly shards: SessionShards
  readonly patience: Patience
  readonly signal: AbortSignal
}

/** One side of a session, step by step. */
export class Session {
  readonly #options: SessionOptions
  readonly #community: CommunityAddress
  readonly #channel: FrameChannel
  readonly #counts: TransferCounts
  readonly #shards: SessionShards
  readonly #transfer: Transfer
  readonly #patience: Patience
  /** Of the shard that is gone into: the first time, once more since snapshots moved, or under a salt. */
  #pass: 'first' | 'second' | 'salted' = 'first'
  #period: Period = META_PERIOD
  #isBegun = false
  /** The session is about this shard alone. */
  #only: Period | null
  #later: LaterDeltas = new LaterDeltas()
  /** What counted for nothing of what the shard's reconciliation brought so far. */
  #gathered: Gathered
  readonly #turns: SessionTurns
  /** The peer has snapshots that cover some of what it asked for. */
  #isCovered = false
  readonly #keeping: Keeping
  /** What the peer said of its shards. */
  #others: Offer = { shards: [], since: META_PERIOD, partial: [] }
  /** As the shard was begun. */
  #before: Readonly<TransferCounts>
  /** Other sessions fetched, or are fetching, some of what this one found. */
  #isShared = false

  constructor ({ options, community, channel, claims, counts, shards, patience, signal }: SessionParts) {
    this.#patience = patience
    this.#options = options
    this.#only = options.only ?? null
    this.#community = community
    this.#channel = channel
    this.#counts = counts
    this.#before = { ...counts }
    this.#shards = shards
    const { replica, turns = createSessionTurns() } = options
    this.#turns = turns
    this.#gathered = new Gathered(turns.gathering)
    const turn = { community, peer: options.peer, isForeground: () => options.only !== undefined || this.#keeping.isWanted(community, this.#period) }
    this.#keeping = replica.keeping ?? EVERYTHING
    this.#transfer = {
      channel,
      replica: {
        read: replica.read.bind(replica),
        ingest: replica.ingest.bind(replica),
        covers: replica.covers.bind(replica)
      },
      community,
      from: options.peer,
      counts,
      claims,
      format: options.format,
      intake: async work => await patience.own(turns.intake.take(turn, signal, work)),
      answer: async work => await patience.own(turns.answers.take(turn, signal, work)),
      onDelivered: envelopes => {
        this.#shards.delivered(this.#period, envelopes)
        this.#tellProgress()
      }
    }
  }

  /** Lets go of what is held of envelopes. */
  end (): void {
    this.#gathered.end()
  }

  async initiate (): Promise<'done' | 'unknown' | 'busy'> {
    const genesis = this.#options.replica.genesis(this.#community)
    await this.#channel.send({ type: 'hello', address: hexToBytes(this.#community), hasGenesis: genesis !== undefined, only: this.#only })
    const answer = await this.#channel.expect('welcome', 'unknown', 'busy')
    if (answer.type !== 'welcome') return answer.type
    if (genesis === undefined) {
      if (answer.genesis === null) return 'unknown'
      await this.#acceptGenesis(answer.genesis)
    } else if (!answer.hasGenesis) await this.#channel.send({ type: 'genesis', genesis })
    const own = offerWithin(offerOf(this.#options.replica, this.#community), this.#only)
    await this.#channel.send({ type: 'shards', ...own })
    const pending = this.#compareShards(own, await this.#channel.expect('shards'))
    for (let period = this.#next(pending); period !== undefined; period = this.#next(pending)) {
      let outcome = await this.#exchange(period, null)
      // Snapshots went one way or the other: what they cover, and was left out, is gone by now, or comes after all.
      if (outcome !== 'equal' && (this.#later.isMoved || this.#isCovered || this.#counts.covered > this.#before.covered)) outcome = await this.#exchange(period, null)
      if (outcome === 'differs' && this.#options.allowSalt?.() !== false) await this.#exchange(period, this.#options.randomBytes(RECONCILE_SALT_BYTES))
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
    this.#only = hello.only
    const others = await this.#channel.expect('shards')
    const own = offerWithin(offerOf(this.#options.replica, this.#community), this.#only)
    await this.#channel.send({ type: 'shards', ...own })
    this.#compareShards(own, others)
    for (;;) {
      const frame = await this.#channel.expect('open', 'want', 'digest', 'bye')
      if (frame.type === 'bye') return 'done'
      if (frame.type === 'open') {
        await this.#answerOpen(frame)
      } else if (frame.type === 'want') {
        if (!this.#isBegun) throw new CrdtIndexError('BAD_FRAME', 'sync: want before a shard')
        await this.#give(this.#period, frame)
      } else {
        if (this.#isBegun && frame.period === this.#period) await this.#pullLater(frame.period)
        const digest = this.#digest(frame.period)
        const partial = this.#isPartial(frame.period)
        this.#compareDigests(frame, digest, partial)
        await this.#channel.send({ type: 'digest', period: frame.period, digest, partial })
      }
    }
  }

  async #answerOpen ({ period, salt, message }: Frame & { type: 'open' }): Promise<void> {
    if (!this.#shards.has(period)) throw new CrdtIndexError('BAD_FRAME', 'sync: a shard that did not differ')
    if (salt !== null && this.#options.allowSalt?.() === false) {
      await this.#channel.send({ type: 'settled' })
      return
    }
    const reconciliation = await this.#begin(period, salt)
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

  /** The periods to go into, as far as they are kept. */
  #compareShards (own: Offer, offered: Offer): Set<Period> {
    const { explained, peer } = this.#options
    const others = offerWithin(offered, this.#only)
    this.#others = others
    const pending = new Set<Period>()
    for (const difference of this.#shards.compare(own, others)) {
      if (explained?.has({ community: this.#community, peer, ...difference }) === true) this.#shards.settled(difference.period)
      else pending.add(difference.period)
    }
    this.#tellProgress()
    return pending
  }

  /** `meta`, what somebody waits for, then the newest month: what is wanted may have changed since the last one. */
  #next (pending: Set<Period>): Period | undefined {
    const rank = (period: Period): number => period === META_PERIOD ? Infinity : period + (this.#keeping.isWanted(this.#community, period) ? WANTED_RANK : 0)
    const held = new Set(this.#summaries().map(({ period }) => period))
    const [next] = [...pending].filter(period => held.has(period) || this.#keeping.keepsPeriod(this.#community, period)).sort((a, b) => rank(b) - rank(a))
    if (next !== undefined) pending.delete(next)
    return next
  }

  #tellProgress (): void {
    this.#options.onProgress?.(this.#shards.progress())
  }

  async #begin (period: Period, salt: Uint8Array | null): Promise<Reconciliation> {
    const isRepeat = this.#isBegun && period === this.#period
    this.#isBegun = true
    this.#period = period
    this.#pass = salt !== null ? 'salted' : isRepeat ? 'second' : 'first'
    this.#later = new LaterDeltas()
    this.end()
    this.#gathered = new Gathered(this.#turns.gathering)
    this.#isCovered = false
    if (isRepeat) {
      this.#shards.repeat(period)
      this.#counts.missing = this.#before.missing // what is still not delivered is named again
    }
    if (salt === null) {
      this.#before = { ...this.#counts }
      this.#isShared = false
    }
    const isKept = this.#keeping.keepsPeriod(this.#community, period)
    this.#shards.begin(period, isPartial(this.#keeping, this.#community, period) || !takes(this.#others, period) || this.#others.partial.includes(period))
    const set = this.#options.itemSets.get(this.#community, period)
    return createReconciliation({
      set: salt === null ? set : await this.#patience.own(inSlices(set.salting(salt), createSlices())),
      ...isKept ? {} : { within: spansOf(this.#keeping.localPrefixes()) }
    })
  }

  /** One reconciliation and what it moves, begun by this side. `explained`: the digests differ, and a side knows why. */
  async #exchange (period: Period, salt: Uint8Array | null): Promise<'equal' | 'explained' | 'differs'> {
    const reconciliation = await this.#begin(period, salt)
    await this.#channel.send({ type: 'open', period, salt, message: reconciliation.start() })
    await this.#takeTurns(reconciliation, period)
    await this.#pullLater(period)
    return await this.#compare(period)
  }

  async #takeTurns (reconciliation: Reconciliation, period: Period): Promise<void> {
    for (;;) {
      const frame = await this.#channel.expect('reconcile', 'want', 'settled')
      if (frame.type === 'settled') return this.#shards.settled(period)
      if (frame.type === 'want') await this.#give(period, frame)
      else if (!await this.#takeTurn(reconciliation, period, frame.message)) return
    }
  }

  /** Fetches what the message shows to be missing, then answers it; false when that settled the shard. */
  async #takeTurn (reconciliation: Reconciliation, period: Period, message: Uint8Array): Promise<boolean> {
    const { reply, need: named, have } = await this.#patience.own(inSlices(reconciliation.receiving(message), createSlices()))
    const need = named.filter(item => this.#keepsItem(period, item))
    this.#shards.named(period, need.length)
    const now = this.#later.sort({ named, need, have })
    // A repeat asks for an author's envelopes together: of one who signed more than fits a document, some count only all at once.
    await this.#pull(period, this.#pass === 'first' ? now : now.concat(this.#later.takeAll()).sort(compareBytes))
    await this.#channel.send(reply === null ? { type: 'settled' } : { type: 'reconcile', message: reply })
    if (reply === null) this.#shards.settled(period)
    return reply !== null
  }

  /** Asks for the deltas that waited for the snapshots; then all has come that will. */
  async #pullLater (period: Period): Promise<void> {
    const { items, leftOut } = this.#later.take() // of a repeat nothing waits
    this.#shards.delivered(period, leftOut)
    await this.#pull(period, items)
    await takeInGathered(this.#transfer, this.#gathered)
  }

  async #pull (period: Period, items: readonly Uint8Array[]): Promise<void> {
    const leftOut = await pullEnvelopes(this.#transfer, period, items, { tellsCovers: this.#pass === 'first', gathered: this.#gathered })
    this.#shards.delivered(period, leftOut) // by other peers
    if (leftOut > 0) this.#isShared = true
  }

  async #give (period: Period, want: Frame & { type: 'want' }): Promise<void> {
    if (await answerWant(this.#transfer, period, want) > 0) this.#isCovered = true
  }

  async #compare (period: Period): Promise<'equal' | 'explained' | 'differs'> {
    const digest = this.#digest(period)
    const partial = this.#isPartial(period)
    await this.#channel.send({ type: 'digest', period, digest, partial })
    let answer = await this.#channel.expect('digest', 'want')
    for (; answer.type === 'want'; answer = await this.#channel.expect('digest', 'want')) await this.#give(period, answer)
    if (answer.period !== period) throw new CrdtIndexError('BAD_FRAME', 'sync: the digest of another shard')
    if (this.#compareDigests(answer, digest, partial)) return 'equal'
    return partial || answer.partial ? 'explained' : 'differs'
  }

  #compareDigests ({ period, digest: other, partial }: Frame & { type: 'digest' }, own: Uint8Array, isPartialHere: boolean): boolean {
    const equal = equalBytes(own, other)
    if (this.#shards.agree(period, equal)) this.#patience.restore() // once a shard
    this.#tellProgress()
    if (equal || period !== this.#period) return equal
    const isCut = isPartial(this.#keeping, this.#community, period)
    if (isCut && !partial && !this.#others.partial.includes(period)) this.#shards.given(period)
    if ((isPartialHere || partial) && !this.#isPassing()) this.#options.explained?.add({ community: this.#community, peer: this.#options.peer, period, own, other })
    return false
  }

  /** Something is kept out (months and authors that are not kept, held back, gone at the peer): digests may differ for an honest reason. */
  #isPartial (period: Period): boolean {
    return isPartial(this.#keeping, this.#community, period) || (period === this.#period && (this.#counts.ignored > this.#before.ignored || this.#isPassing()))
  }

  /** The next session may bring what this one kept out. */
  #isPassing (): boolean {
    const { missing, early, covered } = this.#before
    return this.#isShared || this.#isCovered || this.#counts.missing > missing || this.#counts.early > early || this.#counts.covered > covered
  }

  #keepsItem (period: Period, item: Uint8Array): boolean {
    const prefix = item.subarray(0, AUTHOR_PREFIX_BYTES)
    if (this.#keeping.keepsPeriod(this.#community, period) && this.#keeping.keepsPrefix(this.#community, prefix)) return true
    return this.#keeping.localPrefixes().some(local => equalBytes(local, prefix))
  }
}
