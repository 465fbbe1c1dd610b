// One person, several devices: a page becomes one by the seedbox' one-time address, another by the recovery phrase, and
// they share communities and drafts.
// test-timeout-ms: 900000
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { feedOf, openUser, runSeedbox, running, until, visit, webSuite, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('devices')
let seedbox: Seedbox
let laptop: User
let phone: User
let community = ''
let link = ''
let phoneAuthor = ''

test('the one-time address makes a page a device of the seedbox', async context => {
  seedbox = await runSeedbox(context)
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  link = String((await seedbox.json(['pair']))['url']).slice(seedbox.url.length)
  laptop = await openUser(context, seedbox, 'laptop', { path: link })
  await laptop.page.getByText('This page is now one of your devices').first().waitFor()
  assert.not.ok(laptop.page.url().includes('device='), 'the secret is out of the address')
  await visit(laptop.page, '/settings')
  assert.is(await authorOf(laptop.page), seedbox.author)
})

test('it finds the communities of the seedbox, and writes as its author', async () => {
  await visit(laptop.page, '/communities')
  await laptop.page.getByRole('main').getByRole('link', { name: /Gardens/ }).waitFor()
  const id = await writePost(laptop.page, community, 'From the laptop', 'One author, two devices.')
  const found = await until('the post at the seedbox', async () => (await feedOf(seedbox, community)).get('From the laptop'), post => post !== undefined)
  assert.is(found?.id, id)
  assert.is(JSON.stringify(found).includes(seedbox.author), true)
  await laptop.page.reload()
  await running(laptop.page)
  await visit(laptop.page, '/settings')
  assert.is(await authorOf(laptop.page), seedbox.author)
})

test('the address works once', async context => {
  phone = await openUser(context, seedbox, 'phone', { path: link, viewport: { width: 390, height: 844 } })
  await phone.page.getByText('This page was not paired').first().waitFor()
  await visit(phone.page, '/settings')
  phoneAuthor = await authorOf(phone.page)
  assert.is.not(phoneAuthor, seedbox.author)
})

test('a phrase that is none is refused, and nothing changes', async () => {
  for (const phrase of ['twelve words are not always a phrase of the right kind', 'abandon '.repeat(12).trim()]) {
    await usePhrase(phone.page, phrase)
    await phone.page.getByRole('main').getByRole('alert').waitFor()
    assert.is(await authorOf(phone.page), phoneAuthor)
  }
})

test('the recovery phrase makes another profile a device, with the same communities', async () => {
  const phrase = await readPhrase(laptop.page)
  await usePhrase(phone.page, phrase)
  await phone.page.waitForURL(seedbox.url)
  await running(phone.page)
  await visit(phone.page, '/settings')
  await until('the author of the phrase', async () => await authorOf(phone.page), author => author === seedbox.author)
  await visit(phone.page, '/network')
  await phone.page.getByText(/^Connected to your other devices\./).waitFor()
  await visit(phone.page, '/communities')
  await phone.page.getByRole('main').getByRole('link', { name: /Gardens/ }).waitFor()
  await visit(phone.page, `/c/${community}`)
  await phone.page.getByRole('article', { name: 'From the laptop' }).waitFor()
})

test('texts that were begun on one device stand on the other, both ways', async () => {
  await visit(laptop.page, '/submit')
  await visit(phone.page, '/submit')
  await draft(laptop.page, 'Begun on the laptop')
  await stands(phone.page, 'Begun on the laptop')
  await visit(laptop.page, '/')
  await visit(laptop.page, '/submit')
  await draft(phone.page, 'Gone on with on the phone')
  await stands(laptop.page, 'Gone on with on the phone')
})

test('a community that is joined on one device is joined on the others', async () => {
  const { address } = await seedbox.json(['community', 'create', 'kitchens', '--title', 'Kitchens', '--difficulty', '0'])
  for (const { page } of [laptop, phone]) {
    await visit(page, '/communities')
    await page.getByRole('main').getByRole('link', { name: /Kitchens/ }).waitFor()
  }
  await visit(phone.page, `/c/${String(address)}`)
  await phone.page.getByText('About this community').first().click()
  await phone.page.getByRole('button', { name: 'Leave' }).first().click()
  await phone.page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
  await visit(phone.page, '/settings')
  await phone.page.getByText(/^You left/).first().waitFor()
  await phone.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor() // who went on meanwhile stays there
  await laptop.page.getByRole('main').getByRole('link', { name: /Kitchens/ }).waitFor({ state: 'detached' })
})

test('the identity that the phone had before is still there', async () => {
  await visit(phone.page, '/settings')
  await phone.page.getByRole('listitem').filter({ hasText: phoneAuthor }).getByRole('button', { name: 'Use' }).click()
  await phone.page.waitForURL(seedbox.url)
  await running(phone.page)
  await visit(phone.page, '/settings')
  await until('the author it was', async () => await authorOf(phone.page), author => author === phoneAuthor)
  for (const user of [laptop, phone]) user.assertClean()
})

async function authorOf (page: Page): Promise<string> {
  const text = await page.locator('details', { hasText: 'Author id' }).locator('.address').textContent()
  return text ?? ''
}

async function usePhrase (page: Page, phrase: string): Promise<void> {
  await visit(page, '/communities') // what the form said before goes with it
  await visit(page, '/settings')
  await page.getByRole('textbox', { name: 'Recovery phrase' }).fill(phrase)
  await page.getByRole('button', { name: 'Use it', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Use it' }).click()
}

async function readPhrase (page: Page): Promise<string> {
  await visit(page, '/settings')
  await page.getByRole('button', { name: 'Show recovery phrase' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Show it' }).click()
  const items = page.getByRole('list', { name: 'Recovery phrase' }).getByRole('listitem')
  await items.nth(11).waitFor() // the phrase is read from the database when it is asked for
  const words = await items.allTextContents()
  assert.is(words.length, 12)
  return words.join(' ')
}

async function draft (page: Page, title: string): Promise<void> {
  await page.getByLabel('Title').fill(title)
  await page.getByText('Draft kept').waitFor()
}

async function stands (page: Page, title: string): Promise<void> {
  await until(`the draft ${title}`, async () => await page.getByLabel('Title').inputValue(), shown => shown === title)
}

test.run()
