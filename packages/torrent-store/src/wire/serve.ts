// Cold serving: a body is read when somebody asks for it, and there is no state per torrent, only per connection.
// The downloader names the torrent, in its handshake (BEP 3) or hashed in an encrypted one (MSE); we answer as a
// seed of that one torrent, with its info dict (BEP 9) and its blocks. A body that may not be served is treated
// like one that is not held: the connection closes before any answer that depends on the torrent.
import { platform } from '#platform'
import { deferred } from '../deferred.ts'
import { infoDict, infoHashOf } from '../metainfo.ts'
import { SERVE_NUDGE_MS, type TorrentStoreLimits } from '../limits.ts'
import { parseInfoHash, type InfoHash } from '../torrent-ref.ts'
import type { ConnectionQuota } from './admission.ts'
import { serveBatch, type BatchServing, type BatchSource } from './batch-serve.ts'
import type { BatchTurns } from './batch-turns.ts'
import { BoundedWire, Encryption } from './bounded-wire.ts'
import type { ByteDuplex } from './byte-duplex.ts'
import { linkWire } from './link.ts'

/** Decides whether this connection gets a body that is held; asked before more than its length is read. */
export type MayServe = (infoHash: InfoHash) => boolean | Promise<boolean>

/** Where serving finds bodies. */
export interface BodySource extends BatchSource {
  findByReq2 (req2: string): Promise<InfoHash | undefined>
}

export interface ServeOptions {
  readonly source: BodySource
  readonly peerId: Uint8Array
  readonly limits: TorrentStoreLimits
  readonly mayServe?: MayServe
  /** Shared by the connections among which reading and sending for sb_bodies is to be fair. */
  readonly turns: BatchTurns
  /** What this connection shares with others of its listener. Default: nothing. */
  readonly quota?: ConnectionQuota
}

/** One served connection. */
export interface Serving {
  /** Resolves when the connection is over, for whatever reason; never rejects: a peer's fault is not ours. */
  readonly closed: Promise<void>
  /** When the peer was last sent something, or the connection began (performance.now). */
  readonly lastSentMs: number
  /** Whether the peer needs nothing more: it has the body, or was sent all of it and wants no more, and does not speak sb_bodies. */
  readonly finished: boolean
  /** Ends the connection at once. */
  readonly close: () => void
}

interface Offer { readonly infoHash: InfoHash, readonly body: Uint8Array, readonly info: Uint8Array }

/** Serves one incoming connection, plain or encrypted, until it ends or meets a bound. */
export function serveDuplex (duplex: ByteDuplex, options: ServeOptions): Serving {
  const { source, peerId, limits, mayServe = () => true, turns, quota } = options
  const ended = deferred<void>()
  const wire = new BoundedWire('tcpIncoming', Encryption.either, {
    maxMessageBytes: limits.maxMessageBytes, maxInboundBytes: limits.maxServeInboundBytes, maxOutboundBytes: limits.maxServeOutboundBytes,
    maxMessagesPerSecond: limits.maxMessagesPerSecond, ...(quota === undefined ? {} : { mayEncrypt: quota.mayEncrypt, mayReceive: quota.mayReceive })
  })
  let open = true
  let batch: BatchServing | null = null
  const link = linkWire(duplex, wire, () => {
    open = false
    batch?.close()
    clearTimeout(quiet)
    clearTimeout(lifetime)
    clearTimeout(nudge)
    duplex.off('data', onActivity)
    ended.resolve()
  }, quota?.sendDelayMs)
  let quiet = setTimeout(link.close, limits.handshakeTimeoutMs)
  let nudge: NodeJS.Timeout | undefined
  let lastActivityMs = 0
  const lifetime = setTimeout(link.close, limits.maxServeMs)
  function onActivity (): void { lastActivityMs = performance.now() }
  /** Looks again when the peer would be idle if nothing more came. */
  function watch (): void {
    const restMs = lastActivityMs + limits.idleTimeoutMs - performance.now()
    if (restMs > 0) quiet = setTimeout(watch, restMs)
    else link.close()
  }
  duplex.on('data', onActivity)

  async function offer (infoHash: InfoHash): Promise<Offer | null> {
    const body = await source.get(infoHash)
    if (body === undefined) return null
    const info = infoDict(body)
    if (infoHashOf(info) !== infoHash) return null // damaged on disk
    return await mayServe(infoHash) ? { infoHash, body, info } : null
  }

  /** The one way to an answer: whatever fails on it, storage or policy, looks like a body that is not held. */
  function answer (find: () => Promise<Offer | null>, use: (found: Offer) => void): void {
    find().then(found => {
      if (!open) return
      if (found === null) link.close()
      else wire.guarded(() => { use(found) })
    }).catch(link.close)
  }

  /** Of the body; null: not sure yet which. */
  let unsentBytes: number | null = null
  function isFinished (): boolean {
    if (unsentBytes === null || wire.peerSpeaksBodies || link.queuedBytes() > 0) return false
    return wire.peerPieces.get(0) || (unsentBytes <= 0 && !wire.peerInterested)
  }

  let announced: Offer | null = null
  wire.on('fault', link.close)
  wire.once('crypto-infohash', (req2: string) => {
    answer(async () => {
      const infoHash = await source.findByReq2(req2)
      return infoHash === undefined ? null : await offer(infoHash)
    }, found => {
      announced = found
      wire.setInfoHash(found.infoHash)
    })
  })
  wire.once('handshake', (text: string) => {
    const infoHash = parseInfoHash(text)
    answer(async () => announced?.infoHash === infoHash ? announced : await offer(infoHash), seed)
  })

  function seed ({ infoHash, body, info }: Offer): void {
    clearTimeout(quiet)
    watch()
    unsentBytes = body.length
    wire.on('request', (index: number, offset: number, length: number, respond: (error: Error | null, block?: Uint8Array) => void) => {
      if (link.queuedBytes() > limits.maxQueuedBytes) { wire.fault('TOO_MANY_BYTES'); return }
      const valid = index === 0 && offset >= 0 && length > 0 && length <= limits.maxBlockBytes && offset + length <= body.length
      if (valid) {
        unsentBytes = (unsentBytes ?? 0) - length
        respond(null, body.subarray(offset, offset + length))
      } else respond(new Error('no such block'))
    })
    wire.offerMetadata(info)
    batch = serveBatch({ wire, link, limits, source, mayServe, turns })
    wire.handshake(infoHash, peerId, { fast: true, dht: false })
    if (wire.hasFast) wire.haveAll()
    else wire.have(0) // no bitfield: rTorrent that lacks the metadata skips one, and does not decrypt what it skips and has to wait for
    wire.unchoke() // before anyone is interested: it saves a round trip, and there is nobody to choose between
    nudge = setTimeout(() => { wire.keepAlive() }, SERVE_NUDGE_MS)
    let asked = false
    wire.once('request', () => {
      asked = true
      clearTimeout(nudge)
    })
    wire.once('interested', () => {
      // Once more: WebTorrent that has the info dict already listens only after the handshake, and waits for it. Who
      // overheard the first asks at once.
      platform.later(() => {
        if (asked || !open) return
        wire.amChoking = true
        wire.unchoke()
      })
    })
  }

  return { closed: ended.promise, close: link.close, get lastSentMs () { return wire.lastSentMs }, get finished () { return isFinished() } }
}
