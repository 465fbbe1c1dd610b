// Several tabs of one browser are one peer: what one writes the others show, and when the tab that runs it goes, another
// takes over.
// test-timeout-ms: 900000
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { feedOf, join, openUser, postBy, runSeedbox, running, showNew, until, visit, webSuite, writeComment, commentBy, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('tabs')
const HERE = 'The peer of all your tabs runs in this one.'
const ELSEWHERE = 'The peer runs in another tab of this browser; this one uses it.'

let seedbox: Seedbox
let ann: User
let second: Page
let community = ''
let author = ''
let post = ''

test('two tabs of one profile are one peer', async context => {
  seedbox = await runSeedbox(context)
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  ann = await openUser(context, seedbox, 'Ann')
  await join(ann.page, String((await seedbox.json(['invite', community]))['link']))
  second = await ann.tab(`c/${community}`)
  for (const [page, place] of [[ann.page, HERE], [second, ELSEWHERE]] as const) {
    await visit(page, '/settings')
    await page.getByText(place).waitFor()
  }
  author = await authorOf(ann.page)
  assert.is(await authorOf(second), author)
  await until('one connected peer', async () => (await seedbox.json(['peers'])) as { items: unknown[] }, ({ items }) => items.length === 1)
})

test('what is written in one appears in the other, both ways', async () => {
  await visit(second, `/c/${community}`)
  post = await writePost(ann.page, community, 'From the first tab', 'Hello there.')
  await postBy(second, 'From the first tab').waitFor()
  await visit(second, `/p/${post}`)
  await second.getByText('Hello there.').waitFor()
  await writeComment(second, 'Hello here.')
  await commentBy(ann.page, 'Hello here.').waitFor()
})

test('a text that was begun in one stands in the other', async () => {
  await visit(ann.page, '/submit')
  await ann.page.getByLabel('Title').fill('Half a thought')
  await ann.page.getByText('Draft kept').waitFor()
  await visit(second, '/submit')
  await until('the draft', async () => await second.getByLabel('Title').inputValue(), title => title === 'Half a thought')
})

test('the tab that ran the peer is closed, and the other goes on', async () => {
  await visit(second, `/p/${post}`)
  await second.getByText('Hello there.').waitFor()
  await ann.page.close()
  await visit(second, '/settings')
  await second.getByText(HERE).waitFor()
  assert.is(await authorOf(second), author)
  await visit(second, `/p/${post}`)
  await commentBy(second, 'Hello here.').waitFor()
  await writeComment(second, 'Still here.')
  await writePost(second, community, 'From the second tab', 'The first is gone.')
  await until('both posts at the seedbox', async () => await feedOf(seedbox, community), posts => posts.size === 2 && posts.get('From the first tab')?.comments === 2)
})

test('a tab that crashes is survived too', async () => {
  const third = await ann.tab(`c/${community}`)
  for (const title of ['From the first tab', 'From the second tab']) await postBy(third, title).waitFor()
  const crashed = second.waitForEvent('crash')
  second.goto('chrome://crash').catch(() => {}) // never answers
  await crashed
  await visit(third, '/settings')
  await third.getByText(HERE).waitFor()
  await writePost(third, community, 'From the third tab', 'The second has crashed.')
  await until('its post at the seedbox', async () => (await feedOf(seedbox, community)).has('From the third tab'))
  second = third
})

test('a page that is loaded again is the same author, with the same data', async () => {
  await second.reload()
  await running(second)
  await visit(second, '/settings')
  assert.is(await authorOf(second), author)
  await visit(second, `/c/${community}`)
  await showNew(second)
  for (const title of ['From the first tab', 'From the second tab', 'From the third tab']) await postBy(second, title).waitFor()
  ann.assertClean()
})

async function authorOf (page: Page): Promise<string> {
  const text = await page.locator('details', { hasText: 'Author id' }).locator('.address').textContent() ?? ''
  assert.match(text, /^[0-9a-f]{64}$/)
  return text
}

test.run()
