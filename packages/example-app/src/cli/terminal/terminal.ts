// Showing what strangers wrote: plain, in columns, and unable to drive the terminal.

export interface Terminal {
  readonly columns: number
  readonly colour: boolean
  /** Unix time in milliseconds, for relative times. */
  readonly nowMs: number
}

export interface OutputStream { readonly isTTY?: boolean, readonly columns?: number }

/** Colours only on a terminal and where nobody asked for none (https://no-color.org). */
export function terminalOf (stream: OutputStream, env: Readonly<Record<string, string | undefined>>, nowMs: number): Terminal {
  const tty = stream.isTTY === true
  const none = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return { columns: tty ? Math.min(Math.max(stream.columns ?? 80, 40), 100) : 80, colour: tty && !none, nowMs }
}

const STYLES = { bold: '1', dim: '2', red: '31', green: '32', cyan: '36' } as const

/** Styles a text; the text itself has to be plain already. */
export function style (terminal: Terminal, name: keyof typeof STYLES, text: string): string {
  return terminal.colour && text !== '' ? `\u001b[${STYLES[name]}m${text}\u001b[0m` : text
}

/**
 * Text of strangers without what drives a terminal or turns the reading order of what stands beside it: control
 * characters become U+FFFD, bidirectional embeddings, overrides and isolates (UAX 9) and invisible tags go. Marks
 * that Arabic and Hebrew need stay.
 */
export function plain (text: string): string {
  return text
    .replaceAll('\t', '    ')
    .replaceAll(/\r\n?|[\u2028\u2029]/g, '\n')
    .replaceAll(/(?!\n)\p{Cc}/gu, '\ufffd')
    .replaceAll(/[\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu, '')
}

/** `plain` in one line. */
export function plainLine (text: string): string {
  return plain(text).replaceAll(/\s+/g, ' ').trim()
}

/** JSON that is safe to show on a terminal: the same document, with those characters escaped. */
export function jsonLine (document: unknown): string {
  return JSON.stringify(document).replaceAll(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** `3 hours ago`, `in 2 minutes`, `just now`. */
export function relativeTime (iso: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(iso)) / 1000)
  if (!Number.isFinite(seconds)) return 'at an unknown time'
  if (Math.abs(seconds) < 45) return 'just now'
  for (const [unit, size, limit] of [['minute', 60, 60], ['hour', 3600, 24], ['day', 86_400, 30], ['month', 2_629_746, 12], ['year', 31_556_952, Infinity]] as const) {
    const count = Math.max(1, Math.round(Math.abs(seconds) / size))
    if (count < limit) return seconds < 0 ? `in ${plural(count, unit)}` : `${plural(count, unit)} ago`
  }
  return 'at an unknown time'
}

export function plural (count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `1.5 MiB`, in powers of 1,024. */
export function byteSize (bytes: number): string {
  for (const [unit, size] of [['GiB', 2 ** 30], ['MiB', 2 ** 20], ['KiB', 2 ** 10]] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`
  }
  return plural(bytes, 'byte')
}
