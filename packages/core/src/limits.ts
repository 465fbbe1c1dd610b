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
