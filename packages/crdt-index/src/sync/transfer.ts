// Envelopes by hash: asked for in batches, answered as far as a frame goes, ingested while the next batch travels.
import { CrdtIndexError } from '../errors.ts'
import { ENVELOPES_BYTES, MAX_WANTED_HASHES, READ_AHEAD_ENVELOPES, RECONCILE_ITEM_BYTES } from '../limits.ts'
import { equalBytes } from '../identity/encoding.ts'
import { AHEAD_OF_TIME, type CommunityAddress, type Period, type Replica, type Verdict } from '../model.ts'
import type { SessionClaims } from './claims.ts'
import type { EnvelopeFormat } from './envelope-format.ts'
import type { FrameChannel } from './frame-channel.ts'

const HASH_BYTES = 32

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
}

export interface Transfer {
  readonly channel: FrameChannel
  readonly replica: Pick<Replica, 'read' | 'ingest'>
  readonly community: CommunityAddress
  readonly from: string
  readonly counts: TransferCounts
  readonly claims: SessionClaims
  readonly format: Pick<EnvelopeFormat, 'place'>
  /** `envelopes`: how many the peer delivered, taken here or not. */
  readonly onDelivered: (envelopes: number) => void
}

/**
 * Asks for the envelopes of a shard's reconciliation items and ingests them, leaving out what other sessions fetch
 * meanwhile; resolves with how many it left out. Throws BAD_FRAME at the first batch with an invalid one, or with another one
 * than asked for: only what was asked for may count as fetched, since the other sessions leave that out.
 */
export async function pullEnvelopes (transfer: Transfer, period: Period, items: readonly Uint8Array[]): Promise<number> {
  const { channel, counts, claims } = transfer
  const batches = new Batches(items, claims)
  const ask = async (unanswered: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
    const wanted = batches.next(unanswered)
    if (wanted.length > 0) await channel.send({ type: 'want', hashes: wanted.map(hashOf) })
    return wanted
  }
  let asked = await ask([])
  while (asked.length > 0) {
    const { envelopes } = await channel.expect('envelopes')
    if (envelopes.length > asked.length) throw new CrdtIndexError('BAD_FRAME', 'sync: more envelopes than asked for')
    const answered = asked.slice(0, envelopes.length)
    checkAnswered(transfer, period, answered, envelopes)
    asked = await ask(asked.slice(envelopes.length))
    const held = envelopes.filter(envelope => envelope !== null)
    counts.missing += envelopes.length - held.length
    countVerdicts(counts, await transfer.replica.ingest(transfer.community, held, transfer.from))
    for (const [index, item] of answered.entries()) {
      if (envelopes[index] === null) claims.release(hashOf(item))
      else claims.fetched(hashOf(item))
    }
    transfer.onDelivered(held.length)
  }
  return batches.leftOut
}

/** Throws BAD_FRAME where an envelope's own header names another place than the item that it was asked for by. */
function checkAnswered ({ format, counts }: Transfer, period: Period, items: readonly Uint8Array[], envelopes: ReadonlyArray<Uint8Array | null>): void {
  for (const [index, envelope] of envelopes.entries()) {
    const item = items[index]
    if (envelope === null || item === undefined) continue
    const place = format.place(envelope)
    if (place?.period === period && equalBytes(place.item, item)) continue
    counts.received++
    counts.rejected++
    throw new CrdtIndexError('BAD_FRAME', `sync: ${place === undefined ? 'no envelope' : 'another envelope than asked for'}`)
  }
}

function hashOf (item: Uint8Array): Uint8Array {
  return item.subarray(RECONCILE_ITEM_BYTES - HASH_BYTES)
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
      if (this.#claims.take(hashOf(item))) batch.push(item)
      else this.#deferred.push(item)
    }
    while (batch.length < MAX_WANTED_HASHES) {
      const item = this.#deferred.shift()
      if (item === undefined) break
      if (this.#claims.isFetched(hashOf(item))) this.leftOut++
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

/** Sends as many of the envelopes as one frame takes, in the order asked for. */
export async function answerWant (transfer: Omit<Transfer, 'onDelivered' | 'claims' | 'format'>, period: Period, hashes: readonly Uint8Array[]): Promise<void> {
  const envelopes: Array<Uint8Array | null> = []
  let bytes = 0
  for (let start = 0; start < hashes.length && bytes < ENVELOPES_BYTES; start += READ_AHEAD_ENVELOPES) {
    const batch = await transfer.replica.read(transfer.community, period, hashes.slice(start, start + READ_AHEAD_ENVELOPES))
    for (const envelope of batch) {
      if (bytes >= ENVELOPES_BYTES) break
      envelopes.push(envelope ?? null)
      bytes += envelope?.length ?? 0
      if (envelope !== undefined) transfer.counts.sent++
    }
  }
  await transfer.channel.send({ type: 'envelopes', envelopes })
}
