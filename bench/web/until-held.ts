import type { Page } from 'playwright-core'
import { painted } from './marks.ts'
import type { PreparedCommunity } from './preparer.ts'

const TIMEOUT_MS = 120_000

/** Waits on the page of a community until all of it is here: posts by their number, votes by the scores of the first page, which own votes raise. */
export async function untilHeld (page: Page, { posts, topScores }: PreparedCommunity): Promise<void> {
  await page.waitForFunction(posts => document.querySelector('aside .facts dd')?.textContent === posts, posts.toLocaleString('en-US'), { polling: 100, timeout: TIMEOUT_MS })
  const sum = topScores.reduce((total, score) => total + score, 0)
  for (const tab of ['Top', 'All time']) await page.getByRole('link', { name: tab, exact: true }).click()
  await page.waitForFunction(sum => [...document.querySelectorAll('.posts .score .unseen')].reduce((total, score) => total + Number(score.textContent.replace('Score ', '')), 0) >= sum, sum, { polling: 100, timeout: TIMEOUT_MS })
  await page.getByRole('link', { name: 'Hot', exact: true }).click()
  await page.locator('.posts [data-post]').first().waitFor()
  await painted(page)
}
