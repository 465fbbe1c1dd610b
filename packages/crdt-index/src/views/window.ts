// Spans of time: a feed's window and a shard's month.
import type { Period } from '../model.ts'

const DAY_MS = 24 * 3600 * 1000

/** How far back from now a window reaches, in milliseconds. */
export const WINDOW_MS: { readonly day: number, readonly week: number, readonly month: number, readonly year: number, readonly all: number } = {
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
  year: 365 * DAY_MS,
  all: Number.POSITIVE_INFINITY
}
export type FeedWindow = keyof typeof WINDOW_MS

/** First millisecond (UTC) of a period's calendar month, and of the next one. The shard `meta` has no span. */
export function periodSpanMs (period: Period): { readonly fromMs: number, readonly untilMs: number } {
  const month = period % 100 - 1
  const year = Math.floor(period / 100)
  if (month < 0) return { fromMs: 0, untilMs: 0 }
  return { fromMs: Date.UTC(year, month), untilMs: Date.UTC(year, month + 1) }
}
