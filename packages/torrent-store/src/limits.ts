// Every bound of this package, each with its reason.

/** One piece a body, so that one SHA-1 and one infohash commit to all of it. */
export const PIECE_LENGTH_BYTES: number = 65_536
/** A body fills at most its one piece. */
export const MAX_BODY_BYTES: number = PIECE_LENGTH_BYTES
/** What every client requests at a time (BEP 3). */
export const BLOCK_BYTES: number = 16_384
/** Our own info dict has at most 169 bytes; a peer that announces more has another kind of torrent. */
export const MAX_INFO_BYTES: number = 256
/** A magnet link in a text; browsers and chat programs cut longer ones. */
export const MAX_MAGNET_CHARS: number = 8192
/** For a downloader to ask for something, before it gets a keep-alive: Transmission over uTP looks at what came with the handshake only when more comes. */
export const SERVE_NUDGE_MS: number = 1000
/** Trackers or peers in one magnet link. */
export const MAX_MAGNET_HINTS: number = 32
/** Nesting in an extended handshake (BEP 10): one dict `m` in a dict; recursion beyond that is an attack on the stack. */
export const MAX_BENCODE_DEPTH: number = 8
/** Values in one bencoded message; the longest extended handshakes in the wild hold about 30. */
export const MAX_BENCODE_VALUES: number = 512

/** A .torrent file of a body has under 300 bytes, and each tracker adds its URL. */
export const MAX_TORRENT_FILE_BYTES: number = 64 * 1024
/** Keys beside the info dict that clients write: a dozen. */
export const MAX_TORRENT_FILE_KEYS: number = 64
/** Trackers of one .torrent file. */
export const MAX_TRACKER_HINTS: number = 32
/** One tracker's URL, with a passkey. */
export const MAX_TRACKER_URL_BYTES: number = 2048
/** Bodies of an archive that become durable together: enough to share a sync, little to read again after a crash. */
export const ARCHIVE_BATCH_BODIES: number = 1000
/** Their bytes; an import holds two batches in memory, one that is written and one that is read. */
export const ARCHIVE_BATCH_BYTES: number = 2 * 1024 * 1024
/** A chunk of an exported archive: what streams and files take well. */
export const ARCHIVE_CHUNK_BYTES: number = 64 * 1024
/** Bodies of an export read at a time: hides the disk, and is 2 MiB at most. */
export const ARCHIVE_READ_AHEAD: number = 32
/** Infohashes of an export sorted at a time: some 25 MB. A million bodies take five looks at the list. */
export const MAX_ARCHIVE_SORTED_HASHES: number = 262_144
/** A record about a file in an archive (pax, GNU long name): a path has at most 4,096 bytes, and writers add times and owners. */
export const MAX_ARCHIVE_RECORD_BYTES: number = 16 * 1024
/** Bodies read from the database in one question: enough to share its cost, and 4 MiB at most. */
export const MAX_READ_TOGETHER: number = 64
/** Such questions at a time: half of the threads that Node has for them, and disks answer them out of order. */
export const MAX_READS_AT_ONCE: number = 2
/** Changes written to the database in one durable batch: past a thousand a sync costs next to nothing of it. */
export const MAX_WRITE_BATCH_CHANGES: number = 1024
/** Bytes of bodies in it; one longer call makes a batch of its own. */
export const MAX_WRITE_BATCH_BYTES: number = 4 * 1024 * 1024
/** Keys of the first layer of the filter that knows what is not held: 8 KB. Each further layer has four times as many. */
export const FILTER_FIRST_KEYS: number = 4096
/** Layers at most: 22 million keys in 43 MB; beyond that the database is asked more often. */
export const FILTER_LAYERS: number = 7
/** Looking for a key that is not there costs as much as reading so many keys in a row. */
export const KEYS_READ_A_LOOK: number = 4
/** Bodies of one `putMany`. */
export const MAX_PUT_MANY: number = 1024
/** Their bytes: they lie in memory, and once more in the database's log, until they are durable. */
export const MAX_PUT_MANY_BYTES: number = 16 * 1024 * 1024

/** Share of the quota that is left once it was exceeded, so that bodies go many at a time. */
export const QUOTA_LOW_WATER: number = 0.9
/** How much longer a cached body stays that nobody else is known to seed: long enough for whoever looks at a feed once a week. */
export const RARITY_SECONDS: number = 7 * 24 * 60 * 60
/** Ranks told apart when bodies are evicted: over a year, some two hours each. */
export const MAX_RANK_BUCKETS: number = 4096
/** Times of last use gathered in memory before they are written, and how long they gather: a crash loses no more. */
export const MAX_PENDING_USES: number = 512
export const USES_WRITE_MS: number = 60_000

/** Datagrams of the DHT fit one Ethernet frame (BEP 5); longer ones are dropped unread. */
export const MAX_DHT_DATAGRAM_BYTES: number = 2048

/** Addresses of each kind in one message of peer exchange (BEP 11). */
export const MAX_PEX_PEERS: number = 50
/** Messages of peer exchange that are read of one peer: a fetch is over before an honest one sends the second, a minute later. */
export const MAX_PEX_MESSAGES: number = 2
/** Infohashes in one call of `seedCounts`: 21 questions to each tracker. */
export const MAX_SCRAPE_IDS: number = 1024
/** In one HTTP scrape (BEP 48): 3.6 KB of URL, which servers take, and an answer within MAX_BENCODE_VALUES. */
export const MAX_HTTP_SCRAPE_IDS: number = 50
/** From one address of an HTTP tracker to another: from http to https, and once more. */
export const MAX_TRACKER_REDIRECTS: number = 2
/** In one UDP scrape: what fits a datagram (BEP 15). */
export const MAX_UDP_SCRAPE_IDS: number = 74
/** Torrents in a background scrape: as many as one question to any tracker holds. */
export const BACKGROUND_SCRAPE_IDS: number = MAX_HTTP_SCRAPE_IDS
/** Farewells to trackers under way: all that is hot at 8 trackers. Past it trackers are left to forget us by themselves, within an hour. */
export const MAX_FAREWELLS: number = 256
/** Peers of a torrent that an announce counts: it is common long before, and DHT nodes may make up any number. */
export const MAX_COUNTED_PEERS: number = 256
/** After how many failures in a row the pause before a tracker is asked again stops growing. */
export const MAX_TRACKER_BACKOFF_DOUBLINGS: number = 5

/** Infohashes in one message of sb_bodies: 10 KiB, well under every bound on messages. Part of the protocol. */
export const MAX_BATCH_MESSAGE_IDS: number = 512
/** Infohashes wanted on one connection and not answered yet: 20 KiB of memory at the server. Part of the protocol. */
export const MAX_BATCH_QUEUED_IDS: number = 1024
/** Infohashes that somebody waits for, asked for beyond what keeps a connection busy: a screen of a thread. */
export const MAX_BATCH_PREFERRED: number = 64
/** The longest message of sb_bodies with its two ids: one byte of type, an infohash and a body. Part of the protocol. */
export const MAX_BATCH_MESSAGE_BYTES: number = 2 + 1 + 20 + MAX_BODY_BYTES

/** WebRTC connections of a web swarm; Chromium allows a page 500, offers that nobody took yet count too, and each costs some 100 KB. */
export const MAX_WEB_CONNECTIONS: number = 48
/** For a WebRTC connection to come about: as long as WebTorrent waits. */
export const WEB_CONNECT_TIMEOUT_MS: number = 25_000
/** Bytes of one WebRTC connection that nobody has read yet: eight of the longest messages that browsers send. */
export const MAX_WEB_UNREAD_BYTES: number = 2 * 1024 * 1024
/** Offers with an announce, an RTCPeerConnection each for 50 s. Who seeds is found by those who look, except for who came first. */
export const WEB_SEED_OFFERS: number = 2
/** The most that WebTorrent's tracker client sends. */
export const WEB_SEARCH_OFFERS: number = 5
/** How long a search over WebRTC goes on: trackers hand on offers to those who are there, and say nothing if there is nobody. */
export const WEB_SEARCH_MS: number = 12_000
/** Between two announces to a WebSocket tracker, whatever it asks for: each costs offers. */
export const MIN_WEB_INTERVAL_MS: number = 60_000
export const MAX_WEB_INTERVAL_MS: number = 3_600_000
/** Until the tracker has said how often; what bittorrent-tracker's server says. */
export const DEFAULT_WEB_INTERVAL_MS: number = 120_000

/** What we send in one datagram of uTP: with its headers it fits every path that carries IPv6 (1,280 bytes, RFC 8200). */
export const UTP_PAYLOAD_BYTES: number = 1200
/** Bytes of one uTP connection that nobody has read, in and out of order: four bodies; the window that we tell the peer. */
export const MAX_UTP_UNREAD_BYTES: number = 256 * 1024
/** Packets that may come ahead of a lost one; that many of 1,000 bytes fill the window. */
export const MAX_UTP_REORDERED: number = 256
/** Bytes written to a uTP connection and not acknowledged before the writer waits; a body. */
export const MAX_UTP_UNSENT_BYTES: number = MAX_BODY_BYTES
/** Bytes of one uTP connection under way: 10 MB a second over a line of 50 ms. */
export const MAX_UTP_WINDOW_BYTES: number = 512 * 1024
/** Packets of one uTP connection under way, however small: half of what other implementations put in order. */
export const MAX_UTP_FLIGHT: number = 512
/** Timeouts of uTP without a word from the peer before it is gone: with doubled pauses that is half a minute. */
export const MAX_UTP_ATTEMPTS: number = 6
/** The same for dialling: 1, 2 and 4 seconds; a candidate has no more time than that. */
export const MAX_UTP_SYN_ATTEMPTS: number = 3
/** For a uTP connection that was closed here to deliver what was written; it keeps its slot, unless another needs that. */
export const UTP_LINGER_MS: number = 3_000
/** Of one port, whoever had to go for others among them: as many as a client that opens 500 torrents together leaves. */
export const MAX_UTP_LINGERING: number = 512
/** For a dialling uTP peer to begin after our answer, once or twice as long: its own timeouts are over by then. */
export const UTP_COOKIE_MS: number = 30_000
/** Datagrams that wait for us in the system: hundreds of clients may dial at once. Systems give less where they are told to. */
export const UTP_SYSTEM_BUFFER_BYTES: number = 1024 * 1024
/** How exact the timeouts of uTP are, half a second at the least. */
export const UTP_TICK_MS: number = 50
/** Answers to datagrams of unknown connections: they spare an honest peer its timeout, and may go to a forged address. */
export const MAX_UTP_RESETS_PER_SECOND: number = 100

/** Secrets of encrypted handshakes in a row that begin with a zero byte: one of four billion by chance, or the peer's doing. */
export const MAX_SHORT_SECRETS: number = 3
/** How long a turn of serving waits for the rule about what it looked for; a slower rule goes on without a turn. */
export const RULE_TURN_MS: number = 1000
/** The longest that a timer waits: one of more milliseconds fires at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1
/** What rates of a listener let somebody have at once: four seconds' worth. Clients open hundreds of torrents together. */
export const RATE_BURST_SECONDS: number = 4
/**
 * Share of a listener's connections and rates that one network out in the world may have, an IPv6 /48 or an IPv4 /24, but never less than
 * one address: whoever holds a /48 has 65,536 addresses of ours. A provider that puts all its customers behind one /24
 * still has 1,024 connections.
 */
export const NETWORK_SHARE: number = 0.5
/** Addresses whose rates a listener remembers: 2 MB. Beyond that it forgets who was there first and is gone. */
export const MAX_REMEMBERED_ADDRESSES: number = 8192
/** When a listener is full and nobody has more connections than others, who took nothing for so long makes room. */
export const CROWDED_IDLE_MS: number = 10_000
/** After its last bytes until a connection that needs nothing more makes room for others: it may be closing itself. WebTorrent dials again after a second. */
export const FINISHED_GRACE_MS: number = 500
/** Free ports that are tried until TCP and UDP, on every address, have the same one. */
export const MAX_PORT_ATTEMPTS: number = 16

/** Bounds that an owner may change; all counts are per connection unless they say otherwise. */
export interface TorrentStoreLimits {
  /** The wire library knows no bound: a length prefix may claim 4 GiB. A block is 16,393 bytes, the rest is shorter. */
  readonly maxMessageBytes: number
  /** Bytes a downloader may send us: handshake, requests, keep-alives; a whole honest download sends under 4 KiB. */
  readonly maxServeInboundBytes: number
  /** Bytes we send to one downloader: a body eight times over. */
  readonly maxServeOutboundBytes: number
  /** Bytes requested but not yet taken by the connection; twice a body. */
  readonly maxQueuedBytes: number
  /** Longest block we serve; clients ask for 16 KiB, old ones for 32. */
  readonly maxBlockBytes: number
  /** Until a downloader has named its torrent, encryption included; and for a rule to say whether a body may be served. */
  readonly handshakeTimeoutMs: number
  /** Without a byte from the downloader. Clients send a keep-alive every two minutes (BEP 3). */
  readonly idleTimeoutMs: number
  /** In all: nobody needs longer for 64 KiB, and a slot must come free again. */
  readonly maxServeMs: number
  /** Open connections of one listener, over TCP and uTP; an idle one costs 23 KB, so that all are 48 MB. */
  readonly maxConnections: number
  /** Of these from one address (IPv6: one /64): a client that opens 500 torrents together gets through. Who has most makes room when all are taken. */
  readonly maxConnectionsPerAddress: number
  /** Messages of one downloader in a second. A download needs 10, but clients that hold the torrent too say much more at once. */
  readonly maxMessagesPerSecond: number
  /** Encrypted handshakes that a listener answers in a second, before which nobody has proven anything: a tenth of a core. */
  readonly maxEncryptedHandshakesPerSecond: number
  /** Of these for one address (IPv6: one /64): a client that opens 500 torrents together gets through. */
  readonly maxEncryptedHandshakesPerSecondPerAddress: number
  /** Bytes a listener takes in a second from all downloaders; requests are small. */
  readonly maxInboundBytesPerSecond: number
  /** Of these from one address. */
  readonly maxInboundBytesPerSecondPerAddress: number
  /** Bytes of bodies a listener sends in a second; a gigabit. Beyond that answers wait. Whoever shares a line sets less. */
  readonly maxServeBytesPerSecond: number
  /** Of these to one address, so that one cannot have it all. */
  readonly maxServeBytesPerSecondPerAddress: number
  /** Bytes a seeder may send us for one body: the body, its framing and an encrypted handshake, twice over. */
  readonly maxFetchInboundBytes: number
  /** One candidate's time to deliver; past it the next ones get the slot. */
  readonly candidateTimeoutMs: number
  /** The same for one that has the body and does not let us ask for it yet: Transmission looks every 10 s at whom to serve. */
  readonly chokedTimeoutMs: number
  /** Candidates of one fetch that are tried at the same time. */
  readonly maxOpenCandidates: number
  /** Bodies asked for over one connection of sb_bodies in all: 256 MiB at most, then a new connection has to be worth it. */
  readonly maxBatchIds: number
  /** Bodies asked of one peer and not here yet: they hide the way there and back, and are what a slow peer holds up. */
  readonly maxBatchWanted: number
  /** Bodies of one fetchMany under way or not taken by the caller: 32 MiB at most. */
  readonly maxBatchPending: number
  /** Infohashes that a turn of serving looks for: enough to be worth a question to the database, and short for those who wait. */
  readonly maxBatchLookups: number
  /** Bodies that a turn of serving reads and sends, if they fit the connection's share of `maxBatchBytes`. */
  readonly maxBatchReads: number
  /** Turns at a time, of all connections together: the others' disk time hides a slow one. */
  readonly maxBatchTurns: number
  /** Bytes read or queued for all requesters of sb_bodies together; each gets an equal share, at most `maxQueuedBytes`, at least one body. */
  readonly maxBatchBytes: number
  /** For a requester to take what was sent before it gets more; a slot must come free again. */
  readonly batchStallMs: number
  /** Bodies of one fetchMany searched in the open swarm at a time; each search may send a hundred datagrams. */
  readonly maxBatchSeeks: number
  /** Connections at a time, of one fetchMany, to a peer that does not speak sb_bodies. */
  readonly maxSinglesPerPeer: number
}

export const DEFAULT_LIMITS: TorrentStoreLimits = {
  maxMessageBytes: 32 * 1024,
  maxServeInboundBytes: 256 * 1024,
  maxServeOutboundBytes: 8 * MAX_BODY_BYTES,
  maxQueuedBytes: 2 * MAX_BODY_BYTES,
  maxBlockBytes: 32 * 1024,
  handshakeTimeoutMs: 10_000,
  idleTimeoutMs: 150_000,
  maxServeMs: 15 * 60_000,
  maxConnections: 2048,
  maxConnectionsPerAddress: 640,
  maxMessagesPerSecond: 500,
  maxEncryptedHandshakesPerSecond: 1000,
  maxEncryptedHandshakesPerSecondPerAddress: 250,
  maxInboundBytesPerSecond: 16 * 1024 * 1024,
  maxInboundBytesPerSecondPerAddress: 4 * 1024 * 1024,
  maxServeBytesPerSecond: 128 * 1024 * 1024,
  maxServeBytesPerSecondPerAddress: 64 * 1024 * 1024,
  maxFetchInboundBytes: 2 * MAX_BODY_BYTES,
  candidateTimeoutMs: 5_000,
  chokedTimeoutMs: 15_000,
  maxOpenCandidates: 4,
  maxBatchIds: 4096,
  maxBatchWanted: 256,
  maxBatchPending: 512,
  maxBatchLookups: 128,
  maxBatchReads: 64,
  maxBatchTurns: 8,
  maxBatchBytes: 16 * 1024 * 1024,
  batchStallMs: 30_000,
  maxBatchSeeks: 4,
  maxSinglesPerPeer: 16
}

/** Bounds of the open swarm that an owner may change. */
export interface SwarmLimits {
  /** Announces to the DHT in a second: one costs up to 90 datagrams there. In a page: first announces, which cost connections. */
  readonly announcesPerSecond: number
  /** Announces to the DHT that a quiet time may save up. */
  readonly announceBurst: number
  /** Announces to trackers in a second, each to all of one's own: one request and one answer for each. */
  readonly trackerAnnouncesPerSecond: number
  readonly trackerAnnounceBurst: number
  /** Announces to trackers, and as many to the DHT, that are under way at a time: a slow tracker holds on to each for its whole time. */
  readonly maxOpenAnnounces: number
  /** Scrapes in a second, each of up to 50 torrents at each tracker of one's own, of those not heard of for `scrapeIntervalMs`. */
  readonly scrapesPerSecond: number
  readonly scrapeIntervalMs: number
  /** Between two announces of one torrent: DHT nodes forget after 30 minutes, and datagrams get lost. */
  readonly announceIntervalMs: number
  /** After an announce that nobody took. */
  readonly announceRetryMs: number
  /** Trackers asked for one torrent; magnet links come from strangers. */
  readonly maxTrackers: number
  /** An answer with 200 peers has under 4 KiB. */
  readonly maxTrackerAnswerBytes: number
  /** One tracker's time to answer. */
  readonly trackerTimeoutMs: number
  /** Time to find peers of one torrent in the DHT; the slowest hop of an honest search waits 2 s. */
  readonly dhtLookupMs: number
  /** Peers that one search dials: trackers and DHT nodes may make up addresses. */
  readonly maxPeersPerSearch: number
  /** Of these at a time: most are unreachable, and each takes a candidate's whole time to show it. */
  readonly maxOpenPeers: number
  /** Head start of TCP over uTP in dialling a peer, and uTP's time once TCP was refused: whoever listens answers within a second. */
  readonly utpDelayMs: number
  /** Time on closing to take announces back. */
  readonly farewellMs: number
}

export const DEFAULT_SWARM_LIMITS: SwarmLimits = {
  announcesPerSecond: 1,
  announceBurst: 5,
  trackerAnnouncesPerSecond: 5,
  trackerAnnounceBurst: 20,
  maxOpenAnnounces: 32,
  scrapesPerSecond: 0.1,
  scrapeIntervalMs: 30 * 60_000,
  announceIntervalMs: 15 * 60_000,
  announceRetryMs: 60_000,
  maxTrackers: 8,
  maxTrackerAnswerBytes: 32 * 1024,
  trackerTimeoutMs: 10_000,
  dhtLookupMs: 15_000,
  maxPeersPerSearch: 64,
  maxOpenPeers: 16,
  utpDelayMs: 1_000,
  farewellMs: 1_000
}
