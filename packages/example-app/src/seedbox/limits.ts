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

/** Bytes that wait for a slow reader before it is dropped: some of the largest messages. */
export const MAX_WAITING_BYTES: number = 512 * 1024
/** Bytes that wait for all readers of a service; above it, whoever lets the most wait is dropped. */
export const MAX_WAITING_BYTES_IN_ALL: number = 32 * 1024 * 1024
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
/** Infohashes of all connections of one remote address: a household with twenty pages, and three quarters of the room for others. */
export const MAX_INFO_HASHES_PER_ADDRESS: number = 5_000
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

/** Connections of one remote address: a page holds about ten, a household a dozen pages. An IPv6 customer is a /64. */
export const MAX_CONNECTIONS_PER_ADDRESS: number = 256
/** Connections in all, each some tens of kilobytes. */
export const MAX_CONNECTIONS: number = 4096
/** Requests a second of one remote address, for long. */
export const REQUESTS_PER_SECOND: number = 50
/** Requests at once of one remote address: some pages that load their files. */
export const BURST_REQUESTS: number = 500
/** WebSocket handshakes a second of one remote address, for long: each may make the peer do a key exchange. */
export const UPGRADES_PER_SECOND: number = 5
/** WebSocket handshakes at once of one remote address: pages that come back together open three each. */
export const BURST_UPGRADES: number = 60
/** Pause between looks for addresses that nothing has to be remembered of. */
export const FORGET_INTERVAL_MS: number = 30_000

/** Bytes of a request's headers; a browser sends about one kilobyte. */
export const MAX_HEADER_BYTES: number = 8192
/** A request's headers and body have to arrive in this time, however slowly they are sent. */
export const REQUEST_TIMEOUT_MS: number = 10_000
/** How often connections are held to that. */
export const REQUEST_CHECK_INTERVAL_MS: number = 2_000
/** A connection that moves no byte for this long while it is answered is dropped. */
export const ANSWER_TIMEOUT_MS: number = 30_000
/** A connection may wait this long for its next request. */
export const KEEP_ALIVE_MS: number = 5_000
/** Characters of a request's path: file names and the app's own routes. */
export const MAX_PATH_LENGTH: number = 512
/** Bytes of a file of the web app, which is held in memory. */
export const MAX_FILE_BYTES: number = 8 * 1024 * 1024
/** Smaller files are not worth compressing. */
export const MIN_COMPRESSED_BYTES: number = 1024
/** The peer's own listener on loopback answers at once or not at all. */
export const PIPE_CONNECT_TIMEOUT_MS: number = 5_000
/** What one side of a piped connection has ended, the other ends in this time. */
export const PIPE_END_TIMEOUT_MS: number = 5_000
/** Between probes of a piped connection that is silent. */
export const PIPE_KEEP_ALIVE_MS: number = 30_000

/** Bytes of a pairing request: a token and its name. */
export const MAX_PAIRING_BYTES: number = 512
/** Random bytes of a pairing secret: nobody guesses 128 bits. */
export const PAIRING_SECRET_BYTES: number = 16
/** A pairing secret that nobody used is void after a day: it may still stand in a terminal. */
export const PAIRING_VALID_MS: number = 24 * 60 * 60_000

/** Port that a front without a given one tries first. */
export const PREFERRED_PORT: number = 8700

/** Texts that a seedbox reads at once to keep a copy, in all and of one author: whoever lists what nobody has holds up few. */
export const MAX_COPIES_AT_ONCE: number = 8
export const MAX_COPIES_OF_AUTHOR_AT_ONCE: number = 2
/** Texts that wait to be read, in all (5 MB of ids) and of one author; beyond that they are read when somebody opens them. */
export const MAX_WAITING_COPIES: number = 50_000
export const MAX_WAITING_COPIES_OF_AUTHOR: number = 1000
/** A text whose author is connected comes within seconds. */
export const COPY_TIMEOUT_MS: number = 15_000
