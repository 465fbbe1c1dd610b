// What gossip has to read of an envelope. A seam: sync treats envelopes as opaque bytes otherwise.
import { CrdtIndexError } from '../errors.ts'
import { announcementOf, decodeAnnouncement, decodeEnvelope } from '../envelope/envelope.ts'
import { hexToBytes } from '../identity/encoding.ts'
import type { CommunityAddress, Period } from '../model.ts'

export interface AnnouncedEnvelope {
  readonly hash: Uint8Array
  readonly period: Period
  readonly timeMs: number
}

export interface EnvelopeFormat {
  /** The header's time, or undefined where the bytes are no envelope. */
  headerTime (envelope: Uint8Array): number | undefined
  /** What announces an own envelope: signature, header length and header. */
  announce (envelope: Uint8Array): Uint8Array
  /** Reads and verifies an announcement; undefined where it is invalid or of another community. */
  readAnnouncement (community: CommunityAddress, announcement: Uint8Array): AnnouncedEnvelope | undefined
}

export const signedEnvelopes: EnvelopeFormat = {
  headerTime: envelope => unlessBad(() => decodeEnvelope(envelope).header.timeMs),
  announce: envelope => announcementOf(decodeEnvelope(envelope)),
  readAnnouncement: (community, announcement) => unlessBad(() => {
    const { header, hash } = decodeAnnouncement(announcement)
    return header.community === community ? { hash: hexToBytes(hash), period: header.period, timeMs: header.timeMs } : undefined
  })
}

function unlessBad<T> (read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof CrdtIndexError) return undefined
    throw error
  }
}
