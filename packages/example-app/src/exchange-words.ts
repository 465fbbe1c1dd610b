// Why something does not replicate, in words: the command line and the web app say the same.
import type { PeerExchange, ShardStatus } from '@seedbed/core'

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

/** Which months are not whole, the newest first; null when all are, as far as anybody said. */
export function incompleteWords (shards: ReadonlyArray<Pick<ShardStatus, 'period' | 'holding' | 'missing'>>): string | null {
  const incomplete = shards.filter(({ holding }) => holding !== 'whole')
  if (incomplete.length === 0) return null
  const listed = incomplete.slice(0, LISTED_MONTHS).map(({ period, holding, missing }) => `${monthOf(period)} (${holding === 'absent' ? 'nothing here, ' : ''}${missing} missing)`)
  const rest = incomplete.length - listed.length
  return `Incomplete: ${listed.join(', ')}${rest === 0 ? '' : `, and ${rest} more`}`
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
