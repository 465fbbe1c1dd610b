import { META_PERIOD, type Period } from '../model.ts'

/** The calendar month (UTC) of a Unix time in milliseconds, as yyyymm. */
export function periodOf (timeMs: number): Period {
  const date = new Date(timeMs)
  return date.getUTCFullYear() * 100 + date.getUTCMonth() + 1
}

/** True for 0 (the shard `meta`) and for the months 197001 to 999912. */
export function isPeriod (value: unknown): value is Period {
  if (value === META_PERIOD) return true
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 197001 || value > 999912) return false
  const month = value % 100
  return month >= 1 && month <= 12
}
