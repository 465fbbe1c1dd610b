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
/** A device is a Yjs clientID: uint32, and 0 stays free for documents that only read. */
export const MAX_DEVICE: number = 2 ** 32 - 1
/** Keeps seq and Yjs clocks in 31 bits, where every implementation counts alike. */
export const MAX_SEQ: number = 2 ** 31 - 1
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
/** Proofs of equivocation kept of one author in one community: the first one tells; a few show several devices. */
export const MAX_PROOFS_PER_AUTHOR: number = 4
/** Proofs in all. An honest restored backup's has under 1 KiB, a proof of two full snapshots 514 KiB. */
export const MAX_PROOFS: number = 4096
export const MAX_PROOF_BYTES: number = MAX_PROOFS * 4096
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
/** What one key's vote may weigh, and in how fine steps: sums of 900 million such votes are exact in a float64. */
export const MAX_WEIGHT: number = 1000
export const WEIGHT_STEPS: number = 10_000
/** Labels of one item that are listed at once: anybody may label anything. */
export const MAX_LISTED_LABELS: number = 1000
/** What a page of a list says that it left out, at most: "so many or more" says enough, and a flood of spam costs no more memory. */
export const MAX_COUNTED_HIDDEN: number = 1000
/** A cursor of a list: the longest has about 230 characters. */
export const MAX_CURSOR_CHARACTERS: number = 256
/**
 * Updates that count in one document: a few full snapshots of devices that know nothing of each other, and their deltas.
 * What one author signs for one document is read as a whole, at every start too, so all of it has to fit.
 */
export const MAX_DOCUMENT_BYTES: number = 2 * 1024 * 1024
/** Root map keys: base64url of an author key is the longest. */
export const MAX_KEY_BYTES: number = 43
/** Structs of one document, all devices together: four full snapshots that know nothing of each other. */
export const MAX_DOCUMENT_STRUCTS: number = 32_768
/** Items that Yjs may compare with to place concurrent ones in one document; crafted ones cost the square: 8,190 took 25 s. */
export const MAX_DOCUMENT_CONFLICTS: number = 65_536
/** Structs and deletion ranges that are read to make one document's state, those that are there already included: linear cost. */
export const MAX_DOCUMENT_WEIGHT: number = 262_144
/** Leading zero bits of an admission stamp: more would take a phone hours. */
export const MAX_DIFFICULTY: number = 32
/** A stamp that is searched before anybody writes; 8 million hashes, 5 s of a core. Joining may not cost hours. */
export const MAX_UNASKED_DIFFICULTY: number = 23
/** Random bytes that set apart communities of equal slug and founder. */
export const GENESIS_NONCE_BYTES: number = 16
/** How long a stamp's worker searches before it listens again: cancelling is not urgent. */
export const STAMP_SLICE_MS: number = 50
/** The same where there is no worker: about half a frame, so that a page stays fluent. */
export const STAMP_INLINE_SLICE_MS: number = 8
/** How long taking in, checking, showing and reading envelopes holds up everything else at a stretch: below a frame. */
export const SLICE_MS: number = 12
/**
 * Envelopes that a worker is asked to check at once: 4 ms of work, so that the next stage begins early, and ten times what
 * asking takes; and their bytes, copied to hand them over.
 */
export const VERIFY_CHUNK: number = 64
export const VERIFY_CHUNK_BYTES: number = 512 * 1024
/** Chunks of one batch that are checked while the guard reads another: as many as there are threads at most. */
export const MAX_CHUNKS_UNDER_WAY: number = 4
/**
 * Batches of fewer are checked where they are: more than gossip hands on at once (`GOSSIP_BATCH`), whose next batch begins
 * when this one is stored, so that a worker costs a fifth more than it takes over.
 */
export const VERIFY_BESIDE_MIN: number = 65
/** More threads than this one can keep in work there are none: the guard and the views take as long as the signatures of three. */
export const MAX_VERIFY_THREADS: number = 4
/** Jobs that one verifying thread has at once, 16 MiB in all at most. */
export const MAX_VERIFY_JOBS_PER_THREAD: number = 8
/** Verifying threads end after so long without work: 10 MB of memory each. */
export const VERIFY_IDLE_MS: number = 15_000
/**
 * A thread that has work and says nothing for this long, or up to twice as long, hangs: it is ended and its chunks are checked
 * elsewhere. A chunk takes 5 ms in Node and 60 ms where JavaScript computes; ten times that on a phone.
 */
export const VERIFY_SILENCE_MS: number = 5000
/** Large batches that are checked or taken in at once: one is checked while the one before is stored; others wait undecoded. */
export const MAX_LARGE_INGESTS: number = 2
/** Documents that are read from the database together: a few milliseconds of work. A larger one is read alone. */
export const READ_TOGETHER_BYTES: number = 64 * 1024
/** Fewer envelopes make a large batch too where they have more bytes: what is read of them takes some five times as many. */
export const LARGE_INGEST_BYTES: number = 128 * 1024
/** Of a batch so many bytes are decoded and checked at once, and the next ones beside: what is not begun waits as it came. */
export const INGEST_PIECE_BYTES: number = 256 * 1024
/** Of these so many are read by the guard and stored at once: what is read takes some five times as many, lives until then, and V8 copies what lives. */
export const GUARDED_TOGETHER_BYTES: number = 64 * 1024
/** The same for signatures that are verified in JavaScript, 1 to 2 ms each. */
export const VERIFY_SLICE_MS: number = 8
/** Authors' keys that WebCrypto keeps imported: the busiest of a community, about 1 KB each. */
export const MAX_IMPORTED_KEYS: number = 1024
/** A content's length in bytes as an entry may claim it. */
export const MAX_CONTENT_BYTES: number = 65_536
/** Genesis bytes with signature. */
export const MAX_GENESIS_BYTES: number = 512
/** One sync frame: the largest envelope and its framing. */
export const MAX_FRAME_BYTES: number = 1024 * 1024

// ---- Sync ----

/** CBOR items of one frame: a list of all shards has 4,005. */
export const MAX_FRAME_ITEMS: number = 4096
/** Arrays of a frame in each other: the frame, a list of shards, a shard. */
export const MAX_FRAME_DEPTH: number = 3

/** 7 bytes of the author key, the kind, then the 32-byte envelope hash: one author's envelopes lie together, snapshots first. */
export const RECONCILE_ITEM_BYTES: number = 40
/** One reconciliation message; half a frame, so that its framing always fits and a slow link sees progress. */
export const RECONCILE_MESSAGE_BYTES: number = 512 * 1024
/**
 * Parts that a differing range is cut into, and the items up to which a range is listed instead (not below the parts,
 * or some would be empty). Measured on 100 differences in 3,000 to 200,000 items: 8 parts save a fifth of the bytes
 * and cost a message more, 32 cost up to twice the bytes and save one.
 */
export const RECONCILE_FANOUT: number = 16
export const RECONCILE_LEAF: number = 16
/** Ranges in one message; an honest full message has about 26,000 (a fingerprint and its bound are 20 bytes). */
export const MAX_RECONCILE_RANGES: number = 65_536
/** Received ranges that wait for room in a reply: a few levels of full messages. */
export const MAX_RECONCILE_BACKLOG_BYTES: number = 4 * 1024 * 1024
/** Messages of one reconciliation that one side reads: 10 million items that the other side lacks need 800. */
export const MAX_RECONCILE_ROUNDS: number = 4096
/** Bytes of salt of a repeated reconciliation: more than anybody can guess. */
export const RECONCILE_SALT_BYTES: number = 16
/** Months of 80 years and `meta`. */
export const MAX_SHARDS: number = 1000
/** Hashes in one request: with typical envelopes of a few KB the answer fills a frame. */
export const MAX_WANTED_HASHES: number = 256
/**
 * Of frames of 100-vote snapshots by 10,000 authors (a million votes: 49 MB): level 1 leaves 24 MB where all voted at once and
 * 29 MB where at any time of the month, in 0.4 s; level 6 saves 2 % and takes 1.3 to 1.9 times as long, level 9 four times.
 * Undoing it takes 0.1 s. Browsers choose for themselves.
 */
export const DEFLATE_LEVEL: number = 1
/** A shorter frame travels as it is: single votes hold little but signatures, hashes and keys. */
export const MIN_DEFLATED_BYTES: number = 1024
/** RFC 1951: 258 bytes for two bits, at most. What claims to become more is refused unseen. */
export const MAX_DEFLATE_RATIO: number = 1032
/** What snapshots have seen, beside a request: of 256 authors with a device each it takes 4.5 KB; more are left out. */
export const MAX_COVERS_BYTES: number = 16 * 1024
/**
 * Deltas that wait in a session until the snapshots of their shard have gone both ways, about 150 bytes each; more are asked for
 * at once. The same number of authors is remembered of whom the other side gets a snapshot.
 */
export const MAX_LATER_DELTAS: number = 16_384
/**
 * Batches that are inflated and taken in at once, of all sessions: each up to 1 MiB, and as much again for what it becomes. One is
 * verified while the one before is stored; more would not be quicker. What others were sent waits as it came, a frame a session.
 */
export const MAX_INTAKE_TURNS: number = 2
/** Answers that are read, written and deflated at once: up to 4 MiB each. */
export const MAX_ANSWER_TURNS: number = 4
/** Turns in a row of what somebody waits for, while others wait: these get an eighth even then. */
export const MAX_FOREGROUND_RUN: number = 7
/** Peers that are asked at once for a month that somebody waits for: the quickest brings most of it. */
export const FOREGROUND_PEERS: number = 3
/** Sessions about such a month alone, beside the others: those that this peer has open at once, and those it answers, one a peer and community. */
export const MAX_ASIDES: number = 6
export const MAX_INBOUND_ASIDES: number = 8
/** Of one peer, however many communities it shares: the others are for others. */
export const MAX_INBOUND_ASIDES_PER_PEER: number = 2
/** Communities and peers whose last turn is remembered: more than have sessions at once. */
export const MAX_TURN_MEMORY: number = 1024
/**
 * Envelopes of one session that count for nothing by themselves and wait for the rest of their document: what a peer holds of one,
 * 2 MiB of updates and at most as much of headers. And of all sessions together.
 */
export const MAX_GATHERED_BYTES: number = 4 * 1024 * 1024
export const MAX_GATHERED_BYTES_OF_ALL: number = 16 * 1024 * 1024
/** Envelope bytes of one answer: with their framing they fit the frame however authors choose their lengths, and the longest envelope fits. */
export const ENVELOPES_BYTES: number = 768 * 1024
/** Envelopes read from storage at once while an answer is filled: bounds an answer's memory to 4 MiB. */
export const READ_AHEAD_ENVELOPES: number = 16
/** Fetched hashes that concurrent sessions of a community leave out: 6 MiB; one that is forgotten comes twice. */
export const MAX_FETCHED_CLAIMS: number = 65_536
/** A peer that is silent for this long holds up others. */
export const READ_TIMEOUT_MS: number = 15_000
/** Opening a channel, and its first frame, which is short and needs no work: several round trips of any network. */
export const FIRST_FRAME_TIMEOUT_MS: number = 5000
/** Time that is lent to a session until it has moved something: several shards' round trips on a slow network. */
export const PATIENCE_MS: number = 20_000
/** What a session has to move to go on: a tenth of a bad mobile link. */
export const PATIENCE_BYTES_PER_SECOND: number = 4096
/** A session that takes longer gives others a turn; what it brought is kept. */
export const SESSION_TIMEOUT_MS: number = 5 * 60_000
/** Time for one announced envelope: gossip forgets a message after about five heartbeats anyway. */
export const PULL_TIMEOUT_MS: number = 10_000
/** Announced envelopes pulled from one peer at once; more wait for reconciliation. */
export const MAX_PULLS_PER_PEER: number = 4
/** A clock that is further ahead than a wrong time zone is nobody's to wait for; the room would fill for ever. */
export const MAX_WAITING_MS: number = 24 * 3600 * 1000
/** Envelopes from the future that are kept until due: in all, and of one peer so that no one peer fills the room. */
export const MAX_WAITING_BYTES: number = 4 * 1024 * 1024
export const MAX_WAITING_BYTES_PER_PEER: number = 1024 * 1024
/** Sessions that this peer has open at once: those it began, and those it answers. */
export const MAX_OUTBOUND_SESSIONS: number = 4
export const MAX_INBOUND_SESSIONS: number = 16
/** Of one peer, however many communities it shares; more of them only while at least half of all are free, for others. */
export const MAX_INBOUND_SESSIONS_PER_PEER: number = 4
/** Of these slots so many for one community: one that has more to move than the others must leave them one. */
export const MAX_OUTBOUND_PER_COMMUNITY: number = 3
/** A session that takes longer lets another peer have its turn, and goes on beside it; so many of these at once. */
export const SLOT_TURN_MS: number = 10_000
export const MAX_LONG_SESSIONS: number = 12
export const MAX_LONG_PER_COMMUNITY: number = 9
/** What `syncNow` waits for all its peers; sessions that bring more go on. Somebody looks at a screen. */
export const SYNC_NOW_TIMEOUT_MS: number = 30_000
/** Channels that one peer may open on the sync protocol: so many at once, then one a time span. */
export const INBOUND_BURST: number = 64
export const INBOUND_REFILL_MS: number = 250
/**
 * Channels refused beyond that, in the same way; who opens still more breaks the protocol. An honest peer that is in
 * more communities than anybody joins opens one each as it connects.
 */
export const REFUSAL_BURST: number = 1024
/** `get` channels that are answered at once, of one peer (honest ones have MAX_PULLS_PER_PEER) and in all: who does not read holds up to 1 MiB each. */
export const MAX_INBOUND_GETS_PER_PEER: number = 8
export const MAX_INBOUND_GETS: number = 64
/** Salted repeats of a reconciliation with one peer; honest digests that differ for no known reason are rare. */
export const SALT_BURST: number = 4
export const SALT_REFILL_MS: number = 60_000
/** The same with all peers together, whatever names they take: of 100,000 items each costs a quarter of a second of a core. */
export const SALT_TOTAL_BURST: number = 16
export const SALT_TOTAL_REFILL_MS: number = 10_000
/** A peer that broke the protocol is left alone this long, doubling up to the longer one. */
export const FAULT_BACKOFF_MS: number = 60_000
export const MAX_FAULT_BACKOFF_MS: number = 30 * 60_000
/** The same for one that was silent, which an honest one on a bad link may be for once. */
export const SILENCE_BACKOFF_MS: number = 10_000
/** Months of a century: who wants to keep more keeps all. */
export const MAX_RETAINED_MONTHS: number = 1200
/** Months of one community that are kept because somebody asked for them: a year of reading back. */
export const MAX_WANTED_MONTHS: number = 12
/** How often it is looked whether a month has gone by: in the first ten minutes of the next one. */
export const RETENTION_LOOK_MS: number = 10 * 60_000
/** Posts of a dropped month that are remembered with their totals, best first: twenty pages of a feed, 60 to 250 KB; and as many own ones. */
export const MAX_LAST_KNOWN_POSTS: number = 500
/** Moderators of a community that count by the founder's word, the first by their keys: each is asked about every labelled item of a list. */
export const MAX_MODERATORS: number = 100
/** Labels of one of them, those of moderators first: a policy looks at a few. */
export const MAX_LAST_KNOWN_LABELS: number = 16
/** Differences between shards that are known to last, by peer: 200 bytes each. */
export const MAX_EXPLAINED: number = 4096
/** How long a peer's word, or this one's, that a difference lasts is believed while both digests stay as they are. */
export const EXPLAINED_RETRY_MS: number = 10 * 60_000
/** Valid envelopes that are passed on and not kept, by hash: what gossip repeats within minutes; about 100 bytes each. */
export const MAX_RELAYED_HASHES: number = 16_384
/** Item sets kept between sessions: 84 bytes an item. */
export const MAX_CACHED_ITEMS: number = 500_000
/** How long the peer with the higher name waits for the other one to begin; both at once would be work done twice. */
export const SECOND_INITIATOR_DELAY_MS: number = 2000
/**
 * After receiving something, this many other peers are told by sessions in each such time, until all were: it spreads in
 * hops of a second, and the members around one hub need not wait for the timer. Who agrees meanwhile costs nothing more.
 */
export const SPREAD_PEERS: number = 4
export const SPREAD_DELAY_MS: number = 1000
/** Repeats of a session that found the peer busy, and the time between them. */
export const BUSY_RETRIES: number = 5
export const BUSY_RETRY_MS: number = 250
/**
 * A session that failed, found the peer busy or left the two unequal is repeated so many times, after this pause and
 * then twice the last one: half a minute in all, after which the timer comes round.
 */
export const RETRIES: number = 5
export const RETRY_FIRST_MS: number = 1000
/** How long `close` waits for sessions that it ended. */
export const CLOSE_TIMEOUT_MS: number = 900
/** Gossiped envelopes ingested at once, and those that may wait for it: a flood is cut off here, reconciliation brings the rest. */
export const GOSSIP_BATCH: number = 64
export const MAX_GOSSIP_QUEUE: number = 1024
/** One gossip frame may answer several requests at once with messages of up to 64 KiB. */
export const MAX_GOSSIP_RPC_BYTES: number = 4 * 1024 * 1024
/** Gossip bytes under way to a peer that does not read; then its stream is dropped. */
export const MAX_GOSSIP_BUFFER_BYTES: number = 16 * 1024 * 1024
/** How often dropped gossip streams are looked for: a peer that does not read gets the buffer anew at most that often. */
export const GOSSIP_STREAM_CHECK_MS: number = 10_000
/** Sync streams of one connection: a session a community, and pulls beside them. The default of 32 is reached unnoticed. */
export const MAX_SYNC_STREAMS: number = 256
/** Bytes that a sync stream may hold unread: two frames, as one is asked for while the other is worked on, and room. */
export const MAX_STREAM_BUFFER_BYTES: number = 4 * 1024 * 1024
/** Topics that are remembered by their communities' addresses: more than anybody joins; a few hundred bytes each. */
export const MAX_KNOWN_TOPICS: number = 1000
/** Shards that hold fewer envelopes than this have no checkpoint: reading them takes a tenth of a second at most. */
export const CHECKPOINT_MIN_ENVELOPES: number = 500
/** Pause between two looks at what is to be saved: what was written in between is read again after a crash. */
export const CHECKPOINT_INTERVAL_MS: number = 60_000
/** A new checkpoint is due when one in so many documents changed, or so many in all: reading a document takes 0.1 to 1 ms. */
export const CHECKPOINT_CHANGED_SHARE: number = 8
export const CHECKPOINT_MAX_CHANGED: number = 500
/** Envelopes that count no more and wait for the next checkpoint: a few MB. */
export const CHECKPOINT_MAX_SUPERSEDED: number = 1000
/** Of these: what a storage budget dropped is to leave the disk soon. */
export const CHECKPOINT_MAX_SUPERSEDED_BYTES: number = 4 * 1024 * 1024
/** How long saving holds up a page or other tasks at a stretch: about half a frame. */
export const CHECKPOINT_SLICE_MS: number = 8
/** Rest between two slices of looking through stored envelopes, which nobody waits for. */
export const CHECKPOINT_PAUSE_MS: number = 25

// ---- Storage budget ----

/**
 * Bytes kept of one community: a million votes of 10,000 authors take about 50 MB. A disk has room for dozens of such
 * communities, and nobody fills it by signing.
 */
export const MAX_COMMUNITY_BYTES: number = 256 * 1024 * 1024
/** What an envelope takes up beside its bytes: its key and rows on disk, its hash and numbers in memory. */
export const ENVELOPE_OVERHEAD_BYTES: number = 256
/** What a document takes up beside its envelopes. */
export const DOCUMENT_OVERHEAD_BYTES: number = 256
/** Parts of the founder's `meta` that are never dropped: the definition and 16,000 roles; at most 8 MiB. */
export const KEPT_META_PARTS: number = 4
/** Authors that are known to be left out: 150 bytes each. Of more, the least worth having are forgotten, and met again. */
export const MAX_LEFT_OUT: number = 65_536
/** Authors that one community is told to prefer: more than anybody follows; 32 bytes each, written as a whole. */
export const MAX_PREFERRED: number = 10_000
/** Authors dropped in one atomic write: others wait meanwhile. */
export const DROPPED_AT_ONCE: number = 64
/** Between two looks whether who was left out fits by now: each look that finds so is traffic. */
export const REOPEN_INTERVAL_MS: number = 3600 * 1000
/** The first of those left out is asked for again even if it did not fit: snapshots may have made it smaller. */
export const RETRY_INTERVAL_MS: number = 24 * 3600 * 1000
/** How often the clock is looked at for these. */
export const BUDGET_LOOK_MS: number = 10 * 60_000
