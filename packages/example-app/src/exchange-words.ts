// Why something does not replicate, in words: the command line and the web app say the same.
import type { PeerExchange, Retain, ShardStatus, StorageInfo } from '@seedbed/core'

/** What a connected member brings, or why it brings nothing; follows its name and a colon. */
export function exchangeWords ({ state, missing, againAtMs, error }: Pick<PeerExchange, 'state' | 'missing' | 'againAtMs' | 'error'>, nowMs: number): string {
  const again = againAtMs === null || againAtMs <= nowMs ? 'it is asked again soon' : `it is asked again in ${Math.ceil((againAtMs - nowMs) / 60_000)} min`
  const what = error === null || error === '' ? '' : ` (${error})`
  switch (state) {
    case 'waiting': return 'not asked yet'
    case 'syncing': return missing === 0 ? 'comparing' : `giving; ${changes(missing)} to come`
    case 'equal': return 'has the same as is here'
    case 'differs': return 'one side keeps something that the other does not take'
    case 'early': return 'what it gives is dated ahead of the clock here: check the time on both devices'
    case 'withholds': return `says that it has ${changes(missing)} more, and did not give ${missing === 1 ? 'it' : 'them'}; ${again}`
    case 'busy': return `has no time; ${again}`
    case 'unknown': return 'does not know this community yet'
    case 'silent': return `did not answer in time; ${again}`
    case 'fault': return `sent something invalid${what}; ${again}`
    case 'failed': return `the exchange broke off${what}; ${again}`
  }
}

const LISTED_MONTHS = 3

/** Which months lack something that is known of, the newest first; null when none does. */
export function incompleteWords (shards: ReadonlyArray<Pick<ShardStatus, 'period' | 'holding' | 'missing'>>): string | null {
  const incomplete = shards.filter(({ holding, missing }) => holding !== 'whole' && missing > 0)
  if (incomplete.length === 0) return null
  const listed = incomplete.slice(0, LISTED_MONTHS).map(({ period, holding, missing }) => `${monthOf(period)} (${holding === 'absent' ? 'nothing here, ' : ''}${missing} missing)`)
  const rest = incomplete.length - listed.length
  return `Incomplete: ${listed.join(', ')}${rest === 0 ? '' : `, and ${rest} more`}`
}

/** Which months are not kept here, though there is something; null when all are. */
export function olderWords (shards: ReadonlyArray<Pick<ShardStatus, 'period' | 'kept'>>): string | null {
  const older = shards.filter(({ kept }) => !kept)
  const newest = older[0]
  if (newest === undefined) return null
  return `Not kept here: ${older.length === 1 ? monthOf(newest.period) : `${older.length} months up to ${monthOf(newest.period)}`}. What you open of ${older.length === 1 ? 'it' : 'them'} is fetched.`
}

/** Which months are kept of a community. */
export function retainWords (retain: Retain): string {
  if (retain === 'all') return 'all months are kept'
  return retain.months === 1 ? 'the current month is kept' : `the newest ${retain.months} months are kept`
}

/** Beside totals that are not of now; `when`: how the date is shown. */
export function lastKnownWords (when: string): string {
  return `as of ${when}`
}

/** In a thread whose month is not here; `asOf`: as of lastKnownWords. */
export function monthMissingWords (asOf: string): string {
  return `The month of this post is not kept here and could not be fetched yet: counts are ${asOf}, and others' answers are missing.`
}

/** In a thread of whose month a part is missing, as far as peers said. */
export const PART_MISSING: string = 'A part of this month is not here: answers and votes may be missing.'

/** Who is left out of a community that outgrew its room here; null when nobody is. */
export function storageWords ({ bytes, budgetBytes, authorsLeftOut, partial }: Pick<StorageInfo, 'bytes' | 'budgetBytes' | 'authorsLeftOut' | 'partial'>, byteSize: (bytes: number) => string): string | null {
  if (!partial) return null
  const authors = authorsLeftOut === 0 ? 'some authors' : `${authorsLeftOut} ${authorsLeftOut === 1 ? 'author' : 'authors'}`
  return `Full: ${byteSize(bytes)} of the ${byteSize(budgetBytes)} kept of this community are taken. ${authors} whose keys took the least work to make ${authorsLeftOut === 1 ? 'is' : 'are'} left out, so counts are of what is here. Whom you follow stays.`
}

/** What a proof means that an author signed two pasts; `name` is how listings call them. */
export function equivocationWords ({ name, period, isOwn }: { readonly name: string, readonly period: number, readonly isOwn: boolean }): string {
  return isOwn
    ? `Two copies of your data were both written to in ${monthOf(period)}: a restored backup or a copied folder. What both wrote still counts; use one of them from now on.`
    : `${name} signed two different pasts in ${monthOf(period)}: two copies of one device were in use, or somebody else has the key. What both wrote still counts.`
}

function changes (count: number): string {
  return `${count} change${count === 1 ? '' : 's'}`
}

function monthOf (period: number): string {
  return period === 0 ? 'members and names' : `${Math.floor(period / 100)}-${String(period % 100).padStart(2, '0')}`
}
