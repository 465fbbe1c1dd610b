// test-timeout-ms: 900000
// torrent-store in Chromium, in a page and in a dedicated worker: bodies in IndexedDB, exchanged between realms, and over
// WebRTC with an ordinary WebTorrent client and with peers that misbehave.
import { parseMagnet, refOf, magnet } from '@seedbed/torrent-store'
import { Server as TrackerServer } from 'bittorrent-tracker'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type * as Calls from './entries/torrent-store.ts'
import { bundle, openProfile, serveFolder, temporaryFolder, type BundleSize, type Profile, type StaticServer } from './harness.ts'

type CallName = keyof typeof Calls
type Call = <Name extends CallName>(name: Name, ...given: Parameters<typeof Calls[Name]>) => Promise<Awaited<ReturnType<typeof Calls[Name]>>>
interface Tracker { readonly url: string, close (): Promise<void>, known (infoHash: string): { readonly complete: number, readonly incomplete: number } | undefined }

/** Ours only: the part of it that a page loads first. */
const MAX_EAGER_GZIP_BYTES = 40_000

const test = suite('torrent-store in Chromium')
const stack = new AsyncDisposableStack()
let built: BundleSize[]
let folder: string
let profile: Profile
let server: StaticServer
let page: Page
const modes = new Map<'page' | 'worker', Call>()

test.before(async () => {
  folder = stack.use(await temporaryFolder()).folder
  const entry = (name: string): string => path.join(import.meta.dirname, `entries/${name}.ts`)
  built = await bundle({ 'torrent-store': entry('torrent-store'), 'torrent-store-worker': entry('torrent-store-worker') }, folder, { minify: true })
  server = stack.use(await serveFolder(folder))
  profile = stack.use(await openProfile())
  await openModes()
})

test.after(async () => {
  await stack.disposeAsync()
})

async function openModes (): Promise<void> {
  page = await profile.open(server.url)
  for (const mode of ['page', 'worker'] as const) modes.set(mode, callsOf(page, mode))
}

/** The entry's functions, run in the page or in its worker. */
function callsOf (page: Page, mode: 'page' | 'worker'): Call {
  return async (name, ...given) => {
    const answer: unknown = await page.evaluate(async ({ mode, name, given }) => {
      const scope = globalThis as typeof globalThis & { remote?: Worker, lastId?: number, channel?: MessageChannel | null }
      const remote = scope.remote ??= new Worker('/torrent-store-worker.js', { type: 'module' })
      // The one MessageChannel between page and worker stands for the argument that cannot be sent from outside.
      const gives = name === 'serve' || name === 'lendRtc'
      const takesPort = gives || name === 'fetchAll' || name === 'borrowRtc'
      if (gives) scope.channel = new MessageChannel()
      const port = gives ? scope.channel?.port1 : scope.channel?.port2
      if (mode === 'page') {
        const call = (await import(`${location.origin}/torrent-store.js`) as Record<string, (...given: unknown[]) => unknown>)[name]
        return await call?.(...takesPort ? [port, ...given.slice(1)] : given)
      }
      const id = scope.lastId = (scope.lastId ?? 0) + 1
      return await new Promise((resolve, reject) => {
        remote.addEventListener('error', ({ message }) => { reject(new Error(message)) })
        remote.addEventListener('message', ({ data }: MessageEvent<{ id: number, result?: unknown, error?: string }>) => {
          if (data.id !== id) return
          if (data.error === undefined) resolve(data.result)
          else reject(new Error(data.error))
        })
        remote.postMessage({ id, call: name, given: takesPort ? given.slice(1) : given }, takesPort && port !== undefined ? [port] : [])
      })
    }, { mode, name, given })
    return answer as never
  }
}

/** `null` where a MessagePort goes: the page puts it there. */
const PORT = null as unknown as MessagePort

function callsIn (mode: 'page' | 'worker'): Call {
  const call = modes.get(mode)
  if (call === undefined) throw new Error('no page is open')
  return call
}

/** A test in the page and in the worker. */
function inBoth (name: string, check: (call: Call, mode: 'page' | 'worker') => Promise<void>): void {
  for (const mode of ['page', 'worker'] as const) {
    test(`${name} (${mode})`, async () => {
      await check(callsIn(mode), mode)
      assert.equal(profile.errors, [])
    })
  }
}

async function tracker (): Promise<Tracker> {
  const server = new TrackerServer({ http: false, udp: false, ws: true, stats: false }) as unknown as {
    on (event: string, listener: () => void): void
    listen (port: number, host: string, done: () => void): void
    close (done: () => void): void
    http: unknown
    readonly ws: { address (): AddressInfo }
    readonly torrents: Record<string, { readonly complete: number, readonly incomplete: number }>
  }
  server.on('error', () => {})
  server.on('warning', () => {})
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return {
    url: `ws://127.0.0.1:${server.ws.address().port}`,
    close: async () => { await new Promise<void>(resolve => { server.close(resolve) }) },
    known: infoHash => server.torrents[infoHash]
  }
}

/** A program of children/ that ends with the `using` block. */
function child (name: string, ...given: string[]): { readonly next: () => Promise<string>, readonly lines: string[] } & AsyncDisposable {
  const started: ChildProcess = spawn(process.execPath, ['--conditions=source', path.join(import.meta.dirname, `children/${name}.ts`), ...given], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  let read = 0
  let news = Promise.withResolvers<void>()
  const tell = (): void => { news.resolve(); news = Promise.withResolvers() }
  if (started.stdout !== null) createInterface(started.stdout).on('line', line => { lines.push(line); tell() })
  started.once('exit', tell)
  return {
    lines,
    next: async () => {
      while (lines[read] === undefined) {
        if (started.exitCode !== null) throw new Error(`${name} ended with ${started.exitCode}`)
        await news.promise
      }
      return lines[read++] ?? ''
    },
    async [Symbol.asyncDispose] () {
      if (started.exitCode !== null) return
      const ended = once(started, 'exit')
      started.stdin?.end()
      const late = setTimeout(() => { started.kill('SIGKILL') }, 3000)
      await ended
      clearTimeout(late)
    }
  }
}

async function until (check: () => Promise<boolean> | boolean): Promise<void> {
  while (!await check()) await new Promise(resolve => { setTimeout(resolve, 50) })
}

test('the bundle asks for nothing of Node, and WebTorrent comes when it is needed', async () => {
  for (const { code, file, isEntry } of built) {
    assert.not.match(code, /from ?["']node:|require\(["']node:|__vite-browser-external/, file)
    if (isEntry) assert.not.match(code, /WEBTORRENT_ANNOUNCE/, file)
  }
  assert.ok(built.some(({ code, isEntry }) => !isEntry && code.includes('WEBTORRENT_ANNOUNCE')))
  const { folder } = stack.use(await temporaryFolder())
  const alone = (await bundle({ alone: path.join(import.meta.dirname, '../../packages/torrent-store/src/index.ts') }, folder, { minify: true })).find(({ isEntry }) => isEntry)
  const bytes = gzipSync(alone?.code ?? '').length
  assert.ok(bytes > 0 && bytes < MAX_EAGER_GZIP_BYTES, `${bytes} bytes, gzipped`)
})

inBoth('infohashes are those of Node', async call => {
  const { valid } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../vectors/torrents.json'), 'utf8')) as { valid: Array<{ text?: string, base64?: string, infoHash: string }> }
  const bodies = valid.map(({ text, base64 }) => base64 ?? Buffer.from(text ?? '').toString('base64'))
  assert.equal(await call('infoHashes', bodies), valid.map(({ infoHash }) => infoHash))
})

inBoth('bodies stay in IndexedDB', async (call, mode) => {
  await call('open', `kept-${mode}`)
  const bodies = ['hello', 'ä', 'x'.repeat(65_536)]
  const refs = await call('put', bodies)
  assert.equal(refs, bodies.map(body => refOf(Buffer.from(body))))
  await call('close')
  await call('open', `kept-${mode}`)
  assert.equal(await call('stat'), { bodies: 3, bytes: 5 + 2 + 65_536 })
  for (const [at, { infoHash }] of refs.entries()) assert.is(await call('get', infoHash), bodies[at])
  assert.equal((await call('list')).sort(), refs.map(({ infoHash }) => infoHash).sort())
  assert.is(await call('remove', refs[0]?.infoHash ?? ''), true)
  assert.is(await call('get', refs[0]?.infoHash ?? ''), null)
  assert.is((await call('stat')).bodies, 2)
  await call('close')
})

inBoth('what needs sockets says that it is not to be had', async (call, mode) => {
  await call('open', `sockets-${mode}`)
  assert.equal(await call('unsupported'), ['UNSUPPORTED', 'UNSUPPORTED', 'UNSUPPORTED'])
  await call('close')
})

for (const [from, to] of [['page', 'worker'], ['worker', 'page']] as const) {
  test(`many bodies go over one connection from the ${from} to the ${to}, and each on its own`, async () => {
    await callsIn(from)('open', `from-${from}`)
    await callsIn(to)('open', `to-${to}`)
    const refs = [...await callsIn(from)('putRandom', 200, 900), ...await callsIn(from)('putRandom', 20, 65_536)]
    await callsIn(from)('serve', PORT)
    assert.equal(await callsIn(to)('fetchAll', PORT, refs), { many: 220, connections: 1, single: 20, absent: 'ABSENT' })
    assert.is((await callsIn(to)('stat')).bodies, 220)
    await callsIn(from)('close')
    await callsIn(to)('close')
    assert.equal(profile.errors, [])
  })
}

test('a page seeds, and an ordinary WebTorrent client downloads by magnet link', async () => {
  const { url, close, known } = await tracker()
  const call = callsIn('page')
  await call('open', 'seeds')
  await call('join', [url])
  const text = `seeded by a page ${'a'.repeat(40_000)}`
  const ref = await call('seed', text)
  await until(async () => (await call('announced')).includes(ref.infoHash))
  assert.equal({ complete: known(ref.infoHash)?.complete, incomplete: known(ref.infoHash)?.incomplete }, { complete: 1, incomplete: 0 })
  {
    await using client = child('webtorrent', 'download', folder, magnet(ref, { trackers: [url] }))
    assert.is(await client.next(), text)
  }
  assert.is(await call('unseed', ref.infoHash), true)
  await until(() => (known(ref.infoHash)?.complete ?? 0) === 0)
  await call('close')
  await close()
  assert.equal(profile.errors, [])
})

test('a worker that borrows its page\'s WebRTC seeds and fetches too', async () => {
  const { url, close } = await tracker()
  const call = callsIn('worker')
  await callsIn('page')('lendRtc', PORT)
  await call('borrowRtc', PORT)
  await call('open', 'worker-seeds')
  await call('join', [url])
  const ref = await call('seed', 'seeded by a worker')
  await until(async () => (await call('announced')).includes(ref.infoHash))
  {
    await using client = child('webtorrent', 'download', folder, magnet(ref, { trackers: [url] }))
    assert.is(await client.next(), 'seeded by a worker')
  }
  {
    await using client = child('webtorrent', 'seed', folder, url, 'for a worker')
    assert.is(await call('fetch', await client.next()), 'for a worker')
  }
  await call('close')
  await close()
  assert.equal(profile.errors, [])
})

test('a page fetches what an ordinary WebTorrent client seeds, by magnet link and through the store', async () => {
  const { url, close } = await tracker()
  const call = callsIn('page')
  const text = `seeded by WebTorrent ${'b'.repeat(40_000)}`
  await call('open', 'fetches')
  {
    await using client = child('webtorrent', 'seed', folder, url, text)
    const link = await client.next()
    await call('join', [])
    const { infoHash } = parseMagnet(link).ref
    assert.is(await call('fetch', infoHash), 'NOT_FOUND') // there is nobody to ask
    assert.is(await call('fetch', link), text) // the link names a tracker
    await call('setTrackers', [url])
    assert.is(await call('fetch', `magnet:?xt=urn:btih:${infoHash}`), text)
    assert.is(await call('fetchByStore', infoHash), text)
  }
  await call('close')
  await close()
  assert.equal(profile.errors, [])
})

test('pages find each other, and again after the trackers were changed', async () => {
  const [first, second] = [await tracker(), await tracker()]
  const call = callsIn('page')
  const other = callsOf(await profile.open(server.url, 'other'), 'page')
  await call('open', 'one')
  await other('open', 'two')
  await call('join', [first.url])
  await other('join', [first.url])
  const ref = await call('seed', 'from page to page')
  await until(async () => (await call('announced')).includes(ref.infoHash))
  assert.is(await other('fetch', ref.infoHash), 'from page to page')
  await call('setTrackers', [second.url])
  await until(() => (first.known(ref.infoHash)?.complete ?? 0) === 0 && second.known(ref.infoHash)?.complete === 1)
  assert.match(await other('fetch', ref.infoHash, 2000), /^TIMEOUT/)
  await other('setTrackers', [second.url])
  assert.is(await other('fetch', ref.infoHash), 'from page to page')
  await call('close')
  await other('close')
  await first.close()
  await second.close()
  assert.equal(profile.errors, [])
})

// The honest side is another page: one of these misdeeds ends ordinary clients.
for (const misdeed of ['length', 'loop', 'flood', 'noise'] as const) {
  test(`a peer that sends ${misdeed} takes nothing but its own connection`, async () => {
    const { url, close, known } = await tracker()
    const call = callsIn('page')
    const honest = callsOf(await profile.open(server.url, 'honest'), 'page')
    await call('open', `hostile-${misdeed}`)
    await honest('open', `honest-${misdeed}`)
    for (const each of [call, honest]) await each('join', [url])
    const text = `seeded in spite of ${misdeed}`
    const ref = await call('seed', text)
    await until(async () => (await call('announced')).includes(ref.infoHash))
    {
      await using hostile = child('hostile-peer', misdeed, url, ref.infoHash)
      assert.is(await hostile.next(), 'connected')
      await until(async () => await call('connected') === 0)
      assert.match(await honest('fetch', ref.infoHash), new RegExp(`^${text}`))
    }
    const wanted = `fetched in spite of ${misdeed}`
    const { infoHash } = refOf(Buffer.from(wanted))
    {
      await using hostile = child('hostile-peer', misdeed, url, infoHash)
      await until(() => known(infoHash) !== undefined)
      const fetching = call('fetch', infoHash)
      assert.is(await hostile.next(), 'connected')
      await honest('seed', wanted)
      assert.match(await fetching, new RegExp(`^${wanted}`))
    }
    await call('close')
    await honest('close')
    assert.is(await call('connected'), 0)
    await close()
    assert.equal(profile.errors, [])
  })
}

test.run()
