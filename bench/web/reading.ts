// A long thread whose texts are at another peer.
import { openProfile } from '../../test/browser/harness.ts'
import { watchPage } from './in-page.ts'
import { timeOf } from './marks.ts'
import type { PreparedFolder } from './preparer.ts'
import type { RunningSeedbox } from './seedbox.ts'

const TIMEOUT_MS = 60_000

/** Milliseconds from the press on the post to the first screen of comments with their texts, and to all of them. */
export async function measureThread (seedbox: RunningSeedbox, { address, comments }: PreparedFolder['thread']): Promise<{ screenMs: number, allMs: number }> {
  await using profile = await openProfile()
  await profile.context.addInitScript(watchPage)
  const page = await profile.open(seedbox.joinUrl(address))
  await timeOf(page, 'row')
  await page.waitForFunction(comments => document.querySelectorAll('aside .facts dd')[1]?.textContent === comments, comments.toLocaleString('en-US'), { polling: 100, timeout: TIMEOUT_MS })
  await page.evaluate(comments => { marks.wanted = { comments, beganMs: 0, screenMs: null, allMs: null } }, comments)
  await page.locator('.posts [data-open]').first().click()
  await page.waitForFunction(() => (marks.wanted?.allMs ?? 0) > 0, undefined, { polling: 50, timeout: TIMEOUT_MS })
  const { pressedMs, wanted } = await page.evaluate(() => ({ pressedMs: marks.clicks.at(-1)?.atMs ?? 0, wanted: marks.wanted }))
  if (profile.errors.length > 0) throw new Error(profile.errors.join('\n'))
  return { screenMs: (wanted?.screenMs ?? 0) - pressedMs, allMs: (wanted?.allMs ?? 0) - pressedMs }
}
