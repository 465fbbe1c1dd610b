// Reads what in-page.ts noted.
import type { Page } from 'playwright-core'

const TIMEOUT_MS = 60_000
/** What is not reported took less: the event timing API leaves out shorter events. */
const SHORTEST_REPORTED_MS = 16

/** Milliseconds from the navigation to a mark. */
export async function timeOf (page: Page, name: string): Promise<number> {
  await page.waitForFunction(name => name in marks.at, name, { polling: 20, timeout: TIMEOUT_MS })
  await painted(page)
  return await page.evaluate(name => (marks.at[name] ?? 0) - marks.beganMs, name)
}

/** Resolves two frames later, when all that is drawn now has been painted and reported. */
export async function painted (page: Page): Promise<void> {
  await page.evaluate(async () => { for (let frame = 0; frame < 3; frame++) await new Promise(resolve => { requestAnimationFrame(() => { setTimeout(resolve, 0) }) }) })
}

/** Milliseconds from an input to the next paint; 16 stands for anything shorter. */
export async function interactionMs (page: Page, press: () => Promise<void>): Promise<number> {
  const sinceMs = await page.evaluate(() => performance.timeOrigin + performance.now())
  await press()
  await painted(page)
  await page.waitForTimeout(50) // entries are delivered when the page is idle
  const found = await page.evaluate(sinceMs => [...marks.interactions.values()].filter(({ startMs }) => startMs >= sinceMs).map(({ durationMs }) => durationMs), sinceMs)
  return Math.max(SHORTEST_REPORTED_MS, ...found)
}
