// test-timeout-ms: 600000
// One peer for all tabs of a Chromium profile: in a worker of the tab that leads, and in another one when that tab goes.
import { gzipSync } from 'node:zlib'
import path from 'node:path'
import { createNode } from '@seedbed/core'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LONE_TAB_WAIT_MS } from '../../packages/core/src/limits.ts'
import type * as Entry from './entries/remote.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type StaticServer } from './harness.ts'

type Calls = typeof Entry
const test = suite('one peer for the tabs of a profile')
const stack = new AsyncDisposableStack()
let server: StaticServer

const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)

test.before(async () => {
  const { folder } = stack.use(await temporaryFolder())
  await bundle({ remote: entry('remote'), 'remote-worker': entry('remote-worker') }, folder, { minify: true })
  server = stack.use(await serveFolder(folder))
})

test.after(async () => { await stack.disposeAsync() })

async function call <Name extends keyof Calls> (page: Page, name: Name, ...args: Parameters<Calls[Name]>): Promise<Awaited<ReturnType<Calls[Name]>>> {
  return await page.evaluate(async ({ name, args }) => {
    const entry = await import(`${location.origin}/remote.js`) as Record<string, (...args: unknown[]) => unknown>
    return await entry[name]?.(...args)
  }, { name, args }) as Awaited<ReturnType<Calls[Name]>>
}

/** A machine that does much else takes ten times as long for everything. */
const WAIT_MS = 120_000

async function until (what: string, holds: () => Promise<boolean>): Promise<number> {
  const startMs = performance.now()
  while (!await holds()) {
    if (performance.now() - startMs > WAIT_MS) throw new Error(`never: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return performance.now() - startMs
}

test('what a page loads is small and holds no peer', async () => {
  await using temporary = await temporaryFolder()
  const parts = await bundle({ page: path.join(import.meta.dirname, '../../packages/core/src/page.ts') }, temporary.folder, { minify: true })
  // What it imports later, on demand, is not of it.
  const eager = parts.filter(({ file }) => file === 'page.js' || parts.find(part => part.file === 'page.js')?.imports.includes(file))
  const bytes = eager.reduce((sum, { code }) => sum + gzipSync(code).length, 0)
  console.log(`  page.ts: ${bytes} bytes gzip`)
  assert.ok(bytes < 9 * 1024, `${bytes} bytes`)
  for (const { modules } of eager) for (const module of modules.keys()) assert.not.match(module, /node_modules|create-node|crdt-index\/src|torrent-store\/src/)
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
    await call(pages[1], 'begin')
    await call(pages[1], 'feedTitles') // the peer has the write too
    await leave(pages[0])
    const ms = await until('the second tab leads', async () => await call(pages[1], 'place') === 'here')
    console.log(`  taken over in ${ms.toFixed(0)} ms`)
    assert.is(await call(pages[1], 'begun'), 'HOST_LOST', 'what was being written may or may not have happened')
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

/** A tab without Web Locks waits longer for another one's answer: on a machine that does much else it comes late. */
async function patient (page: Page): Promise<Page> {
  await page.evaluate(waitMs => {
    const { setTimeout: original } = globalThis
    Object.assign(globalThis, { setTimeout: (work: () => void, ms?: number) => original(work, ms === waitMs ? 8 * waitMs : ms) })
  }, LONE_TAB_WAIT_MS)
  return page
}

test('without Web Locks, on plain http from another machine, one tab at a time has the peer', async () => {
  await using profile = await openProfile({ flags: ['--host-resolver-rules=MAP seedbox.test 127.0.0.1'] })
  const url = server.url.replace('127.0.0.1', 'seedbox.test')
  const first = await profile.open(url, 'first')
  assert.is(await first.evaluate(() => isSecureContext || 'locks' in navigator), false, 'the test would show nothing')
  await call(first, 'open')
  const community = await call(first, 'create', 'lone')
  await call(first, 'post', community, 'Alone')
  const second = await patient(await profile.open(url, 'second'))
  assert.is(await second.evaluate(async () => await (await import(`${location.origin}/remote.js`) as typeof Entry).open().then(() => 'opened', (error: { code: string }) => error.code)), 'LOCKED')
  await first.close()
  await call(second, 'open')
  assert.equal(await call(second, 'feedTitles'), ['Alone'])
  // Two that begin at the same time, as when a browser restores its tabs.
  await second.close()
  const pair = [await patient(await profile.open(url, 'left')), await patient(await profile.open(url, 'right'))]
  const codes = await Promise.all(pair.map(async page => await page.evaluate(async () => await (await import(`${location.origin}/remote.js`) as typeof Entry).open().then(() => 'opened', (error: { code: string }) => error.code))))
  assert.equal(codes.toSorted(), ['LOCKED', 'opened'])
  assert.equal(profile.errors, [])
})

test('without Web Locks, a tab that was frozen leaves the peer to the one that took it for gone', async () => {
  await using profile = await openProfile({ flags: ['--host-resolver-rules=MAP seedbox.test 127.0.0.1'] })
  const url = server.url.replace('127.0.0.1', 'seedbox.test')
  const first = await profile.open(url, 'first')
  await call(first, 'open')
  const community = await call(first, 'create', 'frozen')
  await call(first, 'post', community, 'Before')
  const second = await profile.open(url, 'second')
  // A frozen tab answers late. Headless browsers freeze none, so the second one hears nothing in time.
  await second.evaluate(() => {
    Object.defineProperty(BroadcastChannel.prototype, 'onmessage', {
      set (this: BroadcastChannel, listener: (event: MessageEvent) => void) {
        setTimeout(() => { this.addEventListener('message', listener) }, 1000)
      }
    })
  })
  await call(second, 'open')
  await until('the first stands down', async () => await call(first, 'place') === 'starting LOCKED')
  assert.is((await call(first, 'post', community, 'Twice') as { code: string }).code, 'LOCKED')
  await call(second, 'post', community, 'After')
  assert.equal((await call(second, 'feedTitles')).toSorted(), ['After', 'Before'])
  assert.equal(profile.errors, [])
})

test('two profiles meet through a relay and go on by WebRTC, from their workers', async () => {
  await using relayFolder = await temporaryFolder()
  const relay = await createNode({ dataDir: path.join(relayFolder.folder, 'relay'), torrent: false, network: { listen: ['/ip4/127.0.0.1/tcp/0/ws'], relay: true } })
  const connect = (await relay.status()).addresses
  await using one = await openProfile()
  await using two = await openProfile()
  const a = await one.open(server.url, 'a')
  const b = await two.open(server.url, 'b')
  let community = ''
  try {
    for (const page of [a, b]) await call(page, 'open', { network: { connect } })
    let meeting: string | undefined
    await until('b can be dialled through the relay', async () => {
      meeting = (await call(b, 'addresses')).find(address => address.includes('/webrtc/'))
      return meeting !== undefined
    })
    community = await call(a, 'create', 'direct')
    await call(b, 'join', community)
    await call(a, 'connect', meeting ?? '')
    await until('they are connected directly', async () => (await call(b, 'peers')).some(([, transports]) => transports.includes('webrtc')))
  } finally {
    await relay.close()
  }
  await call(b, 'watch')
  await call(a, 'post', community, 'By WebRTC')
  await until('b shows what a posted', async () => (await call(b, 'titles')).includes('By WebRTC'))
  assert.is(await call(b, 'readNewest'), 'Text of By WebRTC')
  assert.equal([...one.errors, ...two.errors], [])
})

test.run()
