// Every bound of the command line, each with its reason.

/** Text read from a file or standard input; core takes no more before it trims. One byte more is read to tell. */
export const MAX_INPUT_BYTES: number = 1024 * 1024
/** A recovery phrase file is about 100 bytes. */
export const MAX_PHRASE_FILE_BYTES: number = 4096
/** A request to the control API: the largest text in base64 and its arguments. */
export const MAX_REQUEST_BYTES: number = 2 * 1024 * 1024
/** An answer of the control API: a thread of 500 bodies of 64 KB, twice. A larger one is refused, not read on. */
export const MAX_RESPONSE_BYTES: number = 64 * 1024 * 1024
/** control.json has about 150 bytes. */
export const MAX_CONTROL_FILE_BYTES: number = 4096
/** Commands that one peer works on at once for the control API. */
export const MAX_CONTROL_CONNECTIONS: number = 64
/** A request's head and body have to arrive in this time; they come from the same machine. */
export const CONTROL_REQUEST_TIMEOUT_MS: number = 10_000
/** A living peer on the same machine answers a ping at once; a loaded one may need a moment. */
export const CONTROL_PING_TIMEOUT_MS: number = 3_000
/** How long a command waits for the data folder's lock, and how often it looks: several at once take turns, on a busy machine too. */
export const LOCK_WAIT_MS: number = 15_000
export const LOCK_POLL_MS: number = 100
/** Silence that a person takes for a hang; progress shows from here on. */
export const PROGRESS_AFTER_MS: number = 1_000
/** Levels of answers in the JSON of a thread: each is two levels of JSON, and common parsers stop at 256. */
export const MAX_JSON_NESTING: number = 64
/** Levels of answers that are indented on a terminal: at two columns each, 56 of 80 stay for the text. */
export const MAX_INDENT_LEVELS: number = 12
/** Bits of a community's admission stamp: core's own bound. */
export const MAX_DIFFICULTY: number = 32
/** Posts on one page of a feed: core's own bound. */
export const MAX_FEED_LIMIT: number = 1000
/** Answers on one page of a thread: core's own bound. */
export const MAX_THREAD_LIMIT: number = 10_000
/** Where core stops counting what a page of a feed hides. */
export const MAX_COUNTED_HIDDEN: number = 1000
/** Items in one listing of seeds: core's own bound. */
export const MAX_SEEDS_LIMIT: number = 100_000
/** A second signal after this ends the process at once; before, it is the same Ctrl-C, which package managers pass on again. */
export const INSIST_AFTER_MS: number = 2_000
