// New envelopes among the peers of a community: one topic each, one message an envelope.
//   0 || envelope        up to GOSSIP_INLINE_BYTES
//   1 || announcement    of a larger one: its signed header; the envelope is pulled from whom the message came from
// The verdict is the replica's, except that age decides what is passed on: older envelopes travel by reconciliation,
// those of the near future wait until they are due.
import { GOSSIP_INLINE_BYTES, GOSSIP_MAX_AGE_MS, MAX_AHEAD_MS, MAX_HEADER_BYTES, MAX_PULLS_PER_PEER, MAX_WAITING_MS, SIGNATURE_BYTES } from '../limits.ts'
import type { Clock, CommunityAddress, Period, Replica, Transport, Verdict } from '../model.ts'
import { equalBytes } from '../identity/encoding.ts'
import type { EnvelopeFormat } from './envelope-format.ts'
import { createIngestQueue } from './ingest-queue.ts'
import type { Scheduler } from './scheduler.ts'
import { createWaitingRoom } from './waiting-room.ts'

const MessageType = { inline: 0, announcement: 1 } as const
const MAX_ANNOUNCEMENT_BYTES = SIGNATURE_BYTES + 2 + MAX_HEADER_BYTES
/** Published bytes after which a burst lets the transport's buffers drain. */
const BURST_BYTES = 256 * 1024

export interface GossipOptions {
  readonly transport: Pick<Transport, 'subscribe' | 'unsubscribe' | 'publish'>
  readonly replica: Pick<Replica, 'ingest' | 'read'>
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly topicOf: (community: CommunityAddress) => string
  readonly format: EnvelopeFormat
  /** Fetches one envelope from a peer; undefined where it does not deliver. */
  readonly pull: (from: string, community: CommunityAddress, period: Period, hash: Uint8Array) => Promise<Uint8Array | undefined>
  /** Called when an own envelope went to no peer. */
  readonly onUnheard?: (community: CommunityAddress) => void
}

export interface Gossip {
  join (community: CommunityAddress): void
  leave (community: CommunityAddress): void
  /**
   * Sends an own envelope to whoever is subscribed, in the order of calls. Failures are left to reconciliation.
   * `onReached`: called when a peer got it whole; announced ones are told of by nobody.
   */
  publish (community: CommunityAddress, envelope: Uint8Array, onReached?: () => void): void
  /** Hands over what waited for its time. */
  releaseDue (): Promise<void>
  close (): void
}

export function createGossip ({ transport, replica, clock, scheduler, topicOf, format, pull, onUnheard }: GossipOptions): Gossip {
  const joined = new Set<CommunityAddress>()
  const room = createWaitingRoom()
  const ingestOne = createIngestQueue(replica)
  const pulls = new Map<string, number>()
  const queue: Array<{ readonly community: CommunityAddress, readonly envelope: Uint8Array, readonly onReached: (() => void) | undefined }> = []
  let sending = false

  const ingest = async (community: CommunityAddress, envelope: Uint8Array, timeMs: number, from: string): Promise<Verdict> => {
    const verdict = await ingestOne(community, envelope, from)
    return verdict.verdict === 'accept' && timeMs < clock() - GOSSIP_MAX_AGE_MS ? ignore('old') : verdict
  }

  const onInline = async (community: CommunityAddress, envelope: Uint8Array, from: string): Promise<Verdict> => {
    if (envelope.length > GOSSIP_INLINE_BYTES) return reject('an envelope too long for gossip')
    const timeMs = format.headerTime(envelope)
    if (timeMs === undefined) return reject('not an envelope')
    if (timeMs > clock() + MAX_AHEAD_MS) {
      if (timeMs > clock() + MAX_WAITING_MS) return ignore('too far ahead of time')
      // What waits takes room from others: only what its author signed for this community may.
      if (await format.readAnnouncement(community, format.announce(envelope)) === undefined) return reject('an invalid envelope')
      room.add({ community, bytes: envelope, from, dueMs: timeMs - MAX_AHEAD_MS })
      return ignore('ahead of time')
    }
    return await ingest(community, envelope, timeMs, from)
  }

  const onAnnouncement = async (community: CommunityAddress, announcement: Uint8Array, from: string): Promise<Verdict> => {
    if (announcement.length > MAX_ANNOUNCEMENT_BYTES) return reject('an announcement too long')
    const announced = await format.readAnnouncement(community, announcement)
    if (announced === undefined) return reject('an invalid announcement')
    const { hash, period, timeMs } = announced
    if (timeMs < clock() - GOSSIP_MAX_AGE_MS || timeMs > clock() + MAX_AHEAD_MS) return ignore('old, or ahead of time')
    const [held] = await replica.read(community, period, [hash])
    if (held !== undefined) return ignore('held')
    const envelope = await pullOne(from, community, period, hash)
    if (envelope === undefined) return ignore('announced and not delivered')
    if (!equalBytes(envelope.subarray(0, announcement.length), announcement)) return ignore('another envelope than announced')
    return await ingest(community, envelope, timeMs, from)
  }

  const pullOne = async (from: string, community: CommunityAddress, period: Period, hash: Uint8Array): Promise<Uint8Array | undefined> => {
    const under = pulls.get(from) ?? 0
    if (under >= MAX_PULLS_PER_PEER) return undefined
    pulls.set(from, under + 1)
    try {
      return await pull(from, community, period, hash)
    } finally {
      const rest = (pulls.get(from) ?? 1) - 1
      if (rest > 0) pulls.set(from, rest)
      else pulls.delete(from)
    }
  }

  const onMessage = async (community: CommunityAddress, data: Uint8Array, from: string): Promise<Verdict> => {
    const body = data.subarray(1)
    try {
      switch (data[0]) {
        case MessageType.inline: return await onInline(community, body, from)
        case MessageType.announcement: return await onAnnouncement(community, body, from)
        default: return reject('an unknown message')
      }
    } catch (error) { // this peer's storage or network: no judgement of the message
      return ignore(error instanceof Error ? error.message : String(error))
    }
  }

  const encode = (envelope: Uint8Array): Uint8Array => {
    const inline = envelope.length <= GOSSIP_INLINE_BYTES
    const body = inline ? envelope : format.announce(envelope)
    const data = new Uint8Array(1 + body.length)
    data[0] = inline ? MessageType.inline : MessageType.announcement
    data.set(body, 1)
    return data
  }

  const send = async (): Promise<void> => {
    let burst = 0
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!joined.has(next.community)) continue
      let recipients = 0
      try {
        const data = encode(next.envelope)
        recipients = await transport.publish(topicOf(next.community), data)
        if (recipients > 0 && data[0] === MessageType.inline) next.onReached?.()
        burst += data.length
      } catch { /* nobody is there, or a buffer is full: reconciliation brings it */ }
      if (recipients === 0) onUnheard?.(next.community)
      if (burst < BURST_BYTES) continue
      burst = 0
      await new Promise<void>(resolve => { scheduler.after(1, resolve) })
    }
    sending = false
  }

  const leave = (community: CommunityAddress): void => {
    if (!joined.delete(community)) return
    transport.unsubscribe(topicOf(community))
    room.forget(community)
  }

  return {
    join (community) {
      if (joined.has(community)) return
      joined.add(community)
      transport.subscribe(topicOf(community), async (data, from) => await onMessage(community, data, from))
    },
    leave,
    publish (community, envelope, onReached) {
      queue.push({ community, envelope, onReached })
      if (sending) return
      sending = true
      void send()
    },
    async releaseDue () {
      for (const { community, bytes, from } of room.due(clock())) await replica.ingest(community, [bytes], from)
    },
    close () {
      queue.length = 0
      for (const community of joined) leave(community)
    }
  }
}

function ignore (reason: string): Verdict {
  return { verdict: 'ignore', reason }
}

function reject (reason: string): Verdict {
  return { verdict: 'reject', reason }
}
