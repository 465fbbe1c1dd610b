// What text may be. One rule for the wire (`textFault`, `titleFault`: refuse) and one for our own tools
// (`normaliseText`, `normaliseTitle`: repair what is harmless, then hold to the same rule).
//
// Text: 1 to 64,000 bytes of UTF-8. Lines end with LF. It does not start with a blank line or a byte order mark
// and does not end in white space, so that it has one form in a file whatever editor wrote it. Title: one line of
// 1 to 300 bytes, no white space at either end. White space means SPACE, TAB and LF, so that the rule needs no
// Unicode table.
//
// Refused in both: C0 but LF and TAB, DEL, C1, and U+2028 / U+2029. The first three drive terminals; the last two
// end lines in some programs and not in others, and a reader must never see a header line that is none. Bidirectional
// marks are text (Arabic and Hebrew need them); who renders a body isolates it.
import { SeedbedError, type SeedbedErrorCode } from '../errors.ts'
import { MAX_TEXT_BYTES, MAX_TEXT_INPUT_BYTES, MAX_TITLE_BYTES } from '../limits.ts'

/** Why a text or title is refused. */
export interface TextFault { readonly code: SeedbedErrorCode, readonly message: string }

/** Cc is C0, DEL and C1. */
const FORBIDDEN = /(?![\n\t])[\p{Cc}\u2028\u2029]/u
const FORBIDDEN_IN_LINE = /[\p{Cc}\u2028\u2029]/u
/** A surrogate without its other half: a JavaScript string can hold one, UTF-8 cannot. */
const HALF_PAIR = /\p{Surrogate}/u

/** Bytes of a string in UTF-8. */
export function utf8Length (text: string): number {
  return new TextEncoder().encode(text).length
}

/** What is wrong with a text on the wire, null when nothing is. */
export function textFault (text: string): TextFault | null {
  if (HALF_PAIR.test(text)) return { code: 'TEXT_NOT_UTF8', message: 'The text has half a surrogate pair and cannot be written as UTF-8.' }
  if (/^[ \t\n]*$/.test(text)) return { code: 'TEXT_EMPTY', message: 'The text is empty.' }
  const bytes = utf8Length(text)
  if (bytes > MAX_TEXT_BYTES) return { code: 'TEXT_TOO_LONG', message: `The text has ${bytes} bytes of UTF-8; at most ${MAX_TEXT_BYTES} are allowed.` }
  const forbidden = FORBIDDEN.exec(text)
  if (forbidden !== null) return { code: 'TEXT_CONTROL_CHARACTER', message: `The text has the control character ${codePoint(forbidden[0])} in line ${lineOf(text, forbidden.index)}; only line feed and tab are allowed.` }
  if (/^(?:\ufeff|[ \t]*\n)/.test(text)) return { code: 'BAD_BODY', message: 'The text starts with a blank line or a byte order mark.' }
  if (/[ \t\n]$/.test(text)) return { code: 'BAD_BODY', message: 'The text ends in white space.' }
  return null
}

/** What is wrong with a title on the wire, null when nothing is. */
export function titleFault (title: string): TextFault | null {
  if (HALF_PAIR.test(title)) return { code: 'TEXT_NOT_UTF8', message: 'The title has half a surrogate pair and cannot be written as UTF-8.' }
  if (/^ *$/.test(title)) return { code: 'TITLE_EMPTY', message: 'The title is empty.' }
  const bytes = utf8Length(title)
  if (bytes > MAX_TITLE_BYTES) return { code: 'TITLE_TOO_LONG', message: `The title has ${bytes} bytes of UTF-8; at most ${MAX_TITLE_BYTES} are allowed.` }
  const forbidden = FORBIDDEN_IN_LINE.exec(title)
  if (forbidden !== null) return { code: 'TITLE_CONTROL_CHARACTER', message: `The title has the control character ${codePoint(forbidden[0])}; it has to be one line of text.` }
  if (/^[ \ufeff]| $/.test(title)) return { code: 'BAD_BODY', message: 'The title starts or ends in white space.' }
  return null
}

/**
 * Text as our own tools publish it: drops a byte order mark, makes CRLF and CR line feeds, drops blank lines at the
 * start and white space at the end. What it returns is canonical; applied twice it changes nothing.
 * Errors: TEXT_NOT_UTF8, TEXT_EMPTY, TEXT_TOO_LONG, TEXT_CONTROL_CHARACTER.
 */
export function normaliseText (input: Uint8Array | string): string {
  if (input.length > MAX_TEXT_INPUT_BYTES) throw new SeedbedError('TEXT_TOO_LONG', `The text has more than ${MAX_TEXT_BYTES} bytes; shorten or split it.`)
  const lines = (typeof input === 'string' ? input : decodeUtf8(input)).replaceAll(/\r\n?/g, '\n')
  return accepted(trimEnd(lines.replace(/^(?:\ufeff|[ \t]*\n)+/, ''), ' \t\n'), textFault)
}

/**
 * Title as our own tools publish it: without spaces at either end; inner ones stay.
 * Errors: TEXT_NOT_UTF8, TITLE_EMPTY, TITLE_TOO_LONG, TITLE_CONTROL_CHARACTER (line breaks and tabs too).
 */
export function normaliseTitle (input: string): string {
  return accepted(trimEnd(input.replace(/^[ \ufeff]+/, ''), ' '), titleFault)
}

function accepted (text: string, fault: (text: string) => TextFault | null): string {
  const found = fault(text)
  if (found !== null) throw new SeedbedError(found.code, found.message)
  return text
}

function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new SeedbedError('TEXT_NOT_UTF8', 'The text is not valid UTF-8; save it as UTF-8.', { cause })
  }
}

/** A loop, because a regular expression for white space at the end is quadratic on long runs of it inside. */
function trimEnd (text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

function codePoint (character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function lineOf (text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}
