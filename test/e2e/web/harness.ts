// People with browsers: a seedbox as it is started by its command, the built web app as it is served, and a profile of
// Chromium for each person. What a page throws, and what it asks of anybody but its seedbox, is kept for the test.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { suite, type uvu } from 'uvu'
import * as assert from 'uvu/assert'
import { json, peerContext, runPeer, type Context } from '../../../packages/example-app/test/cli/process/harness.ts'
import { openProfile, type Profile } from '../../browser/harness.ts'

export { json, peerContext, runPeer, seedbed, start, type Context } from '../../../packages/example-app/test/cli/process/harness.ts'

const root = path.resolve(import.meta.dirname, '../../..')
/** Longest wait for anything: on a machine that does much else everything takes ten times as long. */
export const WAIT_MS = 150_000
const POLL_MS = 100

/** A suite over one folder; what `stack` holds, and every process, is ended after it. */
export interface WebContext extends Context {
  stack: AsyncDisposableStack
  /** Whom pages may ask: the fronts of the seedboxes that ran. */
  origins: Set<string>
}

export function webSuite (name: string): uvu.Test<WebContext> {
  const test = suite<WebContext>(`e2e/web/${name}`)
  test.before(async context => {
    context.stack = new AsyncDisposableStack()
    context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-web-'))
    context.data = path.join(context.dir, 'seedbox')
    context.children = []
    context.origins = new Set()
    await builtWeb()
  })
  test.after(async ({ stack, dir, children }) => {
    await stack.disposeAsync()
    for (const child of children) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  })
  return test
}

/** Test files run beside each other; one of them builds, the others wait. */
async function builtWeb (): Promise<void> {
  const lock = path.join(tmpdir(), `seedbed-build-web-${Buffer.from(root).toString('hex').slice(-24)}`)
  for (;;) {
    const handle = await open(lock, 'wx').catch(() => null)
    if (handle !== null) {
      try {
        await handle.writeFile(String(process.pid))
        const child = spawn(process.execPath, ['--conditions=source', path.join(root, 'tools/build-web.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
        const [code] = await once(child, 'exit') as [number | null]
        assert.is(code, 0, 'the web app is built')
        return
      } finally {
        await handle.close()
        await rm(lock, { force: true })
      }
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true })
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Polls until the value satisfies; `what` says what was waited for, and the last value says what was there. */
export async function until<T> (what: string, look: () => T | Promise<T>, satisfies: (value: T) => boolean = Boolean): Promise<T> {
  let last: unknown
  for (const endMs = Date.now() + WAIT_MS; Date.now() < endMs;) {
    try {
      const value = await look()
      if (satisfies(value)) return value
      last = value
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  throw new Error(`waited for: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
}

export interface Seedbox {
  /** Ends in `/`. */
  readonly url: string
  readonly port: number
  readonly peerId: string
  readonly author: string
  /** At once, without a farewell. */
  kill (): Promise<void>
  /** A seedbed command on its data folder. */
  json (args: readonly string[], stdin?: string): Promise<Record<string, unknown>>
}

/** `seedbed run --http --relay`; `port`: 0 for a free one. */
export async function runSeedbox (context: WebContext, { port = 0, args = [] }: { readonly port?: number, readonly args?: readonly string[] } = {}): Promise<Seedbox> {
  const { child, ended, status } = await runPeer(context, ['--no-mdns', '--http', `127.0.0.1:${port}`, '--relay', ...args])
  const { url, peerId, author } = status as { url: string, peerId: string, author: string }
  const { origin, host } = new URL(url)
  context.origins.add(origin).add(`ws://${host}`)
  return {
    url, peerId, author, port: Number(new URL(url).port),
    async kill () {
      child.kill('SIGKILL')
      await ended
    },
    json: async (args, stdin) => await json(context, args, stdin)
  }
}

/** A person: a profile of their own, and one page. */
export interface User extends AsyncDisposable {
  readonly name: string
  readonly profile: Profile
  page: Page
  /** What their pages asked of anybody but a seedbox, and what the page's policy forbade. */
  readonly strayRequests: string[]
  /** Dialogs that some script opened. */
  readonly scriptDialogs: string[]
  /** A further tab, with a running peer. */
  tab (path: string): Promise<Page>
  /** Ends the browser and starts it again on the same profile. */
  restart (path: string): Promise<void>
  /** Fails on uncaught errors, stray requests and dialogs. */
  assertClean (): void
}

export interface UserOptions {
  readonly viewport?: { readonly width: number, readonly height: number }
  readonly path?: string
}

export async function openUser ({ stack, origins }: WebContext, { url }: Pick<Seedbox, 'url'>, name: string, { viewport = { width: 1280, height: 800 }, path: at = '' }: UserOptions = {}): Promise<User> {
  const profile = stack.use(await openProfile({ viewport }))
  const strayRequests: string[] = []
  const scriptDialogs: string[] = []
  const origin = new URL(url).origin
  const watch = async (): Promise<void> => {
    const { context } = profile
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
    await context.exposeFunction('reportViolation', (what: string) => { strayRequests.push(`policy: ${what}`) })
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) => {
        (globalThis as unknown as { reportViolation (what: string): void }).reportViolation(`${violatedDirective} ${blockedURI}`)
      })
    })
    context.on('request', request => {
      const asked = new URL(request.url())
      if (asked.protocol !== 'data:' && asked.protocol !== 'blob:' && !origins.has(asked.origin)) strayRequests.push(request.url())
    })
    context.on('page', page => {
      page.setDefaultTimeout(WAIT_MS)
      page.on('console', message => { if (message.type() === 'error' && message.text().startsWith('Uncaught')) profile.errors.push(`${name}: ${message.text()}`) }) // in workers too
      page.on('websocket', socket => { if (!origins.has(new URL(socket.url()).origin)) strayRequests.push(socket.url()) })
      page.on('dialog', dialog => {
        scriptDialogs.push(dialog.message())
        dialog.dismiss().catch(() => {}) // the page may be gone
      })
    })
  }
  await watch()
  const user: User = {
    name, profile, strayRequests, scriptDialogs,
    page: await profile.open(`${url}${at}`, name),
    async tab (to) {
      const page = await profile.open(`${url}${to}`, `${name}, further tab`)
      await running(page)
      return page
    },
    async restart (to) {
      await profile.restart()
      await watch()
      user.page = await profile.open(`${url}${to}`, name)
      await running(user.page)
    },
    assertClean () {
      assert.equal(profile.errors, [], `${name}: uncaught errors`)
      assert.equal(strayRequests, [], `${name}: requests to others`)
      assert.equal(scriptDialogs, [], `${name}: dialogs`)
    },
    async [Symbol.asyncDispose] () { await profile[Symbol.asyncDispose]() }
  }
  await running(user.page)
  return user
}

/** Until the peer of the page is up. */
export async function running (page: Page): Promise<void> {
  await page.locator('.sidebar nav, .bottom-bar').first().waitFor({ state: 'attached' })
  await page.getByRole('link', { name: /^(?:Nobody is connected|\d+ peers? connected)$/, includeHidden: true }).waitFor({ state: 'attached' })
}

/** Begins a community through its form; answers with its address. */
export async function beginCommunity (page: Page, slug: string, title: string): Promise<string> {
  await visit(page, '/create')
  await page.getByLabel('Short name').fill(slug)
  await page.getByLabel('Title').fill(title)
  await page.getByRole('button', { name: 'Begin it' }).click()
  await page.waitForURL(/\/c\/[0-9a-f]{64}/)
  return /\/c\/([0-9a-f]{64})/.exec(page.url())?.[1] ?? ''
}

/** What the button of the community's card puts on the clipboard. */
export async function copyInvite (page: Page, community: string): Promise<string> {
  await visit(page, `/c/${community}`)
  const card = page.getByRole('complementary').getByRole('region', { name: 'About this community' })
  await card.getByRole('button', { name: 'Copy invite link' }).click()
  await card.getByRole('button', { name: 'Copied' }).waitFor()
  return await page.evaluate(async () => await navigator.clipboard.readText())
}

export async function join (page: Page, link: string): Promise<void> {
  await visit(page, '/join')
  await page.getByLabel('Invitation link or address').fill(link)
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  await page.waitForURL(/\/[cp]\//)
}

/** Writes a post through the form and answers with its id. */
export async function writePost (page: Page, community: string, title: string, text: string): Promise<string> {
  await visit(page, `/submit?c=${community}`)
  await page.getByLabel('Title').fill(title)
  await page.getByLabel('Text', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Post', exact: true }).click()
  await page.waitForURL(/\/p\/[0-9a-f]{40}/)
  return /\/p\/([0-9a-f]{40})/.exec(page.url())?.[1] ?? ''
}

/** Answers the open post. */
export async function writeComment (page: Page, text: string): Promise<void> {
  await page.getByLabel('Add a comment').fill(text)
  await page.getByRole('button', { name: 'Comment', exact: true }).click()
  await commentBy(page, text).waitFor()
}

export async function reply (page: Page, to: string, text: string): Promise<void> {
  const comment = commentBy(page, to)
  await comment.getByRole('button', { name: 'Reply' }).click()
  await comment.getByLabel('Your answer').fill(text)
  await comment.getByRole('button', { name: 'Comment', exact: true }).click()
  await commentBy(page, text).waitFor()
}

/** The comment that says it. */
export function commentBy (page: Page, text: string): Locator {
  return page.getByRole('list', { name: 'Comments' }).getByRole('article').filter({ has: page.locator('.prose', { hasText: text }) })
}

/** The row of a post in a feed, or the open post. */
export function postBy (page: Page, title: string): Locator {
  return page.getByRole('main').getByRole('article', { name: title, exact: true })
}

/** Waits for a score on a post or comment. */
export async function scored (item: Locator, score: number): Promise<void> {
  await item.getByRole('group', { name: 'Votes' }).getByText(`Score ${score}`, { exact: true }).waitFor({ state: 'attached' })
}

/** Moves within the app, as a link does: the page is not loaded anew. */
export async function visit (page: Page, to: string): Promise<void> {
  await page.evaluate(to => {
    history.pushState({}, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, to)
}

/** Brings what waits in a feed to sight: new posts of others do not move what is being read. */
export async function showNew (page: Page): Promise<void> {
  const pill = page.getByRole('button', { name: /^\d+ new posts?$/ })
  if (await pill.isVisible()) await pill.click()
}

export interface CliPost { readonly id: string, readonly title: string, readonly score: number, readonly comments: number, readonly seeds: number | null }

/** Posts of a community as a Node peer lists them, by title. */
export async function feedOf ({ json }: Pick<Seedbox, 'json'>, community: string): Promise<ReadonlyMap<string, CliPost>> {
  const { items } = await json(['feed', community, '--sort', 'new']) as { items: CliPost[] }
  return new Map(items.map(post => [post.title, post]))
}

/** Another Node peer: a process that dials `seedbox` over TCP only. */
export async function runTcpPeer (context: Context, name: string, seedbox: Seedbox): Promise<Seedbox> {
  const own = peerContext(context, name)
  const { addresses } = await seedbox.json(['status']) as { addresses: string[] }
  const tcp = addresses.find(address => /\/tcp\/\d+\/p2p\//.test(address))
  assert.ok(tcp, `a TCP address among ${addresses.join()}`)
  const { child, ended, status } = await runPeer(own, ['--no-mdns', '--connect', tcp ?? ''])
  const { peerId, author } = status as { peerId: string, author: string }
  return { url: '', port: 0, peerId, author, async kill () { child.kill('SIGKILL'); await ended }, json: async (args, stdin) => await json(own, args, stdin) }
}
