// How much one uTP connection may have under way. As LEDBAT (RFC 6817, BEP 29): it grows while the delay that our packets
// add stays under 100 ms and shrinks beyond that, so that it gives way to everything else on the line; it halves on a
// loss and starts over after silence.
import { MAX_UTP_WINDOW_BYTES, UTP_PAYLOAD_BYTES } from '../../limits.ts'

const TARGET_DELAY_MS = 100
const GAIN_BYTES = 3000
const MIN_TIMEOUT_MS = 500
const MAX_TIMEOUT_MS = 8000
/** The lowest delay is that of an empty line; a route may change, so that it is forgotten. */
const BASE_DELAY_LIFETIME_MS = 60_000

export class CongestionWindow {
  bytes: number = 4 * UTP_PAYLOAD_BYTES
  /** Until something is sent again; doubles with each silence. */
  timeoutMs = 1000
  /** Smoothed; 0 before the first one. */
  roundTripMs = 0
  #deviationMs = 0
  #slowStart = true
  #lastLossMs = -Infinity
  #baseDelayUs: number | null = null
  #baseSinceMs = 0

  onRoundTrip (ms: number): void {
    if (this.roundTripMs === 0) {
      this.roundTripMs = Math.max(ms, 0.1)
      this.#deviationMs = ms / 2
    } else {
      this.#deviationMs += (Math.abs(this.roundTripMs - ms) - this.#deviationMs) / 4
      this.roundTripMs = Math.max(0.1, this.roundTripMs + (ms - this.roundTripMs) / 8)
    }
    this.timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, this.roundTripMs + 4 * this.#deviationMs))
  }

  /** `delayUs` is what the peer measured between its clock and ours: only its changes mean something. */
  onAcked (bytes: number, delayUs: number, nowMs: number): void {
    const delayMs = this.#queueDelayMs(delayUs, nowMs)
    if (this.#slowStart && delayMs < TARGET_DELAY_MS / 2) {
      this.bytes += bytes
    } else {
      this.#slowStart = false
      this.bytes += GAIN_BYTES * Math.max(-1, (TARGET_DELAY_MS - delayMs) / TARGET_DELAY_MS) * Math.min(1, bytes / this.bytes)
    }
    this.#bound()
  }

  /** Counts once a round trip: packets of one window are lost together. */
  onLoss (nowMs: number): void {
    if (nowMs - this.#lastLossMs < this.roundTripMs) return
    this.#lastLossMs = nowMs
    this.#slowStart = false
    this.bytes /= 2
    this.#bound()
  }

  onTimeout (): void {
    this.timeoutMs = Math.min(MAX_TIMEOUT_MS, this.timeoutMs * 2)
    this.bytes = UTP_PAYLOAD_BYTES
    this.#slowStart = true
    this.#bound()
  }

  #queueDelayMs (delayUs: number, nowMs: number): number {
    if (delayUs === 0) return 0 // not measured yet
    const base = this.#baseDelayUs
    const lower = base !== null && ((delayUs - base) >>> 0) > 0x7fff_ffff // modulo 2^32
    if (base === null || lower || nowMs - this.#baseSinceMs > BASE_DELAY_LIFETIME_MS) {
      this.#baseDelayUs = delayUs
      this.#baseSinceMs = nowMs
      return 0
    }
    return ((delayUs - base) >>> 0) / 1000
  }

  #bound (): void {
    this.bytes = Math.min(MAX_UTP_WINDOW_BYTES, Math.max(2 * UTP_PAYLOAD_BYTES, this.bytes))
  }
}
