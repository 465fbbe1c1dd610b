// Two pages of two browsers: until they are connected directly, and until one shows what the other voted.
import type { Page } from 'playwright-core'
import { openProfile } from '../../test/browser/harness.ts'
import { quantile } from '../support/suite.ts'
import { watchPage } from './in-page.ts'
import { painted, timeOf } from './marks.ts'
import type { PreparedCommunity } from './preparer.ts'
import { measureBareDial } from './references.ts'
import type { RunningSeedbox } from './seedbox.ts'
import { untilHeld } from './until-held.ts'

const VOTES = 25
const TIMEOUT_MS = 30_000

export interface Meeting {
  /** From the new RTCPeerConnection to `connected`. */
  readonly dialMs: number
  /** From the second page's running peer to a direct connection. */
  readonly directMs: number
  /** Median from the press to the drawn score in the other page, with the body already here, and 90th percentile. */
  readonly voteMs: number
  readonly slowVoteMs: number
  /** The same where the press has to fetch the body first. */
  readonly fetchedVoteMs: number
  readonly bare: { readonly dialMs: number, readonly messageMs: number }
}

export async function measureMeeting (seedbox: RunningSeedbox, community: PreparedCommunity): Promise<Meeting> {
  await using first = await openProfile()
  await using second = await openProfile()
  for (const { context } of [first, second]) await context.addInitScript(watchPage)
  const a = await first.open(seedbox.joinUrl(community.address), 'a')
  await timeOf(a, 'row')
  await untilHeld(a, community)
  const b = await second.open(seedbox.joinUrl(community.address), 'b')
  const connectedOf = async (page: Page): Promise<{ beganMs: number, connectedMs: number | null } | null> => await page.evaluate(() => marks.connections.find(({ connectedMs }) => connectedMs !== null) ?? null)
  await b.waitForFunction(() => marks.connections.some(({ connectedMs }) => connectedMs !== null), undefined, { polling: 20, timeout: TIMEOUT_MS })
  const runningMs = await b.evaluate(() => marks.at['running'] ?? 0)
  const ends = [await connectedOf(a), await connectedOf(b)].flatMap(end => end?.connectedMs == null ? [] : [end as { beganMs: number, connectedMs: number }])
  const dialMs = Math.max(...ends.map(({ beganMs, connectedMs }) => connectedMs - beganMs))
  const directMs = Math.max(...ends.map(({ connectedMs }) => connectedMs)) - runningMs
  await timeOf(b, 'row')
  await untilHeld(b, community)
  for (const page of [a, b]) {
    await page.getByRole('link', { name: 'New', exact: true }).click()
    await page.locator('.posts [data-post]').nth(VOTES).waitFor()
    await painted(page)
  }
  const fetched = await vote(a, b, 'Upvote this post')
  const held = [...await vote(a, b, 'Downvote this post'), ...await vote(a, b, 'Upvote this post')]
  const [bareA, bareB] = [await first.open(`${seedbox.url}icon.svg`), await second.open(`${seedbox.url}icon.svg`)]
  const bare = await measureBareDial(bareA, bareB)
  const errors = [...first.errors, ...second.errors]
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return { dialMs, directMs, voteMs: quantile(held, 0.5), slowVoteMs: quantile(held, 0.9), fetchedVoteMs: quantile(fetched, 0.5), bare }
}

/** Milliseconds of each vote. */
async function vote (from: Page, to: Page, label: string): Promise<number[]> {
  const posts = await to.locator('.posts [data-post]').evaluateAll((rows, votes) => rows.slice(0, votes).map(row => row.getAttribute('data-post') ?? ''), VOTES)
  const taken: number[] = []
  for (const post of posts) {
    const before = await to.evaluate(() => marks.scores.length)
    await from.locator(`[data-post="${post}"]`).getByRole('button', { name: label }).click()
    const pressedMs = await from.evaluate(() => marks.clicks.at(-1)?.atMs ?? 0)
    const seen = await to.waitForFunction(({ post, before }) => marks.scores.slice(before).find(score => score.post === post)?.atMs, { post, before }, { polling: 5, timeout: TIMEOUT_MS })
    taken.push(await seen.jsonValue() as number - pressedMs)
  }
  return taken
}
