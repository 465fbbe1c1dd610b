// Fetches one body over one connection, without a torrent client. With the length known the metadata exchange is
// left out: the info dict is a function of the body, so the received bytes prove themselves against the infohash.
import { platform } from '#platform'
import { deferred } from '../deferred.ts'
import type { PeerFaultReason } from '../errors.ts'
import { BLOCK_BYTES, MAX_BODY_BYTES, type TorrentStoreLimits } from '../limits.ts'
import { infoHashOf, parseInfoDict, refOf } from '../metainfo.ts'
import type { PartialTorrentRef, TorrentRef } from '../torrent-ref.ts'
import { BoundedWire, Encryption } from './bounded-wire.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import { linkWire } from './link.ts'

/** What one peer did: the verified body, or what kept it from delivering it. */
export type FetchVerdict =
  | { readonly ok: true, readonly body: Uint8Array, readonly ref: TorrentRef }
  | { readonly ok: false, readonly reason: PeerFaultReason, readonly cause?: unknown }

export interface FetchOverOptions {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  /** Encrypts the connection (MSE, RC4) for peers that accept nothing else. Default false. */
  readonly encrypt?: boolean
  /** Told whether the peer has the body and does not let us ask for it yet. */
  readonly onChoke?: (choked: boolean) => void
  /** Told what the peer says of others (ut_pex, BEP 11), undecoded. Without it the peer is not asked. */
  readonly onPeerExchange?: (message: Uint8Array) => void
  /** Ends the fetch, the connection and its timer; the promise then rejects with `signal.reason`. */
  readonly signal?: AbortSignal
}

/**
 * Fetches and verifies one body over `duplex`, which it destroys in the end. The body of an ok verdict hashes to
 * `ref.infoHash`. At most `limits.candidateTimeoutMs`, `limits.chokedTimeoutMs` until the peer lets us ask, and
 * `limits.maxFetchInboundBytes`. Rejects only when aborted.
 */
export async function fetchOver (duplex: ByteDuplex, ref: PartialTorrentRef, options: FetchOverOptions): Promise<FetchVerdict> {
  const { signal } = options
  if (signal?.aborted === true) {
    duplex.on('error', () => {})
    duplex.destroy()
    throw signal.reason
  }
  const download = new Download(duplex, ref, options)
  const onAbort = (): void => { download.abort(signal?.reason) }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await download.verdict
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

class Download {
  readonly verdict: Promise<FetchVerdict>
  readonly #settled = deferred<FetchVerdict>()
  readonly #ref: PartialTorrentRef
  readonly #wire: BoundedWire
  readonly #close: () => void
  readonly #options: FetchOverOptions
  #timer: NodeJS.Timeout
  /** More time for a peer to let us ask, given once, and to deliver then. */
  #patience: 'unused' | 'waiting' | 'spent' = 'unused'
  #handshaken = false
  /** The peer said that it has the piece, or lets us ask for it. */
  #ready = false
  #body: Uint8Array | null = null
  /** Offsets of the blocks that are not here yet. */
  readonly #missing = new Set<number>()
  readonly #requested = new Set<number>()

  constructor (duplex: ByteDuplex, ref: PartialTorrentRef, options: FetchOverOptions) {
    const { limits, peerId } = options
    const encrypt = options.encrypt === true && platform.canEncrypt
    this.#ref = ref
    this.#options = options
    this.verdict = this.#settled.promise
    this.#wire = new BoundedWire('tcpOutgoing', encrypt ? Encryption.rc4 : Encryption.none, {
      maxMessageBytes: limits.maxMessageBytes, maxInboundBytes: limits.maxFetchInboundBytes, maxOutboundBytes: limits.maxFetchInboundBytes
    })
    this.#timer = setTimeout(() => { this.#onTime() }, limits.candidateTimeoutMs)
    const wire = this.#wire
    wire.on('fault', (reason: PeerFaultReason, cause?: unknown) => { this.#fail(reason, cause) })
    wire.once('handshake', (infoHash: string) => { this.#onHandshake(infoHash) })
    for (const event of ['bitfield', 'have-all', 'have', 'unchoke']) wire.once(event, () => { this.#onReady() })
    wire.on('unchoke', () => { this.#onUnchoke() })
    const link = linkWire(duplex, wire, error => { this.#fail(this.#handshaken ? 'CLOSED' : 'ABSENT', error) })
    this.#close = link.close
    if (ref.length === undefined) this.#askForMetadata()
    if (options.onPeerExchange !== undefined) wire.usePeerExchange(options.onPeerExchange)
    const shake = (): void => { wire.handshake(ref.infoHash, peerId, { fast: true, dht: false }) }
    if (encrypt) {
      wire.once('crypto-handshake', shake)
      wire.startEncryption(ref.infoHash)
    } else {
      shake()
    }
  }

  abort (reason: unknown): void {
    this.#settled.reject(reason)
    this.#end()
  }

  #fail (reason: PeerFaultReason, cause?: unknown): void {
    this.#settled.resolve({ ok: false, reason, ...(cause === undefined ? {} : { cause }) })
    this.#end()
  }

  /** After the verdict: the end of the link is another reason to fail, and the first one counts. */
  #end (): void {
    clearTimeout(this.#timer)
    this.#close?.()
  }

  #onHandshake (infoHash: string): void {
    this.#handshaken = true
    if (infoHash !== this.#ref.infoHash) this.#fail('BAD_PROTOCOL')
    else if (this.#ref.length !== undefined) this.#expect(this.#ref.length)
  }

  #askForMetadata (): void {
    const extension = this.#wire.requestMetadata(info => infoHashOf(info) === this.#ref.infoHash && parseInfoDict(info) !== null)
    extension.once('metadata', () => {
      const info = parseInfoDict(extension.metadata)
      if (info !== null) this.#expect(info.length)
    })
    extension.on('warning', (cause: Error) => { this.#fail('REFUSED', cause) }) // the peer has no metadata, or does not share it
  }

  #expect (length: number): void {
    if (this.#body !== null) return
    if (!Number.isSafeInteger(length) || length < 1 || length > MAX_BODY_BYTES) { this.#fail('NOT_A_BODY'); return }
    this.#body = new Uint8Array(length)
    for (let offset = 0; offset < length; offset += BLOCK_BYTES) this.#missing.add(offset)
    if (this.#wire.hasFast) this.#wire.haveNone()
    this.#showInterest()
    if (!this.#wire.peerChoking) this.#requestMissing()
  }

  #onReady (): void {
    this.#ready = true
    this.#showInterest()
  }

  /** Not before the peer has said what it has (BEP 3): WebTorrent under encryption does not hear what comes sooner. */
  #showInterest (): void {
    if (!this.#ready || this.#body === null) return
    this.#wire.interested()
    this.#options.onChoke?.(this.#wire.peerChoking)
  }

  #onUnchoke (): void {
    this.#options.onChoke?.(false)
    if (this.#patience === 'waiting') {
      this.#patience = 'spent'
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => { this.#onTime() }, this.#options.limits.candidateTimeoutMs)
    }
    this.#requestMissing()
  }

  #onTime (): void {
    const { candidateTimeoutMs, chokedTimeoutMs } = this.#options.limits
    const mayComeYet = this.#ready && this.#body !== null && this.#wire.peerChoking && this.#patience === 'unused'
    if (!mayComeYet) { this.#fail('STALLED'); return }
    this.#patience = 'waiting'
    this.#timer = setTimeout(() => { this.#onTime() }, Math.max(0, chokedTimeoutMs - candidateTimeoutMs))
  }

  #requestMissing (): void {
    const body = this.#body
    if (body === null) return
    for (const offset of this.#missing) {
      if (this.#requested.has(offset)) continue
      this.#requested.add(offset)
      const length = Math.min(BLOCK_BYTES, body.length - offset)
      this.#wire.request(0, offset, length, (error, block) => { this.#onBlock(offset, error, block) })
    }
  }

  #onBlock (offset: number, error: Error | null, block?: Uint8Array): void {
    const body = this.#body
    if (body === null) return
    this.#requested.delete(offset)
    if (error !== null || block === undefined) {
      // A choke drops requests; they are made again after the next unchoke. Anything else is a refusal.
      if (!this.#wire.peerChoking) this.#fail('REFUSED', error)
      return
    }
    body.set(block, offset)
    this.#missing.delete(offset)
    if (this.#missing.size > 0) return
    const ref = refOf(body)
    if (ref.infoHash !== this.#ref.infoHash) { this.#fail('BAD_BYTES'); return }
    this.#settled.resolve({ ok: true, body, ref })
    this.#end()
  }
}
