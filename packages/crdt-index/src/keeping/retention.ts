// Which months of a community are kept: the newest so many, and those that somebody asked for.
import { MAX_RETAINED_MONTHS, MAX_WANTED_MONTHS } from '../limits.ts'
import { META_PERIOD, type Clock, type CommunityAddress, type Period } from '../model.ts'
import { isPeriod, periodOf } from '../identity/period.ts'
import type { MonthKeeping } from './keeping.ts'

/** Everything, or the newest months, the current one included: 1 to 1,200. */
export type Retain = 'all' | { readonly months: number }

export interface Retention extends MonthKeeping {
  retainOf (community: CommunityAddress): Retain
  /** Null: as the index was told for all. */
  retain (community: CommunityAddress, retain: Retain | null): void
  /** Of the months wanted of a community the longest untouched gives way. */
  want (community: CommunityAddress, period: Period): void
  release (community: CommunityAddress, period: Period): void
  forget (community: CommunityAddress): void
}

/** Throws a TypeError for what is no such choice. */
export function parseRetain (retain: Retain): Retain {
  if (retain === 'all') return retain
  if (!Number.isInteger(retain?.months) || retain.months < 1 || retain.months > MAX_RETAINED_MONTHS) throw new TypeError(`what is kept is 'all' or { months: 1 to ${MAX_RETAINED_MONTHS} }`)
  return { months: retain.months }
}

/** The first of so many months, the one of this time included. */
export function firstOfMonths (months: number, nowMs: number): Period {
  return firstOfMonthsTo(periodOf(nowMs), months)
}

/** The first of so many months, the last one included. */
export function firstOfMonthsTo (last: Period, months: number): Period {
  const first = Math.floor(last / 100) * 12 + last % 100 - months
  const period = Math.floor(first / 12) * 100 + first % 12 + 1
  return isPeriod(period) ? period : META_PERIOD
}

/** `usual`: for communities without a choice of their own. */
export function createRetention ({ clock, usual, chosen }: { readonly clock: Clock, readonly usual: Retain, readonly chosen: Map<CommunityAddress, Retain> }): Retention {
  const wanted = new Map<CommunityAddress, Set<Period>>()
  const retainOf = (community: CommunityAddress): Retain => chosen.get(community) ?? usual
  const sinceOf = (community: CommunityAddress): Period => {
    const retain = retainOf(community)
    return retain === 'all' ? META_PERIOD : firstOfMonths(retain.months, clock())
  }
  const isWanted = (community: CommunityAddress, period: Period): boolean => wanted.get(community)?.has(period) ?? false
  return {
    retainOf,
    sinceOf,
    isWanted,
    keepsPeriod: (community, period) => period === META_PERIOD || isWanted(community, period) || period >= sinceOf(community),
    wantedOf (community) {
      const since = sinceOf(community)
      return [...wanted.get(community) ?? []].filter(period => period < since).sort((a, b) => a - b)
    },
    retain (community, retain) {
      if (retain === null) chosen.delete(community)
      else chosen.set(community, retain)
    },
    want (community, period) {
      const periods = wanted.get(community) ?? new Set()
      wanted.set(community, periods)
      periods.delete(period)
      periods.add(period)
      for (const oldest of periods) {
        if (periods.size <= MAX_WANTED_MONTHS) break
        periods.delete(oldest)
      }
    },
    release (community, period) { wanted.get(community)?.delete(period) },
    forget (community) {
      wanted.delete(community)
      chosen.delete(community)
    }
  }
}
