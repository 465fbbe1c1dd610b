// test-timeout-ms: 180000
// One peer for all tabs of a Chromium profile: in a worker of the tab that leads, and in another one when that tab goes.
import { gzipSync } from 'node:zlib'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type * as Entry from './entries/remote.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type BundleSize, type StaticServer } from './harness.ts'

type Calls = typeof Entry
const test = suite('one peer for the tabs of a profile')
const stack = new AsyncDisposableStack()
let server: StaticServer
let parts: BundleSize[] = []

const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)

test.before(async () => {
  const { folder } = stack.use(await temporaryFolder())
  parts = await bundle({ remote: entry('remote'), 'remote-worker': entry('remote-worker'), page: path.join(import.meta.dirname, '../../packages/core/src/page.ts') }, folder, { minify: true })
  server = stack.use(await serveFolder(folder))
})

test.after(async () => { await stack.disposeAsync() })

async function call <Name extends keyof Calls> (page: Page, name: Name, ...args: Parameters<Calls[Name]>): Promise<Awaited<ReturnType<Calls[Name]>>> {
  return await page.evaluate(async ({ name, args }) => {
    const entry = await import(`${location.origin}/remote.js`) as Record<string, (...args: unknown[]) => unknown>
    return await entry[name]?.(...args)
  }, { name, args }) as Awaited<ReturnType<Calls[Name]>>
}

async function until (what: string, holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now()
  while (!await holds()) {
    if (performance.now() - startMs > 20_000) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return performance.now() - startMs
}

/** Chunks that load when the page loads. */
function eager (file: string, seen: Set<string> = new Set()): Set<string> {
  if (!seen.has(file)) {
    seen.add(file)
    for (const next of parts.find(part => part.file === file)?.imports ?? []) eager(next, seen)
  }
  return seen
}

test('what a page loads is small and holds no peer', () => {
  const files = parts.filter(({ file }) => eager('page.js').has(file))
  const bytes = files.reduce((sum, { code }) => sum + gzipSync(code).length, 0)
  console.log(`  page.ts: ${bytes} bytes gzip`)
  assert.ok(bytes < 8 * 1024, `${bytes} bytes`)
  for (const { code } of files) assert.not.match(code, /gossipsub|multiaddr\(|YMap|noise/)
})

test('two tabs share one peer', async () => {
  await using profile = await openProfile()
  const first = await profile.open(server.url, 'first')
  const second = await profile.open(server.url, 'second')
  const opened = await call(first, 'open')
  const followed = await call(second, 'open')
  console.log(`  up in ${opened.ms.toFixed(0)} ms, a second tab in ${followed.ms.toFixed(0)} ms`)
  assert.equal([opened.workers, followed.workers], [1, 0], 'one worker runs')
  assert.is(followed.author, opened.author)
  assert.equal([await call(first, 'place'), await call(second, 'place')], ['here', 'elsewhere'])
  const community = await call(first, 'create', 'tabs')
  await call(first, 'watch')
  await call(second, 'post', community, 'From the second tab')
  await until('the first tab shows it', async () => (await call(first, 'titles')).includes('From the second tab'))
  for (const [name, page] of [['leading', first], ['other', second]] as const) {
    const { callMs, liveMs, postMs } = await call(page, 'overhead', community)
    console.log(`  ${name} tab: call ${callMs.toFixed(2)} ms, post ${postMs.toFixed(1)} ms, shown live after ${liveMs.toFixed(1)} ms`)
  }
  assert.equal(profile.errors, [])
})

for (const [how, leave] of [
  ['closed', async (page: Page) => { await page.close() }],
  ['crashed', async (page: Page) => { await page.goto('chrome://crash').catch(() => {}) }]
] as const) {
  test(`the leading tab is ${how}: another takes over, with its data, and live queries go on`, async () => {
    await using profile = await openProfile()
    const pages = [await profile.open(server.url, 'first'), await profile.open(server.url, 'second'), await profile.open(server.url, 'third')] as const
    const authors = []
    for (const page of pages) authors.push((await call(page, 'open')).author)
    const community = await call(pages[0], 'create', 'moving')
    await call(pages[0], 'post', community, 'Before')
    await call(pages[2], 'watch')
    await until('the third tab shows it', async () => (await call(pages[2], 'titles')).includes('Before'))
    await leave(pages[0])
    const ms = await until('the second tab leads', async () => await call(pages[1], 'place') === 'here')
    console.log(`  taken over in ${ms.toFixed(0)} ms`)
    assert.equal(await call(pages[1], 'feedTitles'), ['Before'])
    assert.ok('id' in await call(pages[1], 'post', community, 'After'))
    await until('the live query of the third tab goes on', async () => (await call(pages[2], 'titles')).includes('After'))
    assert.is(await call(pages[2], 'place'), 'elsewhere')
    assert.equal(new Set(authors).size, 1)
    assert.equal(profile.errors, [])
  })
}

test('a call that waits for a new peer is answered by it, and a reload of the only tab keeps the data', async () => {
  await using profile = await openProfile()
  const page = await profile.open(server.url, 'only')
  const { author } = await call(page, 'open')
  const community = await call(page, 'create', 'kept')
  await call(page, 'post', community, 'Kept')
  await page.reload()
  assert.is((await call(page, 'open')).author, author)
  assert.equal(await call(page, 'feedTitles'), ['Kept'])
  const other = await profile.open(server.url, 'other')
  await call(other, 'open')
  const closing = page.close()
  const asked = call(other, 'feedTitles')
  await closing
  assert.equal(await asked, ['Kept'])
  assert.equal(profile.errors, [])
})

test.run()
