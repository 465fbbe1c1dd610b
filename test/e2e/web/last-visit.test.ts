// Coming back: the posts of the last visit are there before the peer is, can be read and voted on, and are true to whom one
// muted. And what people meet on their way: mentions that lead to somebody, messages that say how they begin, feeds in
// which everything is hidden, and what is folded, opened by key and by a press.
// test-timeout-ms: 900000
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { databaseLock } from '../../../packages/core/src/remote/protocol.ts'
import { commentBy, join, openUser, postBy, runSeedbox, scored, showNew, until, visit, WAIT_MS, webSuite, type Seedbox, type User } from './harness.ts'

const test = webSuite('last-visit')
/** What the app calls its first database. */
const DATABASE = 'seedbed'

declare global {
  var releasePeer: () => void // oxlint-disable-line no-var -- how TypeScript declares a global
}

let seedbox: Seedbox
let ann: User
let community = ''
let one = ''

const posts = (page: Page): ReturnType<Page['locator']> => page.getByRole('main').locator('.posts')

/** The same profile again, whose peer cannot start before `release`. */
async function comeBack ({ profile }: User, path: string): Promise<{ readonly page: Page, readonly release: () => Promise<void> }> {
  await profile.restart()
  await profile.context.addInitScript(name => {
    void navigator.locks.request(name, async () => { await new Promise<void>(resolve => { globalThis.releasePeer = resolve }) })
  }, databaseLock(DATABASE))
  const page = await profile.open(`${seedbox.url}${path}`)
  page.setDefaultTimeout(WAIT_MS)
  return { page, release: async () => { await page.evaluate(() => { globalThis.releasePeer() }) } }
}

/** Until the browser keeps a feed for the next start in which these titles are, and no others. */
async function keeps (page: Page, titles: readonly string[]): Promise<void> {
  await until(`kept: ${titles.join()}`, async () => await page.evaluate(() => {
    const kept = JSON.parse(localStorage.getItem('seedbed/last-seen') || 'null') as { page: { items: Array<{ title: string }> } } | null
    return kept === null ? '' : kept.page.items.map(({ title }) => title).toSorted().join()
  }), kept => kept === titles.toSorted().join())
}

test('a feed is kept for the next visit', async context => {
  seedbox = await runSeedbox(context)
  await seedbox.json(['profile', '--name', 'Founder'])
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  one = String((await seedbox.json(['post', 'gardens', '--title', 'One'], 'The first text.'))['id'])
  await seedbox.json(['post', 'gardens', '--title', 'Two'], 'The second text.')
  ann = await openUser(context, seedbox, 'Ann')
  await join(ann.page, String((await seedbox.json(['invite', community]))['link']))
  await visit(ann.page, `/c/${community}`)
  for (const title of ['One', 'Two']) {
    await until(`${title} is listed`, async () => {
      await showNew(ann.page)
      return await postBy(ann.page, title).isVisible()
    })
  }
  await keeps(ann.page, ['One', 'Two'])
})

test('it is shown before the peer is up, says so, and takes votes', async () => {
  const { page, release } = await comeBack(ann, `c/${community}`)
  await postBy(page, 'One').waitFor()
  await postBy(page, 'Two').waitFor()
  await page.getByRole('heading', { name: 'Gardens', level: 1 }).waitFor()
  await page.getByText('Starting…').waitFor()
  assert.is(await page.getByRole('region', { name: 'Posts' }).getAttribute('aria-busy'), 'true')
  await page.getByText(/^These are the posts of your last visit/).waitFor({ state: 'attached' })
  await postBy(page, 'One').getByRole('button', { name: 'Upvote this post' }).click()
  await postBy(page, 'One').getByText('starting…').waitFor()
  const orderBefore = await posts(page).locator('[data-post]').evaluateAll(rows => rows.map(row => row.getAttribute('data-post')))
  await release()
  await scored(postBy(page, 'One'), 1)
  await page.locator('section[aria-busy=false] > .posts').waitFor()
  assert.is(await page.getByText(/^These are the posts of your last visit/).count(), 0)
  assert.equal(await posts(page).locator('[data-post]').evaluateAll(rows => rows.map(row => row.getAttribute('data-post'))), orderBefore, 'nothing moved')
  ann.page = page
})

test('a mention leads to whom it names, and a message says how it begins', async () => {
  const { page } = ann
  await visit(page, `/p/${one}`)
  await page.getByText('The first text.').waitFor()
  await page.getByLabel('Add a comment').pressSequentially('Thanks @Foun')
  await page.getByRole('group', { name: 'Mention' }).getByRole('button').click()
  await page.getByLabel('Add a comment').pressSequentially('for this.')
  await page.getByRole('button', { name: 'Comment', exact: true }).click()
  const mention = commentBy(page, 'for this.').locator('.prose').getByRole('link', { name: '@Founder' })
  await mention.waitFor()
  const id = await commentBy(page, 'for this.').getAttribute('data-comment') ?? ''
  await mention.click()
  await page.waitForURL(url => url.pathname.endsWith(seedbox.author))
  await until('the seedbox has the comment', async () => JSON.stringify(await seedbox.json(['thread', one])), text => text.includes('for this.'))
  await seedbox.json(['comment', id], '> Thanks\n\nYou are **welcome**.')
  await visit(page, '/inbox')
  await page.locator('.excerpt').filter({ hasText: 'Thanks You are **welcome**.' }).waitFor()
})

test('who is muted is not shown at the next visit, not even before the peer is up', async () => {
  const { page } = ann
  await visit(page, `/c/${community}`)
  await keeps(page, ['One', 'Two'])
  await visit(page, `/p/${one}`)
  await postBy(page, 'One').getByRole('button', { name: 'More' }).click()
  await page.getByRole('button', { name: 'Mute this author' }).click()
  await keeps(page, [])
  const back = await comeBack(ann, `c/${community}`)
  ann.page = back.page
  await back.page.getByRole('main').getByRole('status', { name: 'Loading' }).waitFor()
  assert.is(await posts(back.page).count(), 0)
  assert.is(await back.page.getByText('No posts here yet').count(), 0)
  await back.release()
})

test('a feed in which all is hidden says how much and opens; what is folded opens by key and by a press anywhere', async () => {
  const { page } = ann
  await page.getByText('All 2 posts here are hidden').waitFor()
  await page.getByRole('button', { name: 'Show hidden posts too (2)' }).click()
  const folded = page.getByRole('article', { name: 'Folded post' })
  await until('both stand folded', async () => await folded.count() === 2)
  await page.keyboard.press('j')
  const at = await page.evaluate(() => document.activeElement?.getAttribute('data-post') ?? '')
  await page.keyboard.press('Enter')
  await until('one is open', async () => await folded.count() === 1)
  assert.is(await page.evaluate(() => document.activeElement?.getAttribute('data-post') ?? ''), at, 'whoever opened it stays there')
  await folded.locator('.concealed').click({ position: { x: 5, y: 5 } })
  await until('both are open', async () => await posts(page).locator('.post').count() === 2)
})

test('nothing went wrong on the way', () => { ann.assertClean() })

test.run()
