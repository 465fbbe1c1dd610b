// Bounds of the seedbox's front: what strangers may make it hold or do. Each with its reason.

/** Bytes of one signalling message: an encrypted session description with its candidates takes 2 to 8 KiB. */
export const MAX_SIGNALLING_MESSAGE_BYTES: number = 64 * 1024
/** Topics a signalling connection listens to: a page has one room for the author's devices. */
export const MAX_TOPICS_PER_SOCKET: number = 32
/** Characters of a topic: rooms are named by hashes. */
export const MAX_TOPIC_LENGTH: number = 256
/** Listeners of a topic: devices of one author, and every message goes to all of them. */
export const MAX_SOCKETS_PER_TOPIC: number = 64
/** Messages a second of one signalling connection, for long: a page that joins sends a few for every device. */
export const SIGNALLING_MESSAGES_PER_SECOND: number = 20
/** Messages at once of one signalling connection: trickled candidates come in bursts. */
export const SIGNALLING_BURST_MESSAGES: number = 200
/** Bytes a second that one signalling connection may send, for long. */
export const SIGNALLING_BYTES_PER_SECOND: number = 64 * 1024
/** Bytes at once of one signalling connection. */
export const SIGNALLING_BURST_BYTES: number = 1024 * 1024

/** Bytes that wait for a slow reader before it is dropped: more than a burst of any honest sender. */
export const MAX_WAITING_BYTES: number = 1024 * 1024
/** Pause between pings on a WebSocket; one that misses a whole pause is dropped. */
export const PING_INTERVAL_MS: number = 30_000

/** Bytes of one tracker message: an announce brings at most ten offers of a few KiB. */
export const MAX_TRACKER_MESSAGE_BYTES: number = 128 * 1024
/** Offers of one announce: bittorrent-tracker's own client makes five. */
export const MAX_OFFERS: number = 10
/** Characters of one session description in an offer or answer. */
export const MAX_SDP_LENGTH: number = 16 * 1024
/** Infohashes in one scrape. */
export const MAX_SCRAPED: number = 32
/** Infohashes that one connection announces: a page keeps fewer torrents open. */
export const MAX_INFO_HASHES_PER_SOCKET: number = 256
/** Infohashes that the tracker knows at all: about a kilobyte each. */
export const MAX_INFO_HASHES: number = 20_000
/** Peers of an infohash; the one that announced least recently makes room. */
export const MAX_PEERS_PER_INFO_HASH: number = 200
/** Pause between announces that the tracker asks for; over WebSocket bittorrent-tracker asks for a fifth of it. */
export const TRACKER_INTERVAL_MS: number = 10 * 60_000
/** Tracker messages a second of one connection, for long. */
export const TRACKER_MESSAGES_PER_SECOND: number = 20
/** Tracker messages at once of one connection: a page that starts announces every torrent it has open. */
export const TRACKER_BURST_MESSAGES: number = 600
/** Bytes a second that one tracker connection may send, for long. */
export const TRACKER_BYTES_PER_SECOND: number = 128 * 1024
/** Bytes at once of one tracker connection: five offers for each of 256 infohashes. */
export const TRACKER_BURST_BYTES: number = 4 * 1024 * 1024
