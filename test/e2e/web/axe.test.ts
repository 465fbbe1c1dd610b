// Every screen and dialog, light and dark, on a desk and on a phone: axe-core finds nothing against any of them.
// test-timeout-ms: 900000
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { commentBy, join, openUser, postBy, runSeedbox, until, visit, webSuite, writeComment, writePost, type Seedbox, type User } from './harness.ts'

const test = webSuite('axe')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const THEMES = ['light', 'dark'] as const
const SIZES = [{ width: 1280, height: 800 }, { width: 390, height: 844 }] as const

interface Violation { readonly id: string, readonly nodes: ReadonlyArray<{ readonly target: readonly unknown[], readonly failureSummary?: string }> }

let seedbox: Seedbox
let ann: User
let community = ''
let own = ''
let other = ''
let otherAuthor = ''

/** A state of a screen: how to get there, and what shows that it is reached. */
interface State { readonly name: string, readonly reach: (page: Page) => Promise<void>, readonly leave?: (page: Page) => Promise<void> }

const closeDialog = async (page: Page): Promise<void> => {
  await page.keyboard.press('Escape')
  await page.locator('dialog[open]').waitFor({ state: 'detached' }) // messages have that role too
}
const heading = async (page: Page, name: string | RegExp): Promise<void> => { await page.getByRole('heading', { name, level: 1 }).waitFor() }
const at = (name: string, path: () => string, title: string | RegExp): State => ({ name, reach: async page => { await visit(page, path()); await heading(page, title) } })

const STATES: readonly State[] = [
  { name: 'home, hot', reach: async page => { await visit(page, '/'); await postBy(page, 'Own words').waitFor() } },
  { name: 'home, top of the year', reach: async page => { await visit(page, '/?sort=top&window=year'); await postBy(page, 'Own words').waitFor() } },
  { name: 'a community', reach: async page => { await visit(page, `/c/${community}`); await postBy(page, 'Words of another').waitFor() } },
  at('a community without posts', () => `/c/${empty}`, 'Empty'),
  at('a community that was not joined', () => `/c/${'ab'.repeat(32)}`, 'You have not joined this community'),
  { name: 'a post with comments', reach: async page => { await visit(page, `/p/${other}`); await commentBy(page, 'An answer to it.').waitFor() } },
  { name: 'an open answer, and a preview', reach: async page => {
    await visit(page, `/p/${other}`)
    await commentBy(page, 'An answer to it.').getByRole('button', { name: 'Reply' }).click()
    await page.getByLabel('Your answer').fill('**Bold** and `code`\n\n> quote\n\n```\nblock\n```')
    await commentBy(page, 'An answer to it.').getByRole('button', { name: 'Preview' }).click()
    await page.locator('.preview .prose').waitFor()
  } },
  { name: 'a folded comment', reach: async page => {
    await visit(page, '/')
    await visit(page, `/p/${other}`)
    await commentBy(page, 'An answer to it.').getByRole('button', { name: /^Fold/ }).click()
    await page.getByRole('button', { name: /^Unfold/ }).waitFor()
  } },
  { name: 'an own post that is edited', reach: async page => {
    await visit(page, `/p/${own}`)
    await postBy(page, 'Own words').getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('button', { name: 'Save changes' }).waitFor()
  } },
  { name: 'the question before deleting', reach: async page => {
    await visit(page, '/')
    await visit(page, `/p/${own}`)
    await postBy(page, 'Own words').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog', { name: 'Delete this post?' }).waitFor()
  }, leave: closeDialog },
  { name: 'a post that is not known', reach: async page => { await visit(page, `/p/${'ab'.repeat(20)}`); await heading(page, 'This post is not known here yet') } },
  { name: 'the own profile', reach: async page => { await visit(page, `/u/${await author(page)}`); await page.getByRole('form', { name: 'Your profile' }).waitFor() } },
  { name: 'another author', reach: async page => { await visit(page, `/u/${otherAuthor}`); await page.getByRole('button', { name: 'Follow' }).waitFor() } },
  at('a new post', () => `/submit?c=${community}`, 'New post'),
  { name: 'a new post that is too long', reach: async page => {
    await visit(page, `/submit?c=${community}`)
    await page.getByLabel('Title').fill('W'.repeat(301))
    await page.getByLabel('Text', { exact: true }).fill('w'.repeat(64_001))
    await page.getByText('64,001 of 64,000 bytes.').waitFor()
  }, leave: async page => { await page.getByRole('button', { name: 'Clear' }).click() } },
  at('communities', () => '/communities', 'Communities'),
  at('beginning a community', () => '/create', 'Begin a community'),
  at('joining', () => '/join', 'Join a community'),
  { name: 'a link that is none', reach: async page => {
    await visit(page, '/join')
    await page.getByLabel('Invitation link or address').fill('nonsense')
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await page.getByRole('main').getByRole('alert').waitFor()
  } },
  { name: 'saved', reach: async page => { await visit(page, '/saved'); await postBy(page, 'Words of another').waitFor() } },
  { name: 'what is seeded', reach: async page => { await visit(page, '/seeds'); await page.getByRole('listitem').filter({ hasText: 'Words of another' }).waitFor() } },
  { name: 'the network', reach: async page => { await visit(page, '/network'); await page.getByRole('heading', { name: 'Seedboxes' }).waitFor(); await page.getByRole('heading', { name: 'Your devices' }).waitFor() } },
  at('settings', () => '/settings', 'Settings'),
  { name: 'the question before the phrase', reach: async page => {
    await visit(page, '/settings')
    await page.getByRole('button', { name: 'Show recovery phrase' }).click()
    await page.getByRole('dialog', { name: 'Show the recovery phrase?' }).waitFor()
  }, leave: closeDialog },
  { name: 'the phrase', reach: async page => {
    await visit(page, '/settings')
    await page.getByRole('button', { name: 'Show recovery phrase' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Show it' }).click()
    await page.getByRole('list', { name: 'Recovery phrase' }).waitFor()
  }, leave: async page => { await page.getByRole('button', { name: 'Hide' }).click() } },
  { name: 'the question before another identity', reach: async page => {
    await visit(page, '/settings')
    await page.getByRole('textbox', { name: 'Recovery phrase' }).fill('some words')
    await page.getByRole('button', { name: 'Use it', exact: true }).click()
    await page.getByRole('dialog', { name: 'Use this identity?' }).waitFor()
  }, leave: closeDialog },
  { name: 'keys', reach: async page => { await visit(page, '/saved'); await page.keyboard.press('?'); await page.getByRole('dialog', { name: 'Keys' }).waitFor() }, leave: closeDialog },
  { name: 'the question before leaving', reach: async page => {
    await visit(page, '/')
    await visit(page, `/c/${community}`)
    const fold = page.getByText('About this community', { exact: true }).first()
    if (await fold.isVisible()) await fold.click()
    await page.getByRole('button', { name: 'Leave' }).filter({ visible: true }).click()
    await page.getByRole('dialog', { name: /^Leave / }).waitFor()
  }, leave: closeDialog },
  at('an address that is none', () => '/no/such/place', /./),
  { name: 'offline', reach: async page => { await page.context().setOffline(true); await visit(page, '/'); await page.getByText('You are offline.').waitFor() }, leave: async page => { await page.context().setOffline(false) } }
]

let empty = ''

test('there is something to look at', async context => {
  seedbox = await runSeedbox(context)
  const create = async (slug: string, title: string): Promise<string> => String((await seedbox.json(['community', 'create', slug, '--title', title, '--difficulty', '0']))['address'])
  community = await create('gardens', 'Gardens')
  empty = await create('empty', 'Empty')
  await seedbox.json(['profile', '--name', 'Somebody else'])
  const written = await seedbox.json(['post', 'gardens', '--title', 'Words of another'], '# Heading\n\nA [link](https://example.com/), `code`, **bold**.\n\n> A quote.\n\n1. one\n2. two\n\n```\nblock\n```')
  other = String(written['id'])
  otherAuthor = seedbox.author
  await seedbox.json(['comment', other], 'An answer to it.')
  ann = await openUser(context, seedbox, 'Ann')
  await ann.page.emulateMedia({ reducedMotion: 'reduce' })
  for (const address of [community, empty]) await join(ann.page, String((await seedbox.json(['invite', address]))['link']))
  own = await writePost(ann.page, community, 'Own words', 'For looking at.')
  await visit(ann.page, `/p/${other}`)
  await commentBy(ann.page, 'An answer to it.').waitFor()
  await postBy(ann.page, 'Words of another').getByRole('button', { name: 'Upvote this post' }).click()
  await postBy(ann.page, 'Words of another').getByText('you seed it').first().waitFor()
  await postBy(ann.page, 'Words of another').getByRole('button', { name: 'Save', exact: true }).click()
  await writeComment(ann.page, 'Seen.')
  await ann.page.evaluate(AXE)
  await ann.page.evaluate(() => { document.body.append(document.createElement('img')) })
  assert.is((await violations(ann.page)).some(({ id }) => id === 'image-alt'), true, 'axe would tell')
  await ann.page.evaluate(() => { document.querySelector('body > img')?.remove() })
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
        for (const { id, nodes } of await violations(page)) found.push(`${name}: ${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary ?? ''})`).join('; ')}`)
        await leave?.(page)
      }
      assert.equal(found, [])
    })
  }
}

test('nothing went wrong unseen', () => {
  ann.assertClean()
})

async function violations (page: Page): Promise<readonly Violation[]> {
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run (): Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, failureSummary = '' }) => ({ target, failureSummary })) }))
  })
}

async function author (page: Page): Promise<string> {
  await visit(page, '/settings')
  return await until('the own author id', async () => await page.locator('details', { hasText: 'Author id' }).locator('.address').textContent() ?? '', id => id.length === 64)
}

test.run()
