// The beginning of a text as one line.
import { EXCERPT_CHARS } from '../limits.ts'

/** Without what Markdown puts at the beginning of lines; never half a character. */
export function excerptOf (text: string): string {
  const line = text.slice(0, 4 * EXCERPT_CHARS).replaceAll(/^[ \t]*(?:>[ \t]?|#{1,6}[ \t])+/gm, '').replaceAll(/\s+/g, ' ').trim()
  const end = line.length <= EXCERPT_CHARS ? line.length : EXCERPT_CHARS
  return line.slice(0, end).replace(/[\uD800-\uDBFF]$/, '')
}
