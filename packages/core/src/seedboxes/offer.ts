// What a seedbox offers: `/seedbed/seedbox/1`. The question is one empty frame; the answer is one frame of JSON in UTF-8,
//
//   { "relay": boolean, "tracker": path or null, "signalling": path or null, "proof": 64 hex }
//
// with paths at the WebSocket address that it was reached at. A peer that is no seedbox does not speak the protocol.
import { bytesToHex, hexToBytes, type Channel, type Transport } from '@seedbed/crdt-index'
import { MAX_SEEDBOX_FRAME_BYTES, MAX_SEEDBOX_PATH_CHARS, SEEDBOX_TIMEOUT_MS } from '../limits.ts'

export const SEEDBOX_PROTOCOL = '/seedbed/seedbox/1'
/** What a URL carries unescaped, without a query. */
const PATH = /^\/[\w.~/-]*$/
const PROOF = /^[0-9a-f]{64}$/

export interface Offer {
  readonly relay: boolean
  readonly tracker: string | null
  readonly signalling: string | null
  /** 32 bytes that only another device of the same author can tell from noise. */
  readonly proof: Uint8Array
}

export function isOfferPath (value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_SEEDBOX_PATH_CHARS && PATH.test(value)
}

export function encodeOffer ({ relay, tracker, signalling, proof }: Offer): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ relay, tracker, signalling, proof: bytesToHex(proof) }))
}

/** Null for what is no offer. */
export function decodeOffer (frame: Uint8Array): Offer | null {
  try {
    const { relay, tracker, signalling, proof } = (JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame)) ?? {}) as Record<string, unknown>
    if (typeof relay !== 'boolean' || typeof proof !== 'string' || !PROOF.test(proof)) return null
    if ((tracker !== null && !isOfferPath(tracker)) || (signalling !== null && !isOfferPath(signalling))) return null
    return { relay, tracker, signalling, proof: hexToBytes(proof) }
  } catch {
    return null
  }
}

/** Answers who asks. Returns the function that ends it. */
export function serveOffer (transport: Transport, offerTo: (peer: string) => Offer): () => void {
  return transport.handle(SEEDBOX_PROTOCOL, async (channel, from) => {
    const signal = AbortSignal.timeout(SEEDBOX_TIMEOUT_MS)
    const question = await channel.read({ signal, maxBytes: 0 })
    if (question === null) return
    await channel.write(encodeOffer(offerTo(from)), { signal })
    await channel.close()
  })
}

/** What a connected peer offers; null when it is no seedbox or does not answer. */
export async function askOffer (transport: Transport, peer: string, signal: AbortSignal): Promise<Offer | null> {
  let channel: Channel | null = null
  try {
    channel = await transport.open(peer, SEEDBOX_PROTOCOL, { signal })
    await channel.write(new Uint8Array(0), { signal })
    const frame = await channel.read({ signal, maxBytes: MAX_SEEDBOX_FRAME_BYTES })
    await channel.close()
    return frame === null ? null : decodeOffer(frame)
  } catch (error) {
    channel?.abort(error instanceof Error ? error : new Error(String(error)))
    return null
  }
}
