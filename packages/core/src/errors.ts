/** Stable codes of what can go wrong in this package; `SEEDBED_ERROR_MEANINGS` says what each one means. */
export const SeedbedErrorCode = {
  ABORTED: 'ABORTED',
  AMBIGUOUS_AUTHOR: 'AMBIGUOUS_AUTHOR',
  AMBIGUOUS_COMMUNITY: 'AMBIGUOUS_COMMUNITY',
  BAD_ADDRESS: 'BAD_ADDRESS',
  BAD_ARCHIVE: 'BAD_ARCHIVE',
  BAD_BODY: 'BAD_BODY',
  BAD_ID: 'BAD_ID',
  BAD_LINK: 'BAD_LINK',
  BAD_PHRASE: 'BAD_PHRASE',
  BAD_SLUG: 'BAD_SLUG',
  BODY_MISMATCH: 'BODY_MISMATCH',
  BODY_UNAVAILABLE: 'BODY_UNAVAILABLE',
  CLOSED: 'CLOSED',
  DELETED: 'DELETED',
  HOST_LOST: 'HOST_LOST',
  IDENTITY_EXISTS: 'IDENTITY_EXISTS',
  INTERNAL: 'INTERNAL',
  KEY_FILE_CORRUPT: 'KEY_FILE_CORRUPT',
  LOCKED: 'LOCKED',
  NETWORK_FAILED: 'NETWORK_FAILED',
  NOT_A_SEEDBOX: 'NOT_A_SEEDBOX',
  NOT_FOUNDER: 'NOT_FOUNDER',
  NOT_OWN: 'NOT_OWN',
  NOT_RUNNING: 'NOT_RUNNING',
  NO_IDENTITY: 'NO_IDENTITY',
  OWN_CONTENT: 'OWN_CONTENT',
  PINNED: 'PINNED',
  STORAGE_FAILED: 'STORAGE_FAILED',
  TEXT_CONTROL_CHARACTER: 'TEXT_CONTROL_CHARACTER',
  TEXT_EMPTY: 'TEXT_EMPTY',
  TEXT_NOT_UTF8: 'TEXT_NOT_UTF8',
  TEXT_TOO_LONG: 'TEXT_TOO_LONG',
  TIMEOUT: 'TIMEOUT',
  TITLE_CONTROL_CHARACTER: 'TITLE_CONTROL_CHARACTER',
  TITLE_EMPTY: 'TITLE_EMPTY',
  TITLE_TOO_LONG: 'TITLE_TOO_LONG',
  UNKNOWN_AUTHOR: 'UNKNOWN_AUTHOR',
  UNKNOWN_COMMUNITY: 'UNKNOWN_COMMUNITY',
  UNKNOWN_ID: 'UNKNOWN_ID',
  UNKNOWN_PEER: 'UNKNOWN_PEER',
  USAGE: 'USAGE',
  VERSION_MISMATCH: 'VERSION_MISMATCH'
} as const
export type SeedbedErrorCode = typeof SeedbedErrorCode[keyof typeof SeedbedErrorCode]

/** One line a code: what it means and what to do. The documentation prints this table. */
export const SEEDBED_ERROR_MEANINGS: Readonly<Record<SeedbedErrorCode, string>> = {
  ABORTED: 'The caller cancelled the call by its signal; call again when wanted.',
  AMBIGUOUS_AUTHOR: 'More than one author goes by this name; give the words of the key of one, or the key.',
  AMBIGUOUS_COMMUNITY: 'More than one joined community has this slug; use the 64-character address.',
  BAD_ADDRESS: 'Not an address: a community has 64 lowercase hex characters, a peer a multiaddr.',
  BAD_ARCHIVE: 'Not a whole Seedbed archive: something else, cut off or damaged. What was valid before the fault is kept; export it again.',
  BAD_BODY: 'A body file that is not canonical or whose signature does not hold; it is refused.',
  BAD_ID: 'Not an id: posts and comments have 40 lowercase hex characters.',
  BAD_LINK: 'Not an invitation link; the message says what is wrong in it. Ask for it again or join by address.',
  BAD_PHRASE: 'Not a BIP 39 recovery phrase: a word is missing, misspelt or out of place.',
  BAD_SLUG: 'A slug has 1 to 40 characters: lowercase letters, digits and inner hyphens.',
  BODY_MISMATCH: 'The body that was found contradicts its index entry; it is neither shown nor served.',
  BODY_UNAVAILABLE: 'No connected peer has the body; try again when more peers are online.',
  CLOSED: 'The node was closed; make a new one.',
  DELETED: 'Its author deleted it; the body is dropped and no longer served.',
  HOST_LOST: 'The tab whose worker ran the peer went away before it answered: the action may or may not have happened; look, then try again.',
  IDENTITY_EXISTS: 'The data folder has another identity already; use another folder for this phrase.',
  INTERNAL: 'A defect of Seedbed; please report it with the message.',
  KEY_FILE_CORRUPT: 'identity.json cannot be trusted; move it away and restore from the recovery phrase.',
  LOCKED: 'Another process has the data folder open, or another node the database; end it or use another one.',
  NETWORK_FAILED: 'A listener could not be opened or a peer could not be reached; check address and port.',
  NOT_A_SEEDBOX: 'The peer answers, but it is no seedbox; ask whoever runs it for the address of one.',
  NOT_FOUNDER: 'Only the founder of a community names its moderators; everybody may follow others instead.',
  NOT_OWN: 'Only its author can edit or delete it.',
  NOT_RUNNING: 'This command needs a running peer; start one with `seedbed run`.',
  NO_IDENTITY: 'The data folder has no identity yet; make one with `seedbed init`.',
  OWN_CONTENT: 'Nobody votes on what they wrote; own content is always seeded.',
  PINNED: 'Own and upvoted content is seeded and not dropped; delete it, or take the vote back first.',
  STORAGE_FAILED: 'The data folder could not be read or written; check its space and permissions.',
  TEXT_CONTROL_CHARACTER: 'The text has a control character other than line feed and tab; remove it.',
  TEXT_EMPTY: 'The text is empty or blank; write something.',
  TEXT_NOT_UTF8: 'Text or title is not valid UTF-8; save it as UTF-8.',
  TEXT_TOO_LONG: 'The text is longer than 64,000 bytes of UTF-8; shorten or split it.',
  TIMEOUT: 'No answer came in time; try again.',
  TITLE_CONTROL_CHARACTER: 'The title has a line break, tab or other control character; remove it.',
  TITLE_EMPTY: 'The title is empty or blank; a post needs one.',
  TITLE_TOO_LONG: 'The title is longer than 300 bytes of UTF-8; shorten it.',
  UNKNOWN_AUTHOR: 'Nobody who wrote in the joined communities goes by this name as far as this peer knows; give their key.',
  UNKNOWN_COMMUNITY: 'No joined community has this address or slug; join it first.',
  UNKNOWN_ID: 'No joined community has a post or comment with this id as far as this peer knows.',
  UNKNOWN_PEER: 'No seedbox with this peer id is known; add it by its address first.',
  USAGE: 'An option or argument is missing, unknown or out of range.',
  VERSION_MISMATCH: 'A tab of another release runs the peer; reload all tabs of the app.'
}

/** Every error of this package: `code` is stable, `message` is for people and says what to do. */
export class SeedbedError extends Error {
  readonly code: SeedbedErrorCode
  constructor (code: SeedbedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SeedbedError'
    this.code = code
  }
}
