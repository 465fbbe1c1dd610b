import { sockets } from '#sockets'
import type { Sockets } from './sockets/sockets.ts'

export { createTorrentStore } from './torrent-store.ts'
export type { FetchOptions, ServeRule, TorrentStore, TorrentStoreOptions } from './torrent-store.ts'
export { magnet, parseInfoHash, parseMagnet } from './torrent-ref.ts'
export type { InfoHash, MagnetOptions, ParsedMagnet, PartialTorrentRef, TorrentRef } from './torrent-ref.ts'
export { infoDict, infoHashOf, parseInfoDict, parseTorrentFile, refOf, torrentFile } from './metainfo.ts'
export type { BodyInfo, ParsedTorrentFile, TorrentFileOptions } from './metainfo.ts'
export { req2Of } from './blobs/blob-store.ts'
export type { BlobStat, BlobStore } from './blobs/blob-store.ts'
export { createLevelBlobs } from './blobs/level-blobs.ts'
export type { BlobDatabase } from './blobs/level-blobs.ts'
export { createMemoryBlobs } from './blobs/memory-blobs.ts'
export type { CandidateSource, FetchCandidate, FetchedBody } from './hedged-fetch.ts'
export type { FetchManyOptions, FetchManyResult } from './wire/batch-options.ts'
export { fetchOver } from './wire/fetch.ts'
export type { FetchOverOptions, FetchVerdict } from './wire/fetch.ts'
export type { Listener, ListenOptions } from './wire/listener.ts'
export type { MayServe, Serving } from './wire/serve.ts'
export { BT_PROTOCOL, streamToDuplex } from './wire/stream-duplex.ts'
export type { ByteDuplex } from './wire/byte-duplex.ts'
export type { MessageStreamLike } from './wire/stream-duplex.ts'
export type { TcpCandidateOptions } from './wire/tcp-candidate.ts'
export type { DhtOptions, HotTorrent, Swarm, SwarmFetchOptions, SwarmOptions } from './swarm/swarm.ts'
export { PeerFaultReason, TorrentStoreError, TorrentStoreErrorCode } from './errors.ts'
export type { PeerFault, TorrentStoreErrorOptions } from './errors.ts'
export { DEFAULT_LIMITS, DEFAULT_SWARM_LIMITS, MAX_BODY_BYTES, PIECE_LENGTH_BYTES } from './limits.ts'
export type { SwarmLimits, TorrentStoreLimits } from './limits.ts'

/** A BitTorrent peer at a TCP address, as a candidate to fetch from. Throws UNSUPPORTED in a browser. */
export const tcpCandidate: Sockets['tcpCandidate'] = sockets.tcpCandidate
/** Joins the open swarm over TCP, UDP and HTTP; nothing is opened, loaded or sent before it is needed. Throws UNSUPPORTED in a browser. */
export const createSwarm: Sockets['createSwarm'] = sockets.createSwarm
