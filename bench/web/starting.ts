// How long a page takes to show posts: a new profile that joins by a link, and the same profile again.
import { openProfile } from '../../test/browser/harness.ts'
import { watchPage } from './in-page.ts'
import { timeOf } from './marks.ts'
import type { PreparedCommunity } from './preparer.ts'
import type { RunningSeedbox } from './seedbox.ts'
import { untilHeld } from './until-held.ts'

export async function measureStart (seedbox: RunningSeedbox, community: PreparedCommunity): Promise<{ coldMs: number, warmMs: number }> {
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
  if (profile.errors.length > 0) throw new Error(profile.errors.join('\n'))
  return { coldMs, warmMs }
}
