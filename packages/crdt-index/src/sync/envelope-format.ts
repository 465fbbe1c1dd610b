// What gossip and transfers have to read of an envelope. A seam: sync treats envelopes as opaque bytes otherwise.
import { CrdtIndexError } from '../errors.ts'
import { hexToBytes } from '../identity/encoding.ts'
import { announcementOf, checkAnnouncement, decodeEnvelope, placeOfEnvelope } from '../envelope/envelope.ts'
import type { CommunityAddress, Period } from '../model.ts'
import { itemOf } from './item.ts'

export interface AnnouncedEnvelope {
  readonly hash: Uint8Array
  readonly period: Period
  readonly timeMs: number
}

/** Where an envelope lies by its own words: what it can be asked for by. */
export interface EnvelopePlace {
  readonly period: Period
  /** As in reconciliations, see item.ts. */
  readonly item: Uint8Array
  /** Of the author's documents in the shard. */
  readonly part: number
}

export interface EnvelopeFormat {
  /** Reads so much of the header without verifying it; undefined where the bytes are no envelope. The rest may still be none. */
  place (envelope: Uint8Array): EnvelopePlace | undefined
  /** The header's time, or undefined where the bytes are no envelope. */
  headerTime (envelope: Uint8Array): number | undefined
  /** What announces an own envelope: signature, header length and header. */
  announce (envelope: Uint8Array): Uint8Array
  /** Reads and verifies an announcement; undefined where it is invalid or of another community. */
  readAnnouncement (community: CommunityAddress, announcement: Uint8Array): AnnouncedEnvelope | undefined | Promise<AnnouncedEnvelope | undefined>
}

export const signedEnvelopes: EnvelopeFormat = {
  place: envelope => unlessBad(() => {
    const { period, author, part, kind, hash } = placeOfEnvelope(envelope)
    return { period, item: itemOf(author, kind, hash), part }
  }),
  headerTime: envelope => unlessBad(() => decodeEnvelope(envelope).header.timeMs),
  announce: envelope => announcementOf(decodeEnvelope(envelope)),
  async readAnnouncement (community, announcement) {
    try {
      const { header, hash } = await checkAnnouncement(announcement)
      return header.community === community ? { hash: hexToBytes(hash), period: header.period, timeMs: header.timeMs } : undefined
    } catch (error) {
      if (error instanceof CrdtIndexError) return undefined
      throw error
    }
  }
}

function unlessBad<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CrdtIndexError) return undefined
    throw error
  }
}
