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
/** Bodies of a thread that are written at once while others still come: 4 MiB at most, and the disk is never idle. */
export const STORE_CONCURRENCY: number = 64
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
/** Redial of a peer given by address: first pause, doubled up to the last. */
export const REDIAL_FIRST_MS: number = 1000
export const REDIAL_LAST_MS: number = 60_000
export const DIAL_TIMEOUT_MS: number = 10_000
/** Pause between two readings of a live query while changes keep coming: a frame of a 60 Hz screen. */
export const LIVE_INTERVAL_MS: number = 16
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
/** Bodies that are neither own nor upvoted: some hundred thousand posts of usual length, and little on any disk of today. */
export const DEFAULT_CACHE_BYTES: number = 256 * 1024 * 1024
/** Share of the quota that is left once it was exceeded, so that bodies go many at a time. */
export const QUOTA_LOW_WATER: number = 0.9
/** Bodies pinned since the quota was last looked at that are remembered one by one; then it is looked at again. */
export const MAX_NEWLY_PINNED: number = 10_000
/** Times of last use gathered in memory before they are written, and how long they gather: a crash loses no more. */
export const MAX_PENDING_USES: number = 512
export const RECENCY_WRITE_MS: number = 60_000
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
