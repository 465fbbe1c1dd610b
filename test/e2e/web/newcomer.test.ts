// What somebody does who comes for the first time, knows other forums, and likes keys.
// test-timeout-ms: 900000
import * as assert from 'uvu/assert'
import { beginCommunity, commentBy, openUser, postBy, reply, runSeedbox, until, visit, webSuite, writeComment, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('newcomer')

let seedbox: Seedbox
let ann: User
let ben: User
let community = ''
let post = ''

test('a first visit shows what came with the app, and never an empty page before', async context => {
  seedbox = await runSeedbox(context)
  ann = await openUser(context, seedbox, 'Ann')
  const { page } = ann
  await postBy(page, 'What Seedbed is').waitFor()
  await using fresh = await openUser(context, seedbox, 'Dora', { path: 'settings' }) // nothing is looked at yet
  await fresh.page.context().addInitScript(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seenNotices: seen })
    new MutationObserver(() => {
      const title = document.querySelector('.notice-title')?.textContent
      if (title != null) seen.push(title)
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
  await fresh.page.evaluate(async () => { // as if nobody had been here
    localStorage.clear()
    for (const { name = '' } of await indexedDB.databases()) indexedDB.deleteDatabase(name)
  })
  await fresh.page.goto(seedbox.url)
  await postBy(fresh.page, 'What Seedbed is').waitFor()
  assert.equal(await fresh.page.evaluate(() => (globalThis as unknown as { seenNotices: string[] }).seenNotices), [])
})

test('a web address, opened in another browser, leads to the post that was shared', async context => {
  community = await beginCommunity(ann.page, 'gardens', 'Gardens of the valley')
  post = await writePost(ann.page, community, 'First frost', 'Cover the figs.')
  await ann.page.getByRole('button', { name: 'Share' }).click()
  const dialog = ann.page.getByRole('dialog', { name: 'Share this post' })
  await dialog.getByText('the address works nowhere else').waitFor() // it is served on loopback
  await dialog.getByRole('button', { name: 'Copy seedbed link' }).click()
  await dialog.getByRole('button', { name: 'Copied' }).waitFor()
  assert.match(await ann.page.evaluate(async () => await navigator.clipboard.readText()), new RegExp(`^seedbed:${community}`))
  await dialog.getByRole('button', { name: 'Copy web address' }).click()
  const address = await until('a web address', async () => await ann.page.evaluate(async () => await navigator.clipboard.readText()), text => text.startsWith(seedbox.url))
  await ann.page.keyboard.press('Escape')

  ben = await openUser(context, seedbox, 'Ben', { path: address.slice(seedbox.url.length) })
  await ben.page.getByRole('button', { name: 'Join', exact: true }).click()
  await ben.page.waitForURL(new RegExp(`/p/${post}$`))
  await ben.page.getByText('Cover the figs.').waitFor()
})

test('comments come in the order that is chosen, with their answers, and each has an address', async () => {
  const { page } = ben
  await writeComment(page, 'With what?')
  await writeComment(page, 'Since when?')
  await reply(page, 'With what?', 'Straw.')
  const texts = async (): Promise<string[]> => await page.locator('[data-comment] .prose').allTextContents()
  const order = page.getByRole('group', { name: 'Order of the comments' })
  await order.getByRole('button', { name: 'Newest' }).click()
  await until('the newest first', texts, shown => shown.join() === 'Since when?,With what?,Straw.')
  await order.getByRole('button', { name: 'Oldest' }).click()
  await until('the oldest first', texts, shown => shown.join() === 'With what?,Straw.,Since when?')
  await commentBy(page, 'With what?').getByRole('link', { name: /now|ago/ }).click()
  await page.waitForURL(new RegExp(`/p/${post}/[0-9a-f]{40}$`))
  await until('its branch alone', texts, shown => shown.join() === 'With what?,Straw.')
})

test('a post is found by words of its title, and by its author\'s', async () => {
  const { page } = ben
  await visit(page, '/')
  await page.keyboard.press('/')
  await page.getByRole('search').getByRole('textbox').fill('FROST fir')
  await page.getByText('1 post', { exact: true }).waitFor()
  await postBy(page, 'First frost').waitFor()
  await page.getByRole('search').getByRole('textbox').fill('frost in july')
  await page.getByText('No post matches.').waitFor()
})

test('keys leave a field, and go on where a post was left', async () => {
  const { page } = ben
  await visit(page, '/')
  await postBy(page, 'What Seedbed is').waitFor()
  const at = async (): Promise<string | null> => await page.evaluate(() => document.activeElement?.getAttribute('data-post') ?? null)
  await page.keyboard.press('j')
  const first = await at()
  await page.keyboard.press('j')
  const second = await at()
  assert.ok(first !== null && second !== null && first !== second)
  await page.keyboard.press('o')
  await page.getByLabel('Add a comment').waitFor()
  await page.keyboard.press('c')
  await page.keyboard.type('a thought')
  await page.keyboard.press('Escape')
  assert.is(await page.getByLabel('Add a comment').inputValue(), 'a thought')
  assert.is(await page.evaluate(() => document.activeElement?.tagName), 'MAIN')
  await page.goBack()
  await postBy(page, 'What Seedbed is').waitFor()
  await page.keyboard.press('j')
  assert.is(await at(), second)
})

test('a new post goes to the community that one reads in', async () => {
  const { page } = ben
  await visit(page, `/p/${post}`)
  await postBy(page, 'First frost').waitFor()
  await page.getByRole('link', { name: 'New post' }).click()
  await page.waitForURL(new RegExp(`/submit\\?c=${community}$`))
})

test('who is left alone is told', async () => {
  await seedbox.kill()
  await ann[Symbol.asyncDispose]()
  await ben.page.getByRole('banner').getByRole('link', { name: 'Not connected' }).waitFor()
})

test.run()
