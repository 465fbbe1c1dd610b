// Envelopes by hash: asked for in batches, answered as far as a frame goes, ingested while the next batch travels.
import { CrdtIndexError } from '../errors.ts'
import { ENVELOPES_BYTES, MAX_WANTED_HASHES, READ_AHEAD_ENVELOPES } from '../limits.ts'
import { bytesToHex, equalBytes } from '../identity/encoding.ts'
import { AHEAD_OF_TIME, COVERED, type CommunityAddress, type Period, type Replica, type SnapshotCover, type Verdict } from '../model.ts'
import type { SessionClaims } from './claims.ts'
import { packFrame } from './deflated.ts'
import type { EnvelopeFormat } from './envelope-format.ts'
import type { FrameChannel } from './frame-channel.ts'
import type { Gathered } from './gathered.ts'
import { authorOfItem, hashOfItem } from './item.ts'

/** What a session moved so far. */
export interface TransferCounts {
  received: number
  sent: number
  rejected: number
  ignored: number
  /** Ignored ones whose time has not come: they are the peer's fault or this device's clock's. */
  early: number
  /** Named by the peer and then not delivered. */
  missing: number
  /** Named by the peer and not delivered because what is here covers them, as the peer says. */
  covered: number
}

export interface Transfer {
  readonly channel: FrameChannel
  readonly replica: Pick<Replica, 'read' | 'ingest' | 'covers'>
  readonly community: CommunityAddress
  readonly from: string
  readonly counts: TransferCounts
  readonly claims: SessionClaims
  readonly format: Pick<EnvelopeFormat, 'place'>
  /** Has a batch taken in, or an answer made, when its turn comes; see turns.ts. */
  readonly intake: <T>(work: () => Promise<T>) => Promise<T>
  readonly answer: <T>(work: () => Promise<T>) => Promise<T>
  /** `envelopes`: how many the peer delivered, taken here or not, or need not deliver. */
  readonly onDelivered: (envelopes: number) => void
}

/**
 * Asks for the envelopes of a shard's reconciliation items and ingests them, leaving out what other sessions fetch
 * meanwhile; resolves with how many it left out. With `tellsCovers` it says beside what the snapshots here have seen by now, so
 * that what they cover does not travel. What counts for nothing goes to `gathered`. Throws BAD_FRAME at the first batch with an invalid one, or with another one
 * than asked for: only what was asked for may count as fetched, since the other sessions leave that out.
 */
export async function pullEnvelopes (transfer: Transfer, period: Period, items: readonly Uint8Array[], { tellsCovers, gathered }: { readonly tellsCovers: boolean, readonly gathered: Gathered }): Promise<number> {
  const { channel, claims, replica } = transfer
  const batches = new Batches(items, claims)
  const ask = async (unanswered: readonly Uint8Array[]): Promise<Batch> => {
    const wanted = batches.next(unanswered)
    const covers = tellsCovers && wanted.length > 0 ? replica.covers(transfer.community, period, authorsOf(wanted)) : []
    if (wanted.length > 0) await channel.send({ type: 'want', hashes: wanted.map(hashOfItem), covers })
    return { items: wanted, covers }
  }
  let asked = await ask([])
  while (asked.items.length > 0) {
    const unpack = await channel.expectEnvelopes()
    const batch = asked
    let asking = Promise.resolve(NOTHING)
    await transfer.intake(async () => {
      const { envelopes } = await unpack()
      if (envelopes.length > batch.items.length) throw new CrdtIndexError('BAD_FRAME', 'sync: more envelopes than asked for')
      const answered = batch.items.slice(0, envelopes.length)
      checkAnswered(transfer, period, { items: answered, covers: batch.covers }, envelopes)
      asking = ask(batch.items.slice(envelopes.length))
      asking.catch(() => {}) // waited for below: a peer that does not read must not keep the turn
      await takeIn(transfer, gathered, answered, envelopes)
    })
    asked = await asking
  }
  return batches.leftOut
}

/** Takes in, a document at a time, what several answers brought and what counted for nothing then. */
export async function takeInGathered (transfer: Transfer, gathered: Gathered): Promise<void> {
  for (const envelopes of gathered.take()) await transfer.intake(async () => { await takeInTogether(transfer, envelopes) })
}

async function takeIn ({ claims, community, counts, format, from, onDelivered, replica }: Transfer, gathered: Gathered, items: readonly Uint8Array[], envelopes: Envelopes): Promise<void> {
  const held = envelopes.filter(envelope => envelope instanceof Uint8Array)
  const covered = envelopes.filter(envelope => envelope === COVERED).length
  counts.covered += covered
  counts.missing += envelopes.length - held.length - covered
  const verdicts = await replica.ingest(community, held, from)
  countVerdicts(counts, verdicts)
  let at = 0
  gathered.begin()
  for (const [index, item] of items.entries()) {
    const envelope = envelopes[index]
    const isDelivered = envelope instanceof Uint8Array
    if (isDelivered && countsHere(verdicts[at++])) {
      claims.fetched(hashOfItem(item))
      continue
    }
    claims.release(hashOfItem(item))
    const place = isDelivered ? format.place(envelope) : undefined
    if (isDelivered && place !== undefined) gathered.add(`${bytesToHex(authorOfItem(item))}/${place.part}`, envelope)
  }
  onDelivered(held.length + covered)
}

/** What counted for nothing is taken back from the count of that, as far as it counts now. */
async function takeInTogether ({ claims, community, counts, format, from, replica }: Transfer, envelopes: readonly Uint8Array[]): Promise<void> {
  for (const [at, { verdict }] of (await replica.ingest(community, envelopes, from)).entries()) {
    const place = verdict === 'accept' ? format.place(envelopes[at]!) : undefined
    if (place === undefined) continue
    counts.ignored--
    claims.fetched(hashOfItem(place.item))
  }
}

/** False for what may count once it comes with something else: a repeat has to ask for it again. */
function countsHere (verdict: Verdict | undefined): boolean {
  return !(verdict?.verdict === 'ignore' && verdict.reason === COVERED)
}

type Envelopes = ReadonlyArray<Uint8Array | typeof COVERED | null>

/** What is asked for at once, and what was said of the snapshots here. */
interface Batch { readonly items: readonly Uint8Array[], readonly covers: readonly SnapshotCover[] }

const NOTHING: Batch = { items: [], covers: [] }

function authorsOf (items: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(items.map(item => [bytesToHex(authorOfItem(item)), authorOfItem(item)])).values()]
}

/** Throws BAD_FRAME where an envelope's own header names another place than the item that it was asked for by. */
function checkAnswered ({ format, counts }: Transfer, period: Period, { items, covers }: Batch, envelopes: Envelopes): void {
  const coverable = envelopes.includes(COVERED) ? new Set(covers.map(({ author }) => bytesToHex(author))) : null
  for (const [index, envelope] of envelopes.entries()) {
    const item = items[index]
    if (envelope === null || item === undefined) continue
    if (envelope === COVERED) {
      if (coverable?.has(bytesToHex(authorOfItem(item))) === true) continue
      throw new CrdtIndexError('BAD_FRAME', 'sync: nothing here can cover what the peer says is covered')
    }
    const place = format.place(envelope)
    if (place?.period === period && equalBytes(place.item, item)) continue
    counts.received++
    counts.rejected++
    throw new CrdtIndexError('BAD_FRAME', `sync: ${place === undefined ? 'no envelope' : 'another envelope than asked for'}`)
  }
}

/** Items to ask for next: first what nobody else asks for, in the end also what others have not brought yet. */
class Batches {
  leftOut = 0
  readonly #items: readonly Uint8Array[]
  readonly #claims: SessionClaims
  readonly #deferred: Uint8Array[] = []
  #next = 0

  constructor (items: readonly Uint8Array[], claims: SessionClaims) {
    this.#items = items
    this.#claims = claims
  }

  next (unanswered: readonly Uint8Array[]): readonly Uint8Array[] {
    const batch = [...unanswered]
    for (; batch.length < MAX_WANTED_HASHES && this.#next < this.#items.length; this.#next++) {
      const item = this.#items[this.#next]
      if (item === undefined) continue
      if (this.#claims.take(hashOfItem(item))) batch.push(item)
      else this.#deferred.push(item)
    }
    while (batch.length < MAX_WANTED_HASHES) {
      const item = this.#deferred.shift()
      if (item === undefined) break
      if (this.#claims.isFetched(hashOfItem(item))) this.leftOut++
      else batch.push(item)
    }
    return batch
  }
}

export function countVerdicts (counts: TransferCounts, verdicts: readonly Verdict[]): void {
  counts.received += verdicts.length
  const ignored = verdicts.filter(verdict => verdict.verdict === 'ignore')
  counts.ignored += ignored.length
  counts.early += ignored.filter(({ reason }) => reason === AHEAD_OF_TIME).length
  const rejected = verdicts.filter(verdict => verdict.verdict === 'reject')
  counts.rejected += rejected.length
  if (rejected[0] !== undefined) throw new CrdtIndexError('BAD_FRAME', `sync: an invalid envelope (${rejected[0].reason})`)
}

/** Sends as many of the envelopes as one frame takes, in the order asked for; resolves with how many of them are covered. */
export async function answerWant (transfer: Pick<Transfer, 'answer' | 'channel' | 'community' | 'counts'> & { readonly replica: Pick<Replica, 'read'> }, period: Period, want: { readonly hashes: readonly Uint8Array[], readonly covers?: readonly SnapshotCover[] }): Promise<number> {
  const { packed, sent, covered } = await transfer.answer(async () => {
    const envelopes = await readAnswer(transfer.replica, transfer.community, period, want)
    const covered = envelopes.filter(envelope => envelope === COVERED).length
    return { packed: await packFrame({ type: 'envelopes', envelopes }), covered, sent: envelopes.filter(envelope => envelope instanceof Uint8Array).length }
  })
  transfer.counts.sent += sent
  await transfer.channel.sendEnvelopes(packed)
  return covered
}

async function readAnswer (replica: Pick<Replica, 'read'>, community: CommunityAddress, period: Period, { hashes, covers }: { readonly hashes: readonly Uint8Array[], readonly covers?: readonly SnapshotCover[] }): Promise<Envelopes> {
  const envelopes: Array<Uint8Array | typeof COVERED | null> = []
  let bytes = 0
  for (let start = 0; start < hashes.length; start += READ_AHEAD_ENVELOPES) {
    const batch = await replica.read(community, period, hashes.slice(start, start + READ_AHEAD_ENVELOPES), covers)
    for (const envelope of batch) {
      const length = envelope instanceof Uint8Array ? envelope.length : 0
      if (bytes + length > ENVELOPES_BYTES) return envelopes
      envelopes.push(envelope ?? null)
      bytes += length
    }
  }
  return envelopes
}
