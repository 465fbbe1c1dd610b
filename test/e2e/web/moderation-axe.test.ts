// Screens and dialogs of moderation and of the inbox, light and dark, on a desk and on a phone: axe-core finds nothing
// against any of them, and nothing is wider than the screen.
// test-timeout-ms: 900000
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { join, openUser, runSeedbox, until, visit, webSuite, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('moderation-axe')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const THEMES = ['light', 'dark'] as const
const SIZES = [{ width: 1280, height: 800 }, { width: 390, height: 844 }] as const

let seedbox: Seedbox
let ann: User
let community = ''
let own = ''
let folded = ''
let hidden = ''

interface State { readonly name: string, readonly reach: (page: Page) => Promise<void>, readonly leave?: (page: Page) => Promise<void> }

const closeDialog = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape')
  await page.locator('dialog[open]').waitFor({ state: 'detached' })
}
const concealed = (page: Page): ReturnType<Page['locator']> => page.getByRole('main').locator('.concealed').first()

const STATES: readonly State[] = [
  { name: 'inbox', reach: async page => { await visit(page, '/inbox'); await page.getByRole('list', { name: 'Messages' }).getByRole('article').first().waitFor() } },
  { name: 'feed with something folded', reach: async page => { await visit(page, `/c/${community}?sort=new`); await concealed(page).waitFor() } },
  { name: 'feed with what is hidden', reach: async page => {
    await visit(page, `/c/${community}?sort=new`)
    await page.getByRole('button', { name: 'Show hidden posts too' }).click()
    await until('both stand folded', async () => await page.getByRole('main').locator('.concealed').count() === 2)
    await concealed(page).getByRole('button', { name: 'Show anyway' }).click()
  }, leave: async page => { await page.getByRole('button', { name: 'Showing hidden posts too' }).click() } },
  { name: 'a folded post', reach: async page => { await visit(page, '/'); await visit(page, `/p/${folded}`); await page.getByRole('heading', { name: 'Folded post' }).waitFor() } },
  { name: 'a folded post, shown', reach: async page => { await concealed(page).getByRole('button', { name: 'Show anyway' }).click(); await page.getByText('Wake up.').waitFor() } },
  { name: 'a hidden post', reach: async page => { await visit(page, `/p/${hidden}`); await page.getByRole('heading', { name: 'Hidden post' }).waitFor() } },
  { name: 'what can be done about a post', reach: async page => {
    await page.getByRole('main').getByRole('button', { name: 'More' }).first().click()
    await page.getByRole('dialog').getByRole('form', { name: 'Your label' }).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Mute this author' }).waitFor()
  }, leave: closeDialog },
  { name: 'another word', reach: async page => {
    await page.getByRole('main').getByRole('button', { name: 'More' }).first().click()
    await page.getByRole('dialog').getByLabel('Label it').selectOption('')
    await page.getByRole('dialog').getByRole('textbox', { name: 'Word' }).waitFor()
  }, leave: closeDialog },
  { name: 'whom to mention', reach: async page => {
    await visit(page, `/p/${own}`)
    await page.getByLabel('Add a comment').fill('Dear @')
    await page.getByRole('group', { name: 'Mention' }).getByRole('button').first().waitFor()
  }, leave: async page => { await page.getByLabel('Add a comment').fill('') } },
  { name: 'moderators', reach: async page => { await visit(page, `/c/${community}/moderators`); await page.getByRole('list', { name: 'Moderators' }).getByRole('listitem').first().waitFor() } },
  { name: 'nobody of that name', reach: async page => {
    await page.getByRole('textbox', { name: /moderator/ }).fill('nobody')
    await page.getByRole('button', { name: 'Follow', exact: true }).click()
    await page.getByRole('main').getByRole('alert').waitFor()
  } },
  { name: 'authors that are muted', reach: async page => { await visit(page, '/settings'); await page.getByRole('region', { name: 'Authors you muted' }).waitFor() } }
]

test('there is something to look at', async context => {
  seedbox = await runSeedbox(context)
  community = String((await seedbox.json(['community', 'create', 'gardens', '--title', 'Gardens', '--difficulty', '0']))['address'])
  await seedbox.json(['profile', '--name', 'Founder'])
  folded = String((await seedbox.json(['post', 'gardens', '--title', 'Slugs are a plot'], 'Wake up.'))['id'])
  hidden = String((await seedbox.json(['post', 'gardens', '--title', 'Buy cheap seeds'], 'Only today.'))['id'])
  await seedbox.json(['label', folded, 'heated', '--reason', 'Please cool off a little before you go on, all of you who read this long reason'])
  await seedbox.json(['label', hidden, 'spam', '--reason', 'an advertisement'])
  ann = await openUser(context, seedbox, 'Ann')
  await ann.page.emulateMedia({ reducedMotion: 'reduce' })
  await join(ann.page, String((await seedbox.json(['invite', community]))['link']))
  own = await writePost(ann.page, community, 'When to prune', 'Asking for a friend.')
  await until('the seedbox knows the post', async () => (await seedbox.json(['feed', 'gardens'])) as { items: Array<{ id: string }> }, ({ items }) => items.some(({ id }) => id === own))
  await seedbox.json(['comment', own], 'In March.')
  await ann.page.getByRole('link', { name: 'Inbox, 1 new' }).waitFor()
  await visit(ann.page, `/u/${'ab'.repeat(32)}`) // somebody whom nobody here knows
  await ann.page.getByRole('button', { name: 'Mute' }).click()
  await ann.page.evaluate(AXE)
})

for (const size of SIZES) {
  for (const theme of THEMES) {
    test(`${theme}, ${size.width} wide`, async () => {
      const { page } = ann
      await page.setViewportSize(size)
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      const found: string[] = []
      for (const { name, reach, leave } of STATES) {
        await reach(page)
        for (const { id, nodes } of await violations(page)) found.push(`${name}: ${id}: ${nodes.join('; ')}`)
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        if (width > size.width) found.push(`${name}: ${width} wide`)
        await leave?.(page)
      }
      assert.equal(found, [])
    })
  }
}

test('nothing went wrong unseen', () => {
  ann.assertClean()
})

async function violations (page: Page): Promise<ReadonlyArray<{ readonly id: string, readonly nodes: readonly string[] }>> {
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run (): Promise<{ violations: Array<{ id: string, nodes: Array<{ target: unknown[], failureSummary?: string }> }> }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary = '' }) => `${target.join(' ')} (${failureSummary})`) }))
  })
}

test.run()
