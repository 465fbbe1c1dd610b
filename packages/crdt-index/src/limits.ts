// Every bound of this package, each with its reason.

/** An update this large holds about 6,000 votes; Yjs cost grows quadratically on crafted larger ones. */
export const MAX_UPDATE_BYTES: number = 256 * 1024
/** A header is about 200 bytes; 16 devices in `seen` and a stamp stay under this. */
export const MAX_HEADER_BYTES: number = 1024
export const SIGNATURE_BYTES: number = 64
/** signature + 2-byte header length + header + update. */
export const MAX_ENVELOPE_BYTES: number = SIGNATURE_BYTES + 2 + MAX_HEADER_BYTES + MAX_UPDATE_BYTES
/** Structs in one update: 4,000 entries a part and as many overwritten ones. */
export const MAX_STRUCTS: number = 8192
/** Devices (Yjs clients) of one author in one document; the lowest ids count. */
export const MAX_DEVICES: number = 16
/** Deltas of one device that count in one document, highest (seq, hash) first; an honest device snapshots long before. */
export const MAX_DELTAS_PER_DEVICE: number = 256
/** Snapshots of one device that count; an honest device's newest covers its older ones. */
export const MAX_SNAPSHOTS_PER_DEVICE: number = 4
/** An author opens the next part at either, so that a document stays under the guard. */
export const PART_ENTRIES: number = 4000
export const PART_BYTES: number = 192 * 1024
/** Parts of one author in one shard. */
export const MAX_PARTS: number = 256
/** Bytes of admission stamp nonce. */
export const MAX_STAMP_BYTES: number = 16
/** Snapshot rule: more uncovered deltas than max(32, entries / 8), at most 192; at close from 8 on. */
export const SNAPSHOT_MIN_DELTAS: number = 32
export const SNAPSHOT_ENTRY_SHARE: number = 8
export const SNAPSHOT_MAX_DELTAS: number = 192
export const SNAPSHOT_CLOSE_DELTAS: number = 8
/** Gossip carries what is at most this old; older envelopes travel by reconciliation. */
export const GOSSIP_MAX_AGE_MS: number = 2 * 24 * 3600 * 1000
/** Clocks of honest peers differ; what is further ahead is kept out until due. */
export const MAX_AHEAD_MS: number = 10 * 60 * 1000
/** Larger envelopes are announced on gossip by their signed header and pulled. */
export const GOSSIP_INLINE_BYTES: number = 64 * 1024
/** Titles, slugs and texts inside entries, in UTF-8 bytes. */
export const MAX_TITLE_BYTES: number = 300
export const MAX_SLUG_BYTES: number = 40
export const MAX_NAME_BYTES: number = 100
export const MAX_ABOUT_BYTES: number = 2000
export const MAX_LABEL_BYTES: number = 64
export const MAX_REASON_BYTES: number = 300
export const MAX_MENTIONS: number = 16
/** A content's length in bytes as an entry may claim it. */
export const MAX_CONTENT_BYTES: number = 65_536
/** Genesis bytes with signature. */
export const MAX_GENESIS_BYTES: number = 512
/** One sync frame: the largest envelope and its framing. */
export const MAX_FRAME_BYTES: number = 1024 * 1024
