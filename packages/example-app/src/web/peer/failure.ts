// Failures in words that say what to do next.

/** What a person can do about codes whose message was written for a programmer or a terminal. */
const WORDS: Readonly<Record<string, string>> = {
  ABORTED: 'It was cancelled.',
  BODY_MISMATCH: 'What a peer sent is not what its author signed, so it is neither shown nor counted.',
  BODY_UNAVAILABLE: 'Nobody who is connected has its text right now. Try again later.',
  CLOSED: 'The peer in this browser has ended. Reload the page.',
  HOST_LOST: 'The tab that ran the peer went away in the middle. Look whether it was done before you try again.',
  LOCKED: 'Another tab or window has these data open and cannot be reached. Close it, or use this page over https or on localhost.',
  NETWORK_FAILED: 'No answer from there. Check the address, and whether that peer is running.',
  NOT_A_SEEDBOX: 'A peer answers there, but it is not a seedbox.',
  OWN_CONTENT: 'Nobody votes on what they wrote. You always seed it.',
  STORAGE_FAILED: 'The browser could not store it. Is the disk full, or is this a private window?',
  TIMEOUT: 'No answer came in time. Try again.',
  VERSION_MISMATCH: 'Another tab runs a newer version. Reload this page.'
}

export function codeOf (error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
}

/** One or two sentences; the code is left to whoever reports it. */
export function explain (error: unknown): string {
  const known = WORDS[codeOf(error)]
  if (known !== undefined) return known
  const message = error instanceof Error ? error.message : typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''
  return message === '' ? 'Something went wrong.' : `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`
}
