// What strangers write is text: nothing of it runs, asks anybody for anything, breaks the page's layout or stops it.
// test-timeout-ms: 900000
import { randomBytes } from 'node:crypto'
import { createNode, createPhrase, type SeedbedNode } from '@seedbed/core'
import { createCrdtIndex, createSigner, periodOf, type CommunityAddress, type ContentId } from '@seedbed/crdt-index'
import { MemoryLevel } from 'memory-level'
import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { join, openUser, postBy, runSeedbox, showNew, until, visit, webSuite, type Seedbox, type User, type WebContext } from './harness.ts'

const test = webSuite('hostile')
const DEPTH = 10_000
/** The page has to answer within a second, on a machine that does nothing else; what these texts are made for takes minutes. */
const MAX_BLOCKED_MS = 15_000
const SIZES = [{ width: 1280, height: 800 }, { width: 390, height: 844 }]

const SCRIPTS = [
  '<script>alert("script")</script>', '<img src=x onerror=alert(1)>', '<svg onload=alert(2)>', '<iframe src="javascript:alert(3)"></iframe>',
  '![remote](http://127.0.0.1:9/pixel.png)', '![x](x" onerror="alert(4))', '[press](javascript:alert(5))', '[press](JaVaScRiPt&colon;alert(6))', '[press](data:text/html,<script>alert(7)</script>)',
  '[press][ref]\n\n[ref]: javascript:alert(8)', '<javascript:alert(9)>', '<style>body{display:none}</style>', '<a href="http://127.0.0.1:9/" ping="http://127.0.0.1:9/">x</a>', '<link rel=stylesheet href=http://127.0.0.1:9/x.css>',
  '[a](vbscript:x) [b](file:///etc/passwd) [c](blob:x) [d](//127.0.0.1:9/x) [e](seedbed:javascript:alert(10))'
].join('\n\n')
const ZALGO = `Z${'\u0300\u0301\u0302\u0489\u0334\u0335\u0336'.repeat(12)}algo`
const TEXTS: ReadonlyArray<readonly [title: string, text: string]> = [
  ['<script>alert(11)</script><img src=x onerror=alert(12)>', SCRIPTS],
  ['One word of 64,000 bytes', 'w'.repeat(64_000)],
  ['W'.repeat(300), 'A title without a space.'],
  ['\u202Eoverridden\u202D and \u2066isolated', `\u202Eevil.exe\n\n[\u202Egnp.moc.elpmaxe](http://example.com/)\n\n${'\u202B\u2067'.repeat(2000)}`],
  [ZALGO.slice(0, 90), `${ZALGO} `.repeat(300)],
  ['Quotes in quotes', `${'>'.repeat(30_000)} deep`],
  ['Lists in lists', Array.from({ length: 250 }, (_, i) => `${' '.repeat(i)}- x`).join('\n')],
  ['Brackets', `${'['.repeat(30_000)}a${']('.repeat(10_000)}`],
  ['Stars', '*a_ '.repeat(16_000)],
  ['Ticks', Array.from({ length: 300 }, (_, i) => '`'.repeat(i + 1)).join('a')],
  ['Wide code', `\`\`\`\n${'x'.repeat(20_000)}\n\`\`\`\n\n\`${'y'.repeat(20_000)}\``],
  ['Entities', '&lt;script&gt;&#x0;&#106;avascript:&NotAnEntity;'.repeat(1000)]
]

let seedbox: Seedbox
let mallory: SeedbedNode
let vera: User
let community: CommunityAddress
/** Pause of the main thread, milliseconds. */
let longest = 0
const posts: string[] = []
const db = new MemoryLevel()
const phrase = createPhrase()

test('a stranger writes what nobody wants to read', async context => {
  seedbox = await runSeedbox(context)
  const created = await seedbox.json(['community', 'create', 'open', '--title', 'Open to all', '--difficulty', '0'])
  community = created['address'] as CommunityAddress
  mallory = await openMallory(context)
  await mallory.communities.join(community)
  await mallory.profiles.set({ name: `\u202E<b>${'W'.repeat(40)}</b>`, about: `${SCRIPTS}\n\n${'w'.repeat(1000)}`.slice(0, 1500) })
  for (const [title, text] of TEXTS) posts.push((await mallory.posts.create({ community, title, text })).id)
  for (const [, text] of TEXTS) await mallory.comments.create({ parent: posts[0] ?? '', text })

  vera = await openUser(context, seedbox, 'Vera')
  await watchPauses(vera.page)
  const { link } = await seedbox.json(['invite', community])
  await join(vera.page, String(link))
  for (const id of posts) await seedbox.json(['thread', id]) // it keeps what was read, for those who cannot reach the stranger
})

for (const size of SIZES) {
  test(`feeds and authors' pages hold what strangers say of themselves, ${size.width} wide`, async () => {
    const { page } = vera
    await page.setViewportSize(size)
    for (const at of [`/c/${community}?sort=new`, '/?sort=new', `/u/${mallory.author}`, '/communities', '/network']) {
      await visit(page, at)
      if (at.includes('sort=') || at.startsWith('/u/')) {
        await until('all posts', async () => {
          await showNew(page)
          return await page.getByRole('main').locator('[data-post]').count()
        }, count => count >= TEXTS.length) // at home with those that come with the app
      }
      await harmless(page, at)
    }
  })

  test(`every post and comment is shown as text, ${size.width} wide`, async () => {
    const { page } = vera
    await page.setViewportSize(size)
    for (const [i, id] of posts.entries()) {
      const [title = '', text = ''] = TEXTS[i] ?? []
      await visit(page, `/p/${id}`)
      await page.locator('.post-open .prose').waitFor()
      assert.is(await page.getByRole('heading', { level: 1 }).textContent(), title)
      if (text === SCRIPTS) {
        await page.locator('.post-open .prose').getByText('<script>alert("script")</script>').waitFor()
        await until('its comments', async () => await page.locator('[data-comment] .prose').count(), count => count === TEXTS.length)
      }
      await harmless(page, title.slice(0, 30))
    }
  })
}

test('a form takes hostile text, and its preview is as harmless', async () => {
  const { page } = vera
  await visit(page, `/submit?c=${community}`)
  for (const [, text] of TEXTS) {
    await page.getByLabel('Text', { exact: true }).fill(text)
    await page.getByRole('button', { name: 'Preview' }).click()
    await page.locator('.preview .prose').waitFor()
    await harmless(page, `preview of ${text.slice(0, 20)}`)
    await page.getByRole('button', { name: 'Write', exact: true }).click()
  }
  await page.getByRole('button', { name: 'Clear' }).click()
})

test(`a thread of ${DEPTH} answers below each other opens, and a page of it shows`, async context => {
  const address = await deepThread(context)
  await visit(vera.page, `/c/${community}?sort=new`)
  await until('the deep thread in the feed', async () => {
    await showNew(vera.page)
    return await postBy(vera.page, 'Deep').getByText(`${DEPTH.toLocaleString('en-US')} comments`).isVisible()
  })
  for (const size of SIZES) {
    await vera.page.setViewportSize(size)
    await visit(vera.page, `/p/${address}`)
    await vera.page.getByRole('link', { name: /^Continue this thread/ }).waitFor()
    await harmless(vera.page, 'the deep thread')
  }
  const before = await vera.page.getByRole('article', { name: /^Comment by/ }).count()
  assert.ok(before > 0 && before <= 20, String(before))
  await vera.page.getByRole('link', { name: /^Continue this thread/ }).click()
  await vera.page.getByText('One branch of the thread.').waitFor()
  await vera.page.getByRole('link', { name: /^Continue this thread/ }).waitFor()
  await harmless(vera.page, 'a branch of it')
})

test('nothing ran and nobody was asked; the watch would have told', async () => {
  console.log(`longest pause of the main thread: ${Math.round(longest)} ms`)
  vera.assertClean()
  await vera.page.evaluate(() => { new Image().src = 'http://127.0.0.1:9/pixel.png' })
  await until('the forbidden picture', () => vera.strayRequests.length > 0)
  await vera.page.evaluate(() => { setTimeout(() => { alert('seen') }, 0) })
  await until('the dialog', () => vera.scriptDialogs.length > 0)
})

interface Pauses { longestPauseMs: number }

/** Notes from now on how long the main thread did not answer. */
async function watchPauses (page: Page): Promise<void> {
  await page.evaluate(() => {
    const scope = globalThis as unknown as Pauses
    const everyMs = 20
    let lastMs = performance.now()
    scope.longestPauseMs = 0
    setInterval(() => {
      const nowMs = performance.now()
      scope.longestPauseMs = Math.max(scope.longestPauseMs, nowMs - lastMs - everyMs)
      lastMs = nowMs
    }, everyMs)
  })
}

/** Nothing but plain elements and harmless links, nothing wider than the screen, and a main thread that answered ever since the last look. */
async function harmless (page: Page, where: string): Promise<void> {
  const found = await page.evaluate(async () => {
    const root = document.documentElement
    const scope = globalThis as unknown as Pauses
    for (let i = 0; i < 3; i++) await new Promise(resolve => { setTimeout(() => { requestAnimationFrame(resolve) }, 20) })
    const blockedMs = scope.longestPauseMs
    scope.longestPauseMs = 0
    const safe = new Set(['http:', 'https:', 'mailto:', 'data:'])
    return {
      elements: [...document.querySelectorAll('main :is(script, style, img, iframe, object, embed, link, video, audio, meta, base)')].map(element => element.outerHTML.slice(0, 100)),
      handlers: [...document.querySelectorAll('main *')].filter(element => element.getAttributeNames().some(name => name.startsWith('on'))).map(element => element.outerHTML.slice(0, 100)),
      links: [...document.querySelectorAll<HTMLAnchorElement>('main a[href]')].filter(link => !safe.has(link.protocol)).map(link => link.href.slice(0, 100)),
      opened: [...document.querySelectorAll<HTMLAnchorElement>('main .prose a[target=_blank]')].filter(({ rel }) => !rel.includes('noopener')).length,
      wide: root.scrollWidth > innerWidth ? `${root.scrollWidth} in ${innerWidth}` : null,
      blockedMs
    }
  })
  longest = Math.max(longest, found.blockedMs)
  assert.ok(found.blockedMs < MAX_BLOCKED_MS, `${where}: ${found.blockedMs} ms`)
  assert.equal({ ...found, blockedMs: 0 }, { elements: [], handlers: [], links: [], opened: 0, wide: null, blockedMs: 0 }, where)
}

/** Mallory, on the database that they had before. */
async function openMallory (context: WebContext): Promise<SeedbedNode> {
  const { addresses } = await seedbox.json(['status']) as { addresses: string[] }
  return context.stack.use(await createNode({ db, phrase, network: { connect: addresses.slice(0, 1) }, torrent: false }))
}

/** A post with a chain of answers, whose texts nobody has; answers with its id. */
async function deepThread (context: WebContext): Promise<string> {
  await mallory.close()
  const index = await createCrdtIndex({ db: db.sublevel('index') })
  const writer = index.writer(createSigner(randomBytes(32)))
  const createdMs = Date.now()
  const period = periodOf(createdMs)
  const contentId = (): ContentId => randomBytes(20).toString('hex') as ContentId
  const id = contentId()
  const root = await writer.post({ community, contentId: id, length: 500, title: 'Deep', createdMs })
  let parent = root
  for (let i = 0; i < DEPTH; i++) parent = await writer.comment({ community, period, contentId: contentId(), length: 500, createdMs, root, parent })
  await index.close()
  mallory = await openMallory(context)
  return id
}

test.run()
