// What a WebTorrent client sends a WebSocket tracker, in the one shape that the tracker gets to see.
import { MAX_OFFERS, MAX_SCRAPED, MAX_SDP_LENGTH } from '../limits.ts'

/** Twenty bytes as a string of characters below 256, as this protocol writes them. */
export type BinaryId = string

export interface Description { readonly type: 'offer' | 'answer', readonly sdp: string }

export interface Announce {
  readonly action: 'announce'
  readonly info_hash: BinaryId
  readonly peer_id: BinaryId
  /** Bytes the peer lacks; absent when it does not know. */
  readonly left?: number
  readonly event?: 'started' | 'completed' | 'stopped' | 'update'
  readonly offers?: ReadonlyArray<{ readonly offer: Description, readonly offer_id: BinaryId }>
}

export interface Answer {
  readonly action: 'announce'
  readonly info_hash: BinaryId
  readonly peer_id: BinaryId
  readonly to_peer_id: BinaryId
  readonly offer_id: BinaryId
  readonly answer: Description
}

export interface Scrape {
  readonly action: 'scrape'
  readonly info_hash: readonly BinaryId[]
}

export type TrackerMessage = Announce | Answer | Scrape

/** Null for what no client sends. Only known members are taken over. */
export function parseTrackerMessage (text: string): TrackerMessage | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value)) return null
  if (value['action'] === 'scrape') return scrapeOf(value)
  if (value['action'] !== 'announce') return null
  return value['answer'] === undefined || value['answer'] === null ? announceOf(value) : answerOf(value)
}

function announceOf ({ info_hash: infoHash, peer_id: peerId, left = null, event, offers }: Record<string, unknown>): Announce | null {
  if (!isBinaryId(infoHash) || !isBinaryId(peerId) || !(left === null || (typeof left === 'number' && left >= 0))) return null
  if (!(event === undefined || event === null || event === '' || event === 'empty' || event === 'update' || event === 'started' || event === 'completed' || event === 'stopped')) return null
  if (!(offers === undefined || offers === null || (Array.isArray(offers) && offers.length <= MAX_OFFERS))) return null
  const taken = (offers ?? []).map(offerOf)
  if (!taken.every(offer => offer !== null)) return null
  return {
    action: 'announce', info_hash: infoHash, peer_id: peerId,
    ...(left === null ? {} : { left }),
    ...(event === 'started' || event === 'completed' || event === 'stopped' ? { event } : {}),
    ...(taken.length === 0 ? {} : { offers: taken })
  }
}

function offerOf (value: unknown): { offer: Description, offer_id: BinaryId } | null {
  if (!isRecord(value)) return null
  const offer = descriptionOf(value['offer'], 'offer')
  const { offer_id: offerId } = value
  return offer === null || !isBinaryId(offerId) ? null : { offer, offer_id: offerId }
}

function answerOf (value: Record<string, unknown>): Answer | null {
  const { info_hash: infoHash, peer_id: peerId, to_peer_id: toPeerId, offer_id: offerId } = value
  const answer = descriptionOf(value['answer'], 'answer')
  if (!isBinaryId(infoHash) || !isBinaryId(peerId) || !isBinaryId(toPeerId) || !isBinaryId(offerId) || answer === null) return null
  return { action: 'announce', info_hash: infoHash, peer_id: peerId, to_peer_id: toPeerId, offer_id: offerId, answer }
}

function scrapeOf ({ info_hash: infoHash }: Record<string, unknown>): Scrape | null {
  const all: unknown = typeof infoHash === 'string' ? [infoHash] : infoHash
  return Array.isArray(all) && all.length > 0 && all.length <= MAX_SCRAPED && all.every(isBinaryId) ? { action: 'scrape', info_hash: all } : null
}

function descriptionOf (value: unknown, type: Description['type']): Description | null {
  if (!isRecord(value) || value['type'] !== type) return null
  const { sdp } = value
  return typeof sdp === 'string' && sdp !== '' && sdp.length <= MAX_SDP_LENGTH ? { type, sdp } : null
}

function isBinaryId (value: unknown): value is BinaryId {
  return typeof value === 'string' && /^[\0-\xff]{20}$/.test(value)
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
