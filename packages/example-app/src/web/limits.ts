// Every bound of the web app, each with its reason.

/** A body's text has at most 64,000 bytes of UTF-8; what is longer is no text of a post and is shown as it is. */
export const MAX_MARKDOWN_CHARS: number = 64_000
/** Lines: the parser walks over all of them several times; the longest text in lines of 20 characters has 3,200. */
export const MAX_MARKDOWN_LINES: number = 4000
/** Marks in one paragraph, whose pairing costs up to their square, and in all: a written paragraph has some ten. */
export const MAX_MARKDOWN_PARAGRAPH_MARKS: number = 1000
export const MAX_MARKDOWN_MARKS: number = 8000
/** Quotes and list items that one line may open: deeper ones are a ladder nobody reads, and each costs every further line. */
export const MAX_MARKDOWN_LADDER: number = 8
/** Quotes and list items in all; a list of 1,500 items is still a list. */
export const MAX_MARKDOWN_CONTAINERS: number = 1500
/** Underlined headings and rules: each makes the parser go through what it has once more. */
export const MAX_MARKDOWN_UNDERLINES: number = 150
/** Levels of quotes, lists and emphasis that are drawn; deeper text is shown flat. */
export const MAX_MARKDOWN_DEPTH: number = 24
/** Address behind a link; what servers and browsers take at least. */
export const MAX_LINK_CHARS: number = 2048
/** Elements of one text: ten times what the longest text of usual writing has, and a page still draws it at once. */
export const MAX_MARKDOWN_NODES: number = 20_000
/** Parsed texts that are remembered: a large thread; each at most a few times its text. */
export const MAX_PARSED_TEXTS: number = 1000

/** Levels of answers that one page of a thread draws; deeper ones are a page of their own. */
export const MAX_THREAD_LEVELS: number = 10
/** Comments drawn at once, and in each further step: a frame's work on a slow phone. */
export const FIRST_THREAD_ROWS: number = 60
export const THREAD_ROWS_STEP: number = 120
/** Pause before the next step, milliseconds; the second one while texts of what is drawn are on their way, which come first. */
export const THREAD_STEP_MS: number = 16
export const THREAD_WAIT_MS: number = 200

/** Posts of one page of a feed, and the most that the peer lists. */
export const FEED_PAGE: number = 40
export const MAX_FEED: number = 1000
/** Comments of one thread: what the peer lists on a page at most, so that this app orders and finds among all of them. */
export const MAX_THREAD: number = 10_000
/** Messages of one page of the inbox. */
export const INBOX_PAGE: number = 40
/** Characters of a message that the inbox shows: more than the widest line holds. */
export const EXCERPT_CHARS: number = 160
/** A pause in what comes into an open thread after which it counts as read: one mark for many comments. */
export const READ_PAUSE_MS: number = 1000
/** Posts that are looked through for an author, a saved one or a word: 20 pages of a list, some 10 MB at most. */
export const MAX_LOOKED_THROUGH: number = 20_000
/** Posts that a search shows; who needs more needs other words. */
export const MAX_FOUND: number = 200
/** A pause in typing after which is looked for the words. */
export const FIND_PAUSE_MS: number = 200
/** How long after a feed was opened new posts may still move it: what a joining peer gets first belongs to the first page. */
export const SETTLE_MS: number = 4000

/** A pause after which the feed that is shown is kept for the next start: of a burst of changes one is written. */
export const LAST_SEEN_PAUSE_MS: number = 1000
/** A pause before what is kept is read again while something else is shown: a read of some milliseconds, as seldom as is noticed. */
export const REREAD_PAUSE_MS: number = 5000
/** Characters of a page that is kept: 40 posts have some 40,000, and with the longest labels it need not be kept. */
export const MAX_LAST_SEEN_CHARS: number = 200_000
/** How long posts of the last visit may stand there before it is said that they are. */
export const LAST_SEEN_WAIT_MS: number = 3000

/** Newest posts of each community whose seeds the network page counts: one question to a peer tells of ten times as many. */
export const SEED_SAMPLE: number = 50

/** Live queries that are kept for going back: their last values, without any work while nobody looks. */
export const MAX_KEPT_QUERIES: number = 40
/** People who are offered while one types after an @. */
export const MAX_OFFERED: number = 5
/** The bounds of core, as the forms count them. */
export const MAX_MENTIONED: number = 16
export const MAX_TEXT_BYTES: number = 64_000
export const MAX_TITLE_BYTES: number = 300
/** A pause in typing after which a draft is kept. */
export const DRAFT_PAUSE_MS: number = 800
/** Until when a message that something was done stays, and one that something failed. */
export const TOAST_MS: number = 5000
export const TOAST_FAILED_MS: number = 12_000
/** How long the community that comes with the app waits for the one that a newcomer was invited to: a first reading of it. */
export const STARTER_PAUSE_MS: number = 5000
