// The wire of bittorrent-protocol and the ut_metadata extension, made safe for strangers. As they come, a length
// prefix may claim 4 GiB, an empty ut_metadata message throws out of the stream and ends the process, and
// malformed bencoding makes them loop for ever. So this subclass
//   - counts bytes in and out, and bounds the length of a message before it is buffered,
//   - reads every extended message (BEP 10) itself, strictly, and hands on only what is used here, newly encoded,
//   - turns whatever still throws while parsing into the end of this one connection.
// It also hands each wire its key exchange: the encryptor makes one lazily in `_dh`, so that setting the field
// gives this wire the fast one, and leaves crypto.createDiffieHellman of the process alone. What the dialler says together
// with its encrypted handshake is read as the beginning of the stream, and "RC4 only" means that.
import { platform } from '#platform'
import Wire from 'bittorrent-protocol'
import utMetadata, { type UtMetadata } from 'ut_metadata'
import type { PeerFaultReason } from '../errors.ts'
import type { KeyExchange } from '../platform/platform.ts'
import { MAX_INFO_BYTES, RATE_BURST_SECONDS } from '../limits.ts'
import { decodeBencode } from './bencode.ts'
import { answeringKeys, diallingKeys } from './handshake-keys.ts'
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts'

export interface WireBounds {
  readonly maxMessageBytes: number
  readonly maxInboundBytes: number
  readonly maxOutboundBytes: number
  /** Default: any number, within the bytes. */
  readonly maxMessagesPerSecond?: number
  /** Asked before the key exchange of an encrypted handshake, which costs CPU. Default: yes. */
  readonly mayEncrypt?: () => boolean
  /** Told of all bytes that come; false: too many. Default: they count for this connection alone. */
  readonly mayReceive?: (bytes: number) => boolean
}

const METADATA = 'ut_metadata'
const BODIES = 'sb_bodies'
const PEER_EXCHANGE = 'ut_pex'
const MessageType = { request: 0, data: 1, reject: 2 } as const

/** Plain only; either, as the peer likes; RC4 only. */
export const Encryption = { none: 0, either: 1, rc4: 2 } as const
export type Encryption = typeof Encryption[keyof typeof Encryption]

/** Emits `fault` (reason, cause) once, when the peer broke a bound or the protocol; nothing is parsed after that. */
export class BoundedWire extends Wire {
  /** Bytes handed to the stream so far, framing and encryption included. */
  outboundBytes = 0
  inboundBytes = 0
  /** When bytes were last handed to the stream, or it began (performance.now). */
  lastSentMs: number = performance.now()
  #faulty = false
  #messages: TokenBucket | null = null
  readonly #bounds: WireBounds
  #offered: Uint8Array | null = null
  #acceptsMetadata: ((info: Uint8Array) => boolean) | null = null
  #onBodies: ((payload: Uint8Array) => void) | null = null
  #onPeerExchange: ((payload: Uint8Array) => void) | null = null
  /** Bytes allowed beyond the bounds, for bodies that were asked for. */
  #moreInbound = 0
  #moreOutbound = 0

  constructor (direction: 'tcpIncoming' | 'tcpOutgoing', encryption: Encryption, bounds: WireBounds) {
    super(direction, platform.canEncrypt ? encryption : Encryption.none)
    this.#bounds = bounds
    const encryptor = this._encryptor
    if (encryptor === null) return
    encryptor._dh = this.#keyExchange(direction)
    encryptor._onPe3Ia = bytes => { this.#onInitialPayload(bytes) }
    this.once('crypto-handshake', () => { if (encryption === Encryption.rc4 && this._encryptionMethod !== Encryption.rc4) this.fault('BAD_PROTOCOL') })
  }

  /**
   * The dialler's first bytes, sent with its half of the handshake (IA of MSE's third step): the beginning of what it
   * says, wherever it ends. The library takes it for one handshake and drops the rest.
   */
  #onInitialPayload (encrypted: Uint8Array): void {
    const encryptor = this._encryptor
    if (encryptor === null) return
    const payload = encryptor.decryptCipher(encrypted)
    encryptor._advanceEncryption() // decrypts what came after it
    this._buffer = [platform.concat([payload, ...this._buffer])]
    this._bufferSize += payload.length
  }

  #keyExchange (direction: 'tcpIncoming' | 'tcpOutgoing'): KeyExchange | null {
    const { createKeyExchange } = platform
    if (createKeyExchange === undefined) return null
    if (direction === 'tcpOutgoing') return diallingKeys(createKeyExchange)
    const { mayEncrypt = () => true } = this.#bounds
    const keys = answeringKeys(createKeyExchange, () => this._encryptor?.ya ?? null)
    return {
      generateKeys () {
        if (!mayEncrypt()) throw new Error('too many encrypted handshakes') // out of the parser: it ends this connection
        return keys.generateKeys()
      },
      computeSecret: keys.computeSecret
    }
  }

  /** Offers an info dict to the peer (BEP 9). Call before `handshake`. */
  offerMetadata (info: Uint8Array): void {
    this.#offered = info // answered here: the extension decodes it three times for each connection
    this.extendedHandshake['metadata_size'] = info.length
    this.use(MetadataExtension)
  }

  /** Asks the peer for the info dict (BEP 9); only bytes that `accepts` approves reach the extension. Call before `handshake`. */
  requestMetadata (accepts: (info: Uint8Array) => boolean): UtMetadata {
    this.#acceptsMetadata = accepts
    this.use(utMetadata())
    const extension = (this as unknown as { ut_metadata: UtMetadata }).ut_metadata
    extension.fetch()
    return extension
  }

  /** Announces sb_bodies (docs/sb_bodies.md) and hands on its messages, undecoded. Call before `handshake`. */
  useBodies (onMessage: (payload: Uint8Array) => void): void {
    this.#onBodies = onMessage
    this.use(BodiesExtension)
  }

  /** Asks the peer to name others (BEP 11) and hands on what it says, undecoded; nothing is said in return. Call before `handshake`. */
  usePeerExchange (onMessage: (payload: Uint8Array) => void): void {
    this.#onPeerExchange = onMessage
    this.use(PeerExchangeExtension)
  }

  /** Whether the peer announced sb_bodies; known once `extended` was emitted for its handshake. */
  get peerSpeaksBodies (): boolean {
    return this.peerExtendedMapping[BODIES] !== undefined
  }

  /** Sends one message of sb_bodies to a peer that announced it. */
  sendBodies (payload: Uint8Array): void {
    this.extended(BODIES, payload)
  }

  /** Sends whole messages of sb_bodies, made for the id under which the peer wants them, in one piece. */
  sendFrames (frame: (id: number) => Uint8Array): void {
    const id = this.peerExtendedMapping[BODIES]
    if (id !== undefined) this._push(frame(id))
  }

  /** Raises the bounds on all bytes of this connection by what was asked for on it. */
  allow (more: { inboundBytes?: number, outboundBytes?: number }): void {
    this.#moreInbound += more.inboundBytes ?? 0
    this.#moreOutbound += more.outboundBytes ?? 0
  }

  fault (reason: PeerFaultReason, cause?: unknown): void {
    if (this.#faulty) return
    this.#faulty = true
    this._parse(Number.MAX_SAFE_INTEGER, () => {}) // stops the parser's loop
    this.emit('fault', reason, cause)
  }

  /** Runs a step that may continue parsing what is buffered, under the same guard as new bytes. */
  guarded (step: () => void): void {
    try {
      step()
    } catch (error) {
      this.fault('BAD_PROTOCOL', error)
    }
  }

  override _write (data: Uint8Array, callback: (error: Error | null) => void): void {
    this.inboundBytes += data.length
    if (this.inboundBytes > this.#bounds.maxInboundBytes + this.#moreInbound) this.fault('TOO_MANY_BYTES')
    if (this.#bounds.mayReceive?.(data.length) === false) this.fault('TOO_MANY_BYTES')
    if (!this.#faulty) this.guarded(() => { super._write(data, () => {}) })
    if (this.#faulty) {
      this._buffer = []
      this._bufferSize = 0
    }
    callback(null)
  }

  override _push (data: Uint8Array): boolean {
    this.outboundBytes += data.length
    this.lastSentMs = performance.now()
    if (this.outboundBytes > this.#bounds.maxOutboundBytes + this.#moreOutbound) this.fault('TOO_MANY_BYTES')
    return this.#faulty ? false : super._push(data)
  }

  override _onMessageLength (prefix: Uint8Array): void {
    const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(0)
    if (length > this.#bounds.maxMessageBytes) this.fault('BAD_PROTOCOL')
    else if (!this.#mayTalk()) this.fault('TOO_MANY_BYTES')
    else super._onMessageLength(prefix)
  }

  #mayTalk (): boolean {
    const { maxMessagesPerSecond } = this.#bounds
    if (maxMessagesPerSecond === undefined) return true
    this.#messages ??= createTokenBucket(maxMessagesPerSecond, maxMessagesPerSecond * RATE_BURST_SECONDS)
    return this.#messages.take(1, performance.now())
  }

  override _onExtended (id: number, payload: Uint8Array): void {
    if (id === 0) this.#onExtendedHandshake(payload)
    else if (this.extendedMapping[id] === METADATA) this.#onMetadataMessage(id, payload)
    else if (this.extendedMapping[id] === BODIES) this.#onBodies?.(payload)
    else if (this.extendedMapping[id] === PEER_EXCHANGE) this.#onPeerExchange?.(payload)
  }

  #onExtendedHandshake (payload: Uint8Array): void {
    const handshake = decodeBencode(payload)?.value
    if (!(handshake instanceof Map)) { this.fault('BAD_PROTOCOL'); return }
    const extensions = handshake.get('m')
    const id = extensions instanceof Map ? extensions.get(METADATA) : undefined
    const bodiesId = extensions instanceof Map ? extensions.get(BODIES) : undefined
    const size = handshake.get('metadata_size')
    // Size 0 or none: a peer that has no metadata itself, which says nothing about the torrent.
    if (this.#acceptsMetadata !== null && size !== undefined && !isWithin(size, 0, MAX_INFO_BYTES)) { this.fault('NOT_A_BODY'); return }
    const offered = isWithin(id, 1, 255) ? `11:${METADATA}i${id}e` : ''
    const sized = isWithin(size, 1, MAX_INFO_BYTES) ? `13:metadata_sizei${size}e` : ''
    const bodies = isWithin(bodiesId, 1, 255) ? `9:${BODIES}i${bodiesId}e` : ''
    super._onExtended(0, platform.fromLatin1(`d1:md${offered}${bodies}e${sized}e`))
  }

  #onMetadataMessage (id: number, payload: Uint8Array): void {
    const decoded = decodeBencode(payload)
    const message = decoded?.value
    const type = message instanceof Map ? message.get('msg_type') : undefined
    const piece = message instanceof Map ? message.get('piece') : undefined
    if (decoded === null || !isWithin(type, 0, 255) || !isWithin(piece, 0, Number.MAX_SAFE_INTEGER)) { this.fault('BAD_PROTOCOL'); return }
    if (this.peerExtendedMapping[METADATA] === undefined) return // no way to answer yet
    const fetching = this.#acceptsMetadata !== null
    if (type === MessageType.request && !fetching) {
      const info = this.#offered
      if (piece === 0 && info !== null) this.extended(METADATA, platform.concat([platform.fromLatin1(`d8:msg_typei${MessageType.data}e5:piecei0e10:total_sizei${info.length}ee`), info]))
      else this.extended(METADATA, platform.fromLatin1(`d8:msg_typei${MessageType.reject}e5:piecei${piece}ee`))
    } else if (type === MessageType.data && piece === 0 && this.#acceptsMetadata !== null) {
      const info = payload.subarray(decoded.end)
      if (!this.#acceptsMetadata(info)) this.fault('NOT_A_BODY')
      else super._onExtended(id, platform.concat([platform.fromLatin1(`d8:msg_typei1e5:piecei0e10:total_sizei${info.length}ee`), info]))
    } else if (type === MessageType.reject && fetching) {
      this.fault('REFUSED')
    }
  }
}

/** Only a name to announce: messages go to `usePeerExchange`, past it. */
class PeerExchangeExtension {
  declare onMessage?: (payload: Uint8Array) => void
  declare name: string
  static { this.prototype.name = PEER_EXCHANGE }
}

/** Only a name to announce: requests are answered past it, from what `offerMetadata` was given. */
class MetadataExtension {
  declare onMessage?: (payload: Uint8Array) => void
  declare name: string
  static { this.prototype.name = METADATA }
}

/** Only a name to announce: messages go to `useBodies`, past it. */
class BodiesExtension {
  declare onMessage?: (payload: Uint8Array) => void
  declare name: string
  static { this.prototype.name = BODIES }
}

function isWithin (value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most
}
