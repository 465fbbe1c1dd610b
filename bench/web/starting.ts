// How long a page takes to show posts: a new profile that joins by a link, and the same profile again.
import { openProfile } from '../../test/browser/harness.ts'
import { watchPage } from './in-page.ts'
import { timeOf } from './marks.ts'
import type { PreparedCommunity } from './preparer.ts'
import type { RunningSeedbox } from './seedbox.ts'
import { untilHeld } from './until-held.ts'

export interface Start {
  /** Milliseconds to the first row in a new profile. */
  readonly coldMs: number
  /** To the first row in the same profile again, which is what was looked at last, and to the answer of its peer. */
  readonly warmMs: number
  readonly answerMs: number
}

export async function measureStart (seedbox: RunningSeedbox, community: PreparedCommunity): Promise<Start> {
  await using profile = await openProfile()
  await profile.context.addInitScript(watchPage)
  const page = await profile.open(seedbox.joinUrl(community.address))
  const coldMs = await timeOf(page, 'row')
  await untilHeld(page, community)
  await page.evaluate(async () => { await navigator.serviceWorker.ready })
  await profile.restart()
  await profile.context.addInitScript(watchPage)
  const again = await profile.open(`${seedbox.url}c/${community.address}`)
  const warmMs = await timeOf(again, 'row')
  const answerMs = await timeOf(again, 'answer')
  if (profile.errors.length > 0) throw new Error(profile.errors.join('\n'))
  return { coldMs, warmMs, answerMs }
}
