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
