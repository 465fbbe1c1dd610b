// What a WebSocket tracker says, read strictly before the tracker client of WebTorrent sees it: that one takes the types
// on trust, so that a number for an id throws out of its socket, and an interval of 10^8 seconds overflows its timer.
import type { InfoHash } from '../torrent-ref.ts'

export interface WebTrackerMessage {
  readonly infoHash: InfoHash
  /** Peers of the torrent, ourselves among them; undefined: not said. */
  readonly peers: number | undefined
  /** Somebody wants to connect to us. */
  readonly isOffer: boolean
  /** The message again, with only what is known. */
  readonly text: string
}

const ID_CHARACTERS = 20

/** Reads an announce answer, an offer or an answer to ours, of at most `maxBytes`; null for everything else. */
export function readWebTrackerMessage (message: Uint8Array | string, maxBytes: number): WebTrackerMessage | null {
  if (message.length > maxBytes) return null
  let value: unknown
  try {
    value = JSON.parse(typeof message === 'string' ? message : new TextDecoder().decode(message))
  } catch {
    return null
  }
  if (!isRecord(value) || value['action'] !== 'announce' || !isId(value['info_hash'])) return null
  const { info_hash: infoHash, peer_id: peerId, offer_id: offerId, complete, incomplete, interval } = value
  const [offer, answer] = [readDescription(value['offer'], 'offer'), readDescription(value['answer'], 'answer')]
  const signalled = isId(peerId) && isId(offerId) && (offer !== null || answer !== null)
  const counts = isCount(complete) && isCount(incomplete)
  return {
    infoHash: Array.from(infoHash, character => character.charCodeAt(0).toString(16).padStart(2, '0')).join('') as InfoHash,
    peers: counts ? complete + incomplete : undefined,
    isOffer: signalled && offer !== null,
    text: JSON.stringify({
      action: 'announce', info_hash: infoHash,
      ...(isCount(interval) ? { interval } : {}),
      ...(counts ? { complete, incomplete } : {}),
      ...(signalled ? { peer_id: peerId, offer_id: offerId, ...(offer === null ? { answer } : { offer }) } : {})
    })
  }
}

function readDescription (value: unknown, type: 'offer' | 'answer'): { readonly type: string, readonly sdp: string } | null {
  return isRecord(value) && value['type'] === type && typeof value['sdp'] === 'string' ? { type, sdp: value['sdp'] } : null
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** Twenty bytes as a string of Latin-1: how trackers write binary in JSON. */
function isId (value: unknown): value is string {
  return typeof value === 'string' && value.length === ID_CHARACTERS && Array.from({ length: ID_CHARACTERS }, (_, at) => value.charCodeAt(at)).every(code => code <= 0xff)
}

function isCount (value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
