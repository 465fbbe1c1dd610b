// Every bound of this package, each with its reason.

/** A body file fits the one piece of its torrent; more would need a piece list and a larger guard everywhere. */
export const MAX_BODY_BYTES: number = 65_536
/** Text of a post or comment, UTF-8: what is left of a body file after the longest possible header. */
export const MAX_TEXT_BYTES: number = 64_000
/** What our own tools read before they trim and convert line ends; more cannot become a text. */
export const MAX_TEXT_INPUT_BYTES: number = 1024 * 1024
/** Title of a post, UTF-8: one line that an index entry repeats for everybody in the community. */
export const MAX_TITLE_BYTES: number = 300
/** identity.json has about 400 bytes; what is larger is something else and is not read. */
export const MAX_KEY_FILE_BYTES: number = 4096
/** 24 words of at most 8 letters, with generous spacing. */
export const MAX_PHRASE_CHARACTERS: number = 1024
/** Content ids in one have-query: 10 KiB of request, 64 bytes of answer. */
export const MAX_HAVE_IDS: number = 512
/** A have-query is answered from memory and one key look-up an id; a peer that needs longer is not a good source. */
export const HAVE_TIMEOUT_MS: number = 2000
/** Members asked for one body: enough to find a rare one, bounded when thousands are connected. */
export const MAX_HAVE_PEERS: number = 24
/** Bodies of a thread that are written at once while others still come: 16 MiB at most, and the disk is never idle. */
export const STORE_CONCURRENCY: number = 256
/** Body streams one peer may hold open here; libp2p's default of 32 resets the rest without an error. */
export const MAX_BODY_STREAMS: number = 256
/** Pause before another source is tried beside a slow one. */
export const HEDGE_DELAY_MS: number = 150
/** How long an action waits for a body unless told otherwise. */
export const DEFAULT_BODY_TIMEOUT_MS: number = 10_000
/** Time for the peer that told of a content alone, before all members are asked. */
export const TELLER_TIMEOUT_MS: number = 2000
/** A body that nobody has now is asked for again this often until the time is up. */
export const BODY_RETRY_MS: number = 1000
/** Remembered peers that told of a content first; they are asked first. */
export const MAX_REMEMBERED_SOURCES: number = 10_000
/**
 * Bits of the admission stamp of a community whose founder says nothing: 2 million hashes in the mean, about a second of
 * one core (measured 2.4 million a second of CPU), three in one case of twenty. A spammer pays it for every key.
 */
export const DEFAULT_DIFFICULTY: number = 21
/** The index's own bound: more would take a phone hours. */
export const MAX_DIFFICULTY: number = 32
/** Time for a body from the open swarm: trackers and the DHT answer in seconds, and peers that they name are often gone. */
export const DEFAULT_IMPORT_TIMEOUT_MS: number = 30_000
/** Pinned bodies that are announced to trackers and the DHT; an announce costs up to 91 datagrams. */
export const DEFAULT_HOT_TORRENTS: number = 32
/** How long joining waits for a peer that knows the genesis. */
export const DEFAULT_JOIN_TIMEOUT_MS: number = 5000
/** Posts on one page of a feed. */
export const DEFAULT_FEED_LIMIT: number = 50
export const MAX_FEED_LIMIT: number = 1000
/** Comments on one page of a thread: with texts of full length 32 MB, which a page of the web and the command line can hold. */
export const DEFAULT_THREAD_LIMIT: number = 500
/** For who wants a large thread whole; a description costs about 1 KB beside the text. */
export const MAX_THREAD_LIMIT: number = 10_000
/** Redial of a peer given by address: first pause, doubled up to the last. A seedbox that came back is found within it. */
export const REDIAL_FIRST_MS: number = 1000
export const REDIAL_LAST_MS: number = 15_000
export const DIAL_TIMEOUT_MS: number = 10_000
/** Pause between two readings of a live query while changes keep coming: a frame of a 60 Hz screen. */
export const LIVE_INTERVAL_MS: number = 16
/** Pause after a reading that took long: as long as that, but what a reader waits for comes ten times a second. */
export const LIVE_LONGEST_PAUSE_MS: number = 100
/** The same for the status: digests of busy shards cost more, and nobody reads them faster. */
export const LIVE_STATUS_INTERVAL_MS: number = 250
/** How late a post may leave a live feed after its window is over. */
export const LIVE_WINDOW_MS: number = 60_000
/** Rounds of body fetches that one live thread has under way; what comes meanwhile goes into a later one. */
export const LIVE_FETCH_ROUNDS: number = 4
/** Items of which a live query remembers what this node did: more than a page or a large thread shows, 2 MB. */
export const LIVE_OWN_FACTS: number = 10_000
/** Pause before a live thread asks again for bodies that nobody had: first one, doubled up to the last. */
export const LIVE_RETRY_FIRST_MS: number = 1000
export const LIVE_RETRY_LAST_MS: number = 60_000
/** The longest that a timer waits, 25 days: one of more milliseconds fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1
/** Bodies that are neither own nor upvoted: some hundred thousand posts of usual length, and little on any disk of today. */
export const DEFAULT_CACHE_BYTES: number = 256 * 1024 * 1024
/** Signed changes of one community: a million votes take about 50 MB. A page has less room, and reads all of it at a start. */
export const COMMUNITY_BYTES: number = 256 * 1024 * 1024
export const PAGE_COMMUNITY_BYTES: number = 64 * 1024 * 1024
/** Items in one listing of seeds; each reads a body for its title and hash. */
export const DEFAULT_SEEDS_LIMIT: number = 1000
export const MAX_SEEDS_LIMIT: number = 100_000
/** Posts whose number of seeds is remembered: ten of the longest pages of a feed. */
export const MAX_SEED_COUNTS: number = 10_000
/** Posts waiting to be asked about: two of the longest pages. */
export const MAX_SEED_QUESTIONS: number = 2000
/** Pause before asking, so that a page of a feed is one question. */
export const SEED_QUESTION_DELAY_MS: number = 20
/** A known number of seeds is asked for again when it is older than this; after members came or went, than that. */
export const SEED_COUNT_AGE_MS: number = 60_000
export const SEED_COUNT_MIN_AGE_MS: number = 5000
/** Multiaddr of a peer; the longest in use, WebRTC with a certificate hash and a peer id, has about 200 characters. */
export const MAX_PEER_ADDRESS_CHARS: number = 512
/** Peers in one invitation: enough ways in, and the link still fits a message. */
export const MAX_INVITATION_PEERS: number = 8
/** Link with its peers percent-encoded; chats and browsers cut longer ones. */
export const MAX_INVITATION_CHARS: number = 8192
/** Peers in the address book, and addresses of each: a few communities' regulars with their networks. */
export const MAX_BOOK_PEERS: number = 256
export const MAX_BOOK_ADDRESSES: number = 8
/** Listen addresses read of what a peer says of itself; most have three or four. */
export const MAX_SAID_ADDRESSES: number = 32
/** Communities remembered of a peer in the address book. */
export const MAX_BOOK_COMMUNITIES: number = 32
/** Dials from the address book under way at once; each may take seconds. */
export const BOOK_DIALS: number = 4
/** Dials of peers that were never reached, at once and for long: two invitations, and no flood at an address that a liar named to everybody. */
export const HEARSAY_DIALS_BURST: number = 16
export const HEARSAY_DIALS_PER_SECOND: number = 1
/** Connected peers of the address book that are enough: from there on peers find more by each other. */
export const ENOUGH_BOOK_PEERS: number = 16
/** Longest pause between two dials of one peer of the address book; 256 lost ones are then a dial in two seconds. */
export const BOOK_REDIAL_LAST_MS: number = 10 * 60_000
/** Contents whose author is remembered from their bodies, 300 bytes each; what is held is looked at again. */
export const MAX_VERDICTS: number = 10_000
/** Revisions of one item, beside its first, of which bodies are looked for: somebody has one of the newest, or nobody cares. */
export const MAX_RECENT_REVISIONS: number = 16
/** Items with more revisions than that whose newest are remembered. */
export const MAX_RECENT_ITEMS: number = 1000
/** Peers remembered for a body that could not be one, and for how long they are asked last. */
export const MAX_DISTRUSTED: number = 1000
export const DISTRUST_MS: number = 10 * 60_000
/** Attempts to fill a page of a feed after listings of borrowed content were left out; a later page has the rest. */
export const FEED_REFILLS: number = 4
/** A temporary key file this old was left by a process that died, whatever its id says: writing one takes milliseconds. */
export const STALE_KEY_FILE_MS: number = 60_000
/** Connections a relay keeps: every page of a seedbox is one. About 50 KB each. */
export const MAX_RELAY_CONNECTIONS: number = 1024
/** Peers that a relay lets be reached through it; the rest of its connections are of those who do not need that. */
export const MAX_RELAY_RESERVATIONS: number = 512
/** How long and for how many bytes a relayed connection lasts: enough to agree on a direct one several times, and for a few messages where none comes about; too little to serve as a tunnel. */
export const RELAYED_CONNECTION_MS: number = 10 * 60_000
export const RELAYED_CONNECTION_BYTES: number = 1024 * 1024
/** Relayed connections that one peer may have open at a relay; a page wants eight direct ones. */
export const MAX_RELAYED_CONNECTIONS: number = 64
/** Behind a front all pages come from one address, whose own limits count per real one: a whole class may reload at once. */
export const FRONT_CONNECTIONS_PER_SECOND: number = 500
/** Pause in which changes of the own addresses gather before they are told to connected peers. */
export const IDENTIFY_PUSH_DELAY_MS: number = 100
/** Answer of a seedbox: two paths and a proof of 64 characters. */
export const MAX_SEEDBOX_FRAME_BYTES: number = 1024
export const MAX_SEEDBOX_PATH_CHARS: number = 128
/** What a seedbox offers is said from memory; one that needs longer is as good as none. */
export const SEEDBOX_TIMEOUT_MS: number = 5000
/** Pauses before one that did not answer in time is asked again while it stays connected, doubled each time up to the last: nine questions in three quarters of an hour. */
export const SEEDBOX_RETRY_FIRST_MS: number = 10_000
export const SEEDBOX_RETRY_LAST_MS: number = 30 * 60_000
/** Seedboxes remembered; each is dialled again for ever. */
export const MAX_SEEDBOXES: number = 16
/** Chunks of an exported archive: large enough for a file or a message, small beside everything else. */
export const ARCHIVE_CHUNK_BYTES: number = 64 * 1024
/** Envelopes of an archive that are verified and written together: one write for many small ones, and little at once of large ones. */
export const IMPORT_BATCH_ENVELOPES: number = 256
export const IMPORT_BATCH_BYTES: number = 1024 * 1024
/** Calls of one tab that wait for an answer, and live queries that it watches: far more than a page shows, a leak shows early. */
export const MAX_WAITING_CALLS: number = 10_000
export const MAX_TAB_QUERIES: number = 1000
/** Peer connections of one page's worker: a browser stops at about 500, and each costs the page some hundred KiB. */
export const MAX_RTC_CONNECTIONS: number = 128
/** Of them, those that others ask for at a time, all together and one peer: each takes a second, or ten where nobody answers. */
export const MAX_INBOUND_SIGNALS: number = 32
export const MAX_INBOUND_SIGNALS_OF_PEER: number = 2
/** Bytes that wait in one WebRTC data channel; browsers themselves refuse more. */
export const MAX_RTC_QUEUED_BYTES: number = 16 * 1024 * 1024
/** Pause between two greetings of a tab to a worker that did not answer yet. */
export const HELLO_INTERVAL_MS: number = 300
/** How long a worker may take to end its peer before it is ended; what was acknowledged is stored either way. */
export const STOP_TIMEOUT_MS: number = 5000
/** How long a page without Web Locks waits for another tab's worker to say that it has the database. */
export const LONE_TAB_WAIT_MS: number = 500
/**
 * The personal document as bytes, everything that it ever held included: the bounds below fill three quarters of it, and
 * what other devices add stops here, so that no device of the author's can fill the disks of the others.
 */
export const MAX_PERSONAL_BYTES: number = 4 * 1024 * 1024
/** Communities joined or left on any device: 75 bytes each. */
export const MAX_PERSONAL_COMMUNITIES: number = 1000
/** Authors followed, and as many muted: 75 bytes each, more than anybody reads or remembers. */
export const MAX_PERSONAL_AUTHORS: number = 5000
/** Moderators that a reader follows in a community, or for one query: each is asked about every item that is listed. */
export const MAX_FOLLOWED_MODERATORS: number = 100
/** Labels that a policy names: more than any community uses. */
export const MAX_POLICY_TREATMENTS: number = 100
/** Saved posts: 130 bytes each. */
export const MAX_SAVED: number = 5000
/** Posts noted as read, the newest of them: 60 bytes each. */
export const MAX_READ_MARKS: number = 10_000
/** Drafts, the bytes of all their texts together, and their keys, which name a place: `reply:` and an id, say. */
export const MAX_DRAFTS: number = 64
export const MAX_DRAFTS_BYTES: number = 1024 * 1024
export const MAX_DRAFT_KEY_CHARS: number = 128
/** Changes of the personal document that lie beside its last whole copy: read anew at every start. */
export const MAX_PERSONAL_LOG_BYTES: number = 256 * 1024
export const MAX_PERSONAL_LOG_ENTRIES: number = 512
/** Signalling points in use at once: one open WebSocket each. */
export const MAX_SIGNALLING_POINTS: number = 4
/** A sealed offer of a data channel has 2 KB, of a machine with many addresses 6 KB. */
export const MAX_SIGNAL_CHARS: number = 16 * 1024
/**
 * Signals of one point that are deciphered: in one burst and per second, 30 us each. Devices send a dozen to find each
 * other; who floods the room, which nobody but the seedbox knows, costs a fifth of a core and drowns nobody for long.
 */
export const SIGNAL_BURST: number = 20_000
export const SIGNALS_PER_SECOND: number = 5000
/** Signals that are being deciphered; what comes beyond is dropped. */
export const MAX_PENDING_SIGNALS: number = 512
/** Ping of a signalling point, and the silence after which it is given up: y-webrtc's own values. */
export const SIGNALLING_PING_MS: number = 15_000
export const SIGNALLING_SILENCE_MS: number = 40_000
/** Pause before a signalling point is tried again: first one, doubled up to the last. */
export const SIGNALLING_RETRY_FIRST_MS: number = 1000
export const SIGNALLING_RETRY_LAST_MS: number = 60_000
/** How often a device says that it is there: a signal that was lost delays the meeting by no more. */
export const ANNOUNCE_MS: number = 10_000
/** Answers to others' announcements: one announcement in this time is enough for all of them. */
export const ANNOUNCE_ANSWER_MS: number = 500
/** Other devices of one author that are connected at once. */
export const MAX_DEVICE_CONNECTIONS: number = 16
/** A data channel comes about in a second, over a TURN server in three; an old offer that somebody sent again never does. */
export const DEVICE_CONNECT_MS: number = 20_000
/** Part of a message on a data channel: every implementation takes 64 KiB in one piece (RFC 8841, section 6.1). */
export const DEVICE_FRAGMENT_BYTES: number = 60 * 1024
/** One frame of the peer exchange: 64 peers with eight addresses of usual length each. */
export const MAX_EXCHANGE_FRAME_BYTES: number = 64 * 1024
export const MAX_EXCHANGE_PEERS: number = 64
/** Communities that one peer asks about at once. */
export const MAX_EXCHANGE_TOPICS: number = 64
/** Peers that are told to one asker over one connection; whoever cannot reach any of them is not helped by more. */
export const MAX_EXCHANGE_TOLD: number = 512
/** Questions read of one asker a minute: its addresses and communities change that often at most when it starts. */
export const MAX_EXCHANGE_QUESTIONS: number = 60
/** Answers read of one source at once, and for long: each may name 64 peers, whose addresses are read and written down. */
export const EXCHANGE_ANSWERS_BURST: number = 64
export const EXCHANGE_ANSWERS_PER_SECOND: number = 1
/** Pause in which news gather before they are told: a page wants to meet others within a second. */
export const EXCHANGE_DELAY_MS: number = 50
/** Hosts of the own machine and network that a page set out to dial, the last ones: as many as the address book can name. */
export const MAX_NEAR_DIALS: number = 2048
/** Peers asked for others at once; a page that knows more than these needs no more. */
export const MAX_EXCHANGE_SOURCES: number = 16
/** Peers of its communities that a page connects to directly: gossip wants six to twelve, and each costs a WebRTC connection. */
export const ENOUGH_PAGE_PEERS: number = 8
/** Of two pages that hear of each other at once, one waits so long for the other's dial. */
export const YIELD_TO_DIAL_MS: number = 1500
/** Connections with one peer: one is enough, two dial each other at once, a few may have died unnoticed. */
export const MAX_CONNECTIONS_OF_PEER: number = 8
/** How long a relayed connection stays beside a direct one: what runs over it may end. */
export const SUPERSEDED_MS: number = 1000
/** Gossip's stream is asked for again so long after a connection ended beside another one; no cost while it is there. */
export const RENEW_GOSSIP_MS: number = 1_000
/** The last time that it is asked for again: by then a stream that was being opened has failed. */
export const RENEW_GOSSIP_LAST_MS: number = 5_000
/** A timer that is this late means that the machine or the page slept; busy pages are late by less. */
export const SLEPT_MS: number = 15_000
export const SLEEP_CHECK_MS: number = 5000
/** Time for the answer of a connection that may have died while this peer slept or was offline. */
export const WAKE_PING_MS: number = 2000
/** How long a page waits for the database that a page before it is about to release. */
export const DATABASE_LOCK_MS: number = 2000
