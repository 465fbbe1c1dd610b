// Times as people say them, and exactly.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** [up to, unit, one, many]; a month is 30.4 days here, which nobody counts. */
const STEPS: ReadonlyArray<readonly [number, number, string, string]> = [
  [HOUR, MINUTE, 'minute', 'minutes'],
  [DAY, HOUR, 'hour', 'hours'],
  [14 * DAY, DAY, 'day', 'days'],
  [60 * DAY, 7 * DAY, 'week', 'weeks'],
  [730 * DAY, 30.44 * DAY, 'month', 'months'],
  [Infinity, 365.25 * DAY, 'year', 'years']
]
/** Other people's clocks are a little off; more than this is said. */
const TOLERATED_AHEAD_MS = 10 * MINUTE
const LARGEST_DATE_MS = 8.64e15
/** Made once: making one costs more than drawing a row. */
let exact: Intl.DateTimeFormat | null = null

/** `5 minutes ago`; Unix milliseconds. What lies ahead by more than ten minutes is said to be so. */
export function relativeTime (ms: number, nowMs: number): string {
  const ago = nowMs - ms
  if (ago < -TOLERATED_AHEAD_MS) return 'in the future'
  if (ago < MINUTE) return 'just now'
  for (const [upTo, unit, one, many] of STEPS) {
    if (ago >= upTo) continue
    const count = Math.max(1, Math.floor(ago / unit))
    return `${count} ${count === 1 ? one : many} ago`
  }
  return 'long ago'
}

/** Date and time of day with the reader's zone, such as `22 Nov 2026, 11:05 GMT`. */
export function exactTime (ms: number): string {
  if (!isDate(ms)) return 'no date'
  exact ??= new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  return exact.format(ms)
}

/** For the attribute of `<time>`; undefined where there is no such date. */
export function machineTime (ms: number): string | undefined {
  return isDate(ms) ? new Date(ms).toISOString() : undefined
}

function isDate (ms: number): boolean {
  return Number.isFinite(ms) && Math.abs(ms) <= LARGEST_DATE_MS
}
