// The asking side of sb_bodies (docs/sb_bodies.md): one connection, which begins as that of one torrent, and over it
// any number of bodies. Each is verified by its infohash before anybody sees it.
import { platform } from '#platform'
import type { PeerFaultReason } from '../errors.ts'
import { MAX_BATCH_MESSAGE_BYTES, MAX_BATCH_MESSAGE_IDS, type TorrentStoreLimits } from '../limits.ts'
import { refOf } from '../metainfo.ts'
import type { InfoHash } from '../torrent-ref.ts'
import { readBatchMessage, writeIds, writeWanted } from './batch-message.ts'
import { BoundedWire, Encryption } from './bounded-wire.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import { linkWire } from './link.ts'

export interface BatchConnectionOptions {
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  /** Encrypts the connection (MSE, RC4). */
  readonly encrypt: boolean
  /** The peer speaks sb_bodies: `want` may be called. Once. */
  onReady (): void
  /** A verified body that was wanted and not cancelled. */
  onBody (infoHash: InfoHash, body: Uint8Array): void
  /** The peer does not have it, or not for us. */
  onAbsent (infoHash: InfoHash): void
  /** The end, once, and not after `close`. `UNSUPPORTED`: a good peer that does not speak sb_bodies. */
  onOver (reason: PeerFaultReason | 'UNSUPPORTED', cause?: unknown): void
}

export interface BatchConnection {
  /** Asks for bodies that were not asked for on this connection before; at most 1,024 may be unanswered. 0 to 255: what is higher comes sooner. */
  want (ids: readonly InfoHash[], priority: number): void
  /** Gives what is unanswered another priority. */
  raise (ids: readonly InfoHash[], priority: number): void
  /** What the peer sends of these all the same is dropped. */
  cancel (ids: readonly InfoHash[]): void
  /** May be called twice. */
  close (): void
}

/** Bytes that a peer may send for one wanted infohash: a body message and its length prefix. */
const ANSWER_BYTES = 4 + MAX_BATCH_MESSAGE_BYTES
const QUESTION_BYTES = 2 * 27

/**
 * Begins a connection over `duplex`, which it destroys in the end; `door` is an infohash that the peer should hold. A
 * peer that sends no answer for `candidateTimeoutMs`, at the beginning or while it owes some, is STALLED.
 */
export function openBatch (duplex: ByteDuplex, door: InfoHash, options: BatchConnectionOptions): BatchConnection {
  const { peerId, limits } = options
  const encrypt = options.encrypt && platform.canEncrypt
  const owed = new Set<InfoHash>()
  const cancelled = new Set<InfoHash>()
  let open = true
  let ready = false
  let handshaken = false
  const wire = new BoundedWire('tcpOutgoing', encrypt ? Encryption.rc4 : Encryption.none, {
    maxMessageBytes: MAX_BATCH_MESSAGE_BYTES, maxInboundBytes: limits.maxFetchInboundBytes, maxOutboundBytes: limits.maxFetchInboundBytes
  })
  const stalled = (): void => { end('STALLED') }
  let timer = setTimeout(stalled, limits.candidateTimeoutMs)
  /** The peer has its time anew, if it owes something. */
  function watch (): void {
    clearTimeout(timer)
    if (owed.size > 0) timer = setTimeout(stalled, limits.candidateTimeoutMs)
  }

  function end (reason: PeerFaultReason | 'UNSUPPORTED', cause?: unknown): void {
    if (!open) return
    close()
    options.onOver(reason, cause)
  }
  function close (): void {
    open = false
    clearTimeout(timer)
    link.close()
  }

  wire.on('fault', (reason: PeerFaultReason, cause?: unknown) => { end(reason, cause) })
  wire.once('handshake', (infoHash: string, _peerId: string, { extended }: { extended: boolean }) => {
    handshaken = true
    if (infoHash !== door) end('BAD_PROTOCOL')
    else if (!extended) end('UNSUPPORTED')
    else if (wire.hasFast) wire.haveNone()
  })
  wire.on('extended', (what: string) => {
    if (what !== 'handshake' || ready || !open) return
    if (!wire.peerSpeaksBodies) { end('UNSUPPORTED'); return }
    ready = true
    clearTimeout(timer)
    options.onReady()
  })
  wire.useBodies(payload => {
    if (!open) return
    const message = readBatchMessage(payload)
    if (message?.type === 'body') answered([message.infoHash], message.body)
    else if (message?.type === 'absent') answered(message.ids, null)
    else if (message?.type !== 'unknown') end('BAD_PROTOCOL')
  })

  function answered (ids: readonly InfoHash[], body: Uint8Array | null): void {
    for (const id of ids) {
      const wanted = owed.delete(id)
      if (!wanted && !cancelled.delete(id)) { end('BAD_PROTOCOL'); return }
      if (body !== null && refOf(body).infoHash !== id) { end('BAD_BYTES'); return }
      if (!wanted) continue
      watch()
      if (body === null) options.onAbsent(id)
      else options.onBody(id, new Uint8Array(body)) // the wire's buffer holds other messages too
      if (!open) return // by what the owner did
    }
  }

  const link = linkWire(duplex, wire, error => { end(handshaken ? 'CLOSED' : 'ABSENT', error) })
  const shake = (): void => { wire.handshake(door, peerId, { fast: true, dht: false }) }
  if (encrypt) {
    wire.once('crypto-handshake', shake)
    wire.startEncryption(door)
  } else {
    shake()
  }

  return {
    want (ids, priority) {
      if (!open || ids.length === 0) return
      wire.allow({ inboundBytes: ids.length * ANSWER_BYTES, outboundBytes: ids.length * QUESTION_BYTES })
      const idle = owed.size === 0
      for (const id of ids) owed.add(id)
      if (idle) watch()
      send(ids, some => writeWanted('want', priority, some))
    },
    raise (ids, priority) {
      const unanswered = ids.filter(id => owed.has(id))
      if (!open) return
      wire.allow({ outboundBytes: unanswered.length * QUESTION_BYTES })
      send(unanswered, some => writeWanted('raise', priority, some))
    },
    cancel (ids) {
      const known = ids.filter(id => owed.delete(id))
      if (!open || known.length === 0) return
      if (owed.size === 0) watch()
      for (const id of known) cancelled.add(id)
      send(known, some => writeIds('cancel', some))
    },
    close
  }

  function send (ids: readonly InfoHash[], write: (some: readonly InfoHash[]) => Uint8Array): void {
    for (let at = 0; at < ids.length; at += MAX_BATCH_MESSAGE_IDS) wire.sendBodies(write(ids.slice(at, at + MAX_BATCH_MESSAGE_IDS)))
  }
}
