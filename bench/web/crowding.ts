// A large community: what it takes of memory, and how quickly the page answers while it arrives and after.
import type { Page } from 'playwright-core'
import { openProfile } from '../../test/browser/harness.ts'
import { quantile } from '../support/suite.ts'
import { heapsOf, type Heaps } from './heap.ts'
import { watchPage } from './in-page.ts'
import { interactionMs, timeOf } from './marks.ts'
import type { PreparedCommunity } from './preparer.ts'
import type { RunningSeedbox } from './seedbox.ts'
import { untilHeld } from './until-held.ts'

const ROUNDS = 4
const SETTLE_MS = 3000

export interface Crowd {
  readonly heaps: Heaps
  /** Input to next paint by kind, milliseconds: 90th percentile, at least 16. */
  readonly arrivingMs: number
  readonly settledMs: number
  readonly kinds: Readonly<Record<string, number>>
}

export async function measureCrowd (seedbox: RunningSeedbox, slug: string, community: PreparedCommunity): Promise<Crowd> {
  await using profile = await openProfile()
  await profile.context.addInitScript(watchPage)
  const page = await profile.open(seedbox.joinUrl(community.address))
  await timeOf(page, 'row')
  const whole = community.posts.toLocaleString('en-US')
  const arriving: Sample[] = []
  do arriving.push(...await press(page, slug)) // at least once: what arrives may be here before the first press
  while (await page.evaluate(whole => document.querySelector('aside .facts dd')?.textContent !== whole, whole))
  await untilHeld(page, community)
  await page.waitForTimeout(SETTLE_MS)
  const settled: Sample[] = []
  for (let round = 0; round < ROUNDS; round++) settled.push(...await press(page, slug))
  const heaps = await heapsOf(page)
  if (profile.errors.length > 0) throw new Error(profile.errors.join('\n'))
  const high = (samples: readonly Sample[]): number => quantile(samples.map(({ ms }) => ms), 0.9)
  const kinds = Object.fromEntries(Map.groupBy([...arriving, ...settled], ({ kind }) => kind).entries().map(([kind, samples]) => [kind, high(samples)]))
  return { heaps, arrivingMs: high(arriving), settledMs: high(settled), kinds }
}

interface Sample { readonly kind: string, readonly ms: number }

/** What a reader does: another order, a vote, a thread, and back. */
async function press (page: Page, slug: string): Promise<Sample[]> {
  const samples: Sample[] = []
  const measured = async (kind: string, act: () => Promise<void>): Promise<void> => { samples.push({ kind, ms: await interactionMs(page, act) }) }
  for (const name of ['New', 'Top', 'Hot']) await measured('order', async () => { await page.getByRole('link', { name, exact: true }).click() })
  const row = page.locator('.posts [data-post]').first()
  await row.waitFor()
  await measured('vote', async () => { await row.getByRole('button', { name: 'Upvote this post' }).click() })
  await measured('thread', async () => { await row.locator('[data-open]').click() })
  await page.locator('.thread').waitFor()
  await measured('back', async () => { await page.getByRole('navigation', { name: 'Communities' }).getByRole('link', { name: slug, exact: true }).click() })
  await page.locator('.posts [data-post]').first().waitFor()
  return samples
}
