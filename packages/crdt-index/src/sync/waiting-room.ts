import { MAX_WAITING_BYTES, MAX_WAITING_BYTES_PER_PEER, SIGNATURE_BYTES } from '../limits.ts'
import type { CommunityAddress } from '../model.ts'
import { bytesToHex } from '../identity/encoding.ts'

export interface WaitingEnvelope {
  readonly community: CommunityAddress
  readonly bytes: Uint8Array
  readonly from: string
  readonly dueMs: number
}

/** Envelopes whose time has not come. Only their signatures are verified, so one peer's cannot push out another's. */
export interface WaitingRoom {
  /** False when it is here already or there is no room. */
  add (envelope: WaitingEnvelope): boolean
  /** Takes out what is due. */
  due (nowMs: number): WaitingEnvelope[]
  forget (community: CommunityAddress): void
}

export function createWaitingRoom (): WaitingRoom {
  const waiting = new Map<string, WaitingEnvelope>()
  const bytesOf = new Map<string, number>()
  let bytes = 0
  const remove = (key: string, envelope: WaitingEnvelope): void => {
    waiting.delete(key)
    bytes -= envelope.bytes.length
    const rest = (bytesOf.get(envelope.from) ?? 0) - envelope.bytes.length
    if (rest > 0) bytesOf.set(envelope.from, rest)
    else bytesOf.delete(envelope.from)
  }
  return {
    add (envelope) {
      const key = `${envelope.community}/${bytesToHex(envelope.bytes.subarray(0, SIGNATURE_BYTES))}`
      const ofPeer = (bytesOf.get(envelope.from) ?? 0) + envelope.bytes.length
      if (waiting.has(key) || ofPeer > MAX_WAITING_BYTES_PER_PEER || bytes + envelope.bytes.length > MAX_WAITING_BYTES) return false
      waiting.set(key, { ...envelope, bytes: envelope.bytes.slice() })
      bytesOf.set(envelope.from, ofPeer)
      bytes += envelope.bytes.length
      return true
    },
    due (nowMs) {
      const due = [...waiting].filter(([, { dueMs }]) => dueMs <= nowMs)
      for (const [key, envelope] of due) remove(key, envelope)
      return due.map(([, envelope]) => envelope)
    },
    forget (community) {
      for (const [key, envelope] of waiting) if (envelope.community === community) remove(key, envelope)
    }
  }
}
