// test-timeout-ms: 600000
// WebRTC in a worker, lent by its page: as the specification has it, and as the libraries that the peer uses expect it.
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type * as Entry from './entries/remote-rtc.ts'
import { bundle, openProfile, serveFolder, temporaryFolder } from './harness.ts'

const test = suite('WebRTC in a worker')
const stack = new AsyncDisposableStack()
let page: Page
let errors: readonly string[] = []

const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
/** A module that only a dependency knows: the path to it leads through its dependents. */
const through = (...names: readonly string[]): string => names.reduce((from, name) => createRequire(from).resolve(name), import.meta.filename)

async function call <Result> (name: string, ...args: readonly unknown[]): Promise<Result> {
  return await page.evaluate(async ({ name, args }) => {
    const entry = await import(`${location.origin}/remote-rtc.js`) as typeof Entry
    return await entry.call('worker', name, args)
  }, { name, args }) as Result
}

async function connections (): Promise<number> {
  return await page.evaluate(async () => (await import(`${location.origin}/remote-rtc.js`) as typeof Entry).connections('worker'))
}

test.before(async () => {
  const { folder } = stack.use(await temporaryFolder())
  const thaunknown = through('webtorrent', '@thaunknown/simple-peer')
  await bundle({
    'remote-rtc': entry('remote-rtc'), 'remote-rtc-worker': entry('remote-rtc-worker'),
    'simple-peer-9': through('y-webrtc', 'simple-peer/simplepeer.min.js'), 'simple-peer-10': thaunknown
  }, folder)
  const server = stack.use(await serveFolder(folder))
  const profile = stack.use(await openProfile())
  errors = profile.errors
  page = await profile.open(server.url)
  await page.evaluate(async () => { (await import(`${location.origin}/remote-rtc.js`) as typeof Entry).startWorker('worker') })
})

test.after(async () => { await stack.disposeAsync() })

test.after.each(async () => {
  // The order to close may still be under way.
  for (let i = 0; i < 3000 && await connections() > 0; i++) await new Promise(resolve => setTimeout(resolve, 20))
  assert.is(await connections(), 0, 'every connection is closed in the page too')
  assert.equal(errors, [])
})

test('two connections find each other, agree on a channel and close', async () => {
  const got = await call<{ log: string[], label: string, protocol: string, ids: number[], states: string[], stats: boolean, after: string[], refused: string, states2: string[] }>('traits')
  assert.equal([got.label, got.protocol, got.states, got.stats], ['label', 'p', ['connected', 'connected'], true])
  assert.is(got.ids[0], got.ids[1])
  assert.type(got.ids[0], 'number')
  for (const event of ['negotiationneeded', 'candidate', 'end of candidates', 'connecting', 'connected']) assert.ok(got.log.includes(event), `${event} in ${got.log.join(', ')}`)
  assert.equal([got.after, got.refused], [['closed', 'closed'], 'InvalidStateError'])
  assert.equal(got.states2, ['closed', 'closed', 'closed'])
})

test('a large transfer keeps order and bytes, and bufferedAmount holds it back', async () => {
  const got = await call<{ right: boolean, drains: number, most: number, left: number, untouched: boolean, text: string, mibPerSecond: number }>('bulk', 2000, 16_384)
  assert.equal([got.right, got.left, got.untouched, got.text], [true, 0, true, 'grüße'])
  assert.ok(got.drains > 0 && got.most < 2 ** 20 + 2 * 16_384, `${got.drains} drains, at most ${got.most} bytes`)
  console.log(`  ${got.mibPerSecond.toFixed(0)} MiB/s through the proxy`)
})

test('a channel that is written faster than it sends refuses more', async () => {
  assert.equal(await call('flood'), { name: 'OperationError', kept: 200_000 })
})

test('connections are bounded, and closed ones count no longer', async () => {
  assert.equal(await call('many'), { made: 128, name: 'OperationError' })
})

for (const version of ['simple-peer-9', 'simple-peer-10']) {
  for (const trickle of [true, false]) {
    test(`${version} connects, sends a megabyte and closes, ${trickle ? 'with' : 'without'} trickled candidates`, async () => {
      assert.equal(await call('simplePeer', `/${version}.js`, trickle), { bytes: 1_000_000 })
    })
  }
}

test.run()
