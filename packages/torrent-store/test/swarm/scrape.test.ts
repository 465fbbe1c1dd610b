// Counting seeds at trackers: the tracker of WebTorrent's authors over HTTP and UDP, and trackers that lie.
import { createSocket } from 'node:dgram'
import { Server } from 'bittorrent-tracker'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSwarm, parseInfoHash, type InfoHash, type Swarm, type SwarmOptions, type TorrentStoreError } from '../../src/index.ts'
import { announceTo, canScrape, scrapeFrom } from '../../src/swarm/tracker.ts'
import type { TrackerCount } from '../../src/swarm/tracker-message.ts'
import { fakePeer, uint32, until } from '../bodies.ts'

const test = suite('scrape')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0).reverse()) await close() })

const id = (number: number): InfoHash => parseInfoHash(number.toString(16).padStart(40, '0'))
const raw = (infoHash: string): string => Buffer.from(infoHash, 'hex').toString('latin1')

async function realTracker (): Promise<{ http: string, udp: string, udp6: string }> {
  const server = new Server({ http: true, udp: true, ws: false, stats: false, interval: 600_000 })
  await new Promise<void>(resolve => { server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, resolve) })
  closers.push(async () => { await new Promise<void>(resolve => { server.close(resolve) }) })
  return { http: `http://127.0.0.1:${server.http.address().port}/announce`, udp: `udp://127.0.0.1:${server.udp.address().port}`, udp6: `udp://[::1]:${server.udp6.address().port}` }
}
function open (options: Partial<SwarmOptions>): Swarm {
  const swarm = createSwarm({ store: { has: async () => true }, port: 7000, ...options })
  closers.push(async () => { await swarm.close() })
  return swarm
}
const peer = (number: number): Buffer => Buffer.from(`-SB0100-${String(number).padStart(12, '0')}`)
async function join (tracker: string, infoHash: InfoHash, number: number, left: number): Promise<void> {
  await announceTo(tracker, { infoHash, peerId: peer(number), port: 7100 + number, left, event: 'started' }, { signal: AbortSignal.timeout(5000), maxAnswerBytes: 32_768 })
}
const ask = async (tracker: string, infoHashes: readonly InfoHash[], timeoutMs = 2000): Promise<Map<InfoHash, TrackerCount>> =>
  await scrapeFrom(tracker, infoHashes, { signal: AbortSignal.timeout(10_000), maxAnswerBytes: 32_768, timeoutMs })
async function refused (asked: Promise<unknown>, why?: RegExp): Promise<void> {
  const error = await asked.then(() => assert.unreachable(), (thrown: Error) => thrown)
  if (why !== undefined) assert.match(error?.message ?? '', why)
}
async function answering (body: string, seen: string[] = []): Promise<string> {
  const { port, close } = await fakePeer(socket => {
    socket.once('data', chunk => {
      seen.push(chunk.toString('latin1').split('\r\n')[0] ?? '')
      socket.end(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`, 'latin1'))
    })
  })
  closers.push(close)
  return `http://127.0.0.1:${port}/announce`
}

for (const protocol of ['http', 'udp', 'udp6'] as const) {
  test(`many torrents at once, over ${protocol}`, async () => {
    const tracker = (await realTracker())[protocol]
    await join(tracker, id(3), 1, 0)
    await join(tracker, id(3), 2, 0)
    await join(tracker, id(3), 3, 10)
    await join(tracker, id(170), 1, 0)
    const counts = await ask(tracker, Array.from({ length: 200 }, (_, index) => id(index)))
    assert.equal(counts.get(id(3)), { seeders: 2, leechers: 1, completed: counts.get(id(3))?.completed })
    assert.equal(counts.get(id(170)), { seeders: 1, leechers: 0, completed: counts.get(id(170))?.completed })
    for (const [infoHash, { seeders, leechers }] of counts) if (infoHash !== id(3) && infoHash !== id(170)) assert.equal([seeders, leechers], [0, 0])
  })
}

test('over IPv6 a UDP tracker names peers with their IPv6 addresses', async () => {
  const socket = createSocket('udp6')
  socket.on('message', (message, { port, address }) => {
    const answer = message.length === 16 ? Buffer.from('connect!') : Buffer.concat([uint32(1800, 0, 1), Buffer.alloc(15), Buffer.of(1, 0x1b, 0xbd)])
    socket.send(Buffer.concat([uint32(message.length === 16 ? 0 : 1), message.subarray(12, 16), answer]), port, address)
  })
  await new Promise<void>(resolve => { socket.bind(0, '::1', resolve) })
  closers.push(async () => { await new Promise<void>(resolve => { socket.close(resolve) }) })
  const { peers } = await announceTo(`udp://[::1]:${socket.address().port}`, { infoHash: id(1), peerId: peer(2), port: 7102, left: 1 }, { signal: AbortSignal.timeout(5000), maxAnswerBytes: 32_768 })
  assert.equal(peers, [{ host: '0000:0000:0000:0000:0000:0000:0000:0001', port: 7101 }])
})

test('where a tracker is scraped is a function of where it is announced to', async () => {
  for (const url of ['http://a/announce', 'http://a/x/announce', 'http://a/announce.php', 'https://a/announce?x=/y', 'udp://a:1', 'udp://a:1/x']) assert.ok(canScrape(url), url)
  for (const url of ['http://a/', 'http://a/a', 'http://a/xannounce', 'http://a/announce/x', 'ws://a/announce', 'x']) assert.not.ok(canScrape(url), url)
  const lines: string[] = []
  const tracker = await answering('d5:filesdee', lines)
  assert.is((await ask(`${tracker}.php?passkey=1`, [id(1), id(2)])).size, 0)
  assert.match(lines[0] ?? '', /^GET \/scrape\.php\?passkey=1&info_hash=(?:%00){19}%01&info_hash=(?:%00){19}%02 /)
  await refused(ask(tracker.replace('announce', 'other'), [id(1)]), /cannot be scraped/)
})

const file = (fields: string): string => `d5:filesd20:${raw(id(1))}d${fields}eee`
test('http: what nobody asked for, what is no count and what is no answer is left out', async () => {
  assert.equal([...await ask(await answering(file('8:completei5e10:downloadedi7e10:incompletei6e4:name1:x')), [id(1), id(2)])], [[id(1), { seeders: 5, leechers: 6, completed: 7 }]])
  assert.equal([...await ask(await answering(file('8:completei5e10:incompletei6e')), [id(1)])], [[id(1), { seeders: 5, leechers: 6, completed: 0 }]])
  for (const fields of ['', '8:completei-1e10:incompletei6e', '8:completei5e10:incompletei4294967296e', '8:complete1:510:incompletei6e', '8:completei99999999999999999999e10:incompletei0e', '8:completei5e10:downloadedle10:incompletei6e']) {
    assert.is((await ask(await answering(file(fields)), [id(1)])).size, 0, fields)
  }
  assert.is((await ask(await answering(file('8:completei5e10:incompletei6e')), [id(2)])).size, 0)
  for (const body of ['de', 'd5:filesle', 'd5:filesi5ee', 'l-3:e', '', `d5:filesd${'1:xde'.repeat(600)}ee`]) await refused(ask(await answering(body), [id(1)]))
  await refused(ask(await answering('d14:failure reason4:nope5:filesdee'), [id(1)]), /refused: nope/)
})

test('udp: short answers, refusals and silence reject', async () => {
  async function udp (answer: (message: Buffer) => Buffer | null): Promise<string> {
    const socket = createSocket('udp4')
    socket.on('message', (message, from) => {
      const bytes = message.length === 16 ? Buffer.concat([uint32(0), message.subarray(12, 16), Buffer.from('connect!')]) : answer(message)
      if (bytes !== null) socket.send(bytes, from.port, from.address)
    })
    await new Promise<void>(resolve => { socket.bind(0, '127.0.0.1', resolve) })
    closers.push(async () => { await new Promise<void>(resolve => { socket.close(resolve) }) })
    return `udp://127.0.0.1:${socket.address().port}`
  }
  const full = await udp(message => Buffer.concat([uint32(2), message.subarray(12, 16), uint32(5, 7, 6, 0xffffffff, 0, 0), Buffer.alloc(1000, 1)]))
  assert.equal([...await ask(full, [id(1), id(2)])], [[id(1), { seeders: 5, leechers: 6, completed: 7 }], [id(2), { seeders: 0xffffffff, leechers: 0, completed: 0 }]])
  await refused(ask(await udp(message => Buffer.concat([uint32(2), message.subarray(12, 16), uint32(5, 7, 6)])), [id(1), id(2)]), /nonsense/)
  await refused(ask(await udp(message => Buffer.concat([uint32(3), message.subarray(12, 16), Buffer.from('nope')])), [id(1)]), /refused: nope/)
  await refused(ask(await udp(() => null), [id(1)], 200))
  let questions = 0
  const tired = await udp(message => questions++ > 0 ? null : Buffer.concat([uint32(2), message.subarray(12, 16), Buffer.alloc(74 * 12, 1)]))
  assert.is((await ask(tired, Array.from({ length: 100 }, (_, index) => id(index)), 200)).size, 74) // what the first question gave stays
})

test('whatever a tracker says, it ends as counts or a rejection', async () => {
  const parts = fc.array(fc.constantFrom('d', 'l', 'e', 'i1e', 'i-1e', '5:files', `20:${raw(id(1))}`, '8:complete', '10:incomplete', '10:downloaded', '14:failure reason', '-1:', '0:'), { maxLength: 14 })
  let body = ''
  const { port, close } = await fakePeer(socket => { socket.once('data', () => { socket.end(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`, 'latin1')) }) })
  closers.push(close)
  await fc.assert(fc.asyncProperty(parts, async parts => {
    body = parts.join('')
    const answer = await ask(`http://127.0.0.1:${port}/announce`, [id(1)]).catch((error: unknown) => error)
    if (answer instanceof Error) return
    for (const [infoHash, count] of answer as Map<InfoHash, TrackerCount>) assert.ok(infoHash === id(1) && Object.values(count).every(number => Number.isInteger(number) && number >= 0))
  }), { numRuns: 150 })
})

test('seedCounts adds up what the trackers say, and leaves out what none knows', async () => {
  const [one, two] = [await realTracker(), await realTracker()]
  await join(one.http, id(1), 1, 0)
  await join(two.udp, id(1), 2, 0)
  await join(two.udp, id(2), 3, 9)
  const swarm = open({ trackers: [one.http, two.udp, 'http://127.0.0.1:1/announce', 'http://127.0.0.1:1/x'] })
  const counts = await swarm.seedCounts([id(1), id(2), id(3), id(1)])
  assert.equal([1, 2, 3].map(number => counts.get(id(number))).map(count => [count?.seeders, count?.leechers, count?.trackers]), [[2, 0, 2], [0, 1, 1], [undefined, undefined, undefined]])
  assert.is((await swarm.seedCounts([])).size, 0)
})

test('seedCounts is bounded, can be ended, and says when nobody answers', async () => {
  const { port, close } = await fakePeer(() => {})
  closers.push(close)
  const slow = open({ trackers: [`http://127.0.0.1:${port}/announce`] })
  await slow.seedCounts(Array.from({ length: 1025 }, (_, index) => id(index))).then(() => assert.unreachable(), (error: unknown) => { assert.instance(error, RangeError) })
  await slow.seedCounts(['x' as InfoHash]).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'BAD_INFOHASH') })
  const controller = new AbortController()
  const counting = slow.seedCounts([id(1)], { signal: controller.signal })
  controller.abort(new Error('enough'))
  await counting.then(() => assert.unreachable(), (error: Error) => { assert.is(error.message, 'enough') })
  const closing = slow.seedCounts([id(1)])
  await slow.close()
  await closing.then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'CLOSED') })
  await open({ trackers: ['http://127.0.0.1:1/announce'] }).seedCounts([id(1)]).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'NOT_FOUND') })
  await open({}).seedCounts([id(1)]).then(() => assert.unreachable(), (error: TorrentStoreError) => { assert.is(error.code, 'NOT_FOUND') })
})

test('torrents that trackers have not spoken of for long are scraped, and what is common yields to what is rare', async () => {
  const { http } = await realTracker()
  for (let number = 0; number < 20; number++) await join(http, id(1), number, 0)
  let nowMs = 0
  const limits = { trackerAnnouncesPerSecond: 0.0001, trackerAnnounceBurst: 1, announceIntervalMs: 1e9, scrapeIntervalMs: 1000, scrapesPerSecond: 100 }
  const swarm = open({ trackers: [http], limits, now: () => nowMs })
  await swarm.seed(id(3)) // takes the one announce
  await until(() => swarm.hot()[0]?.announcedMs !== null)
  await swarm.seed(id(1))
  await swarm.seed(id(2))
  assert.equal(swarm.plan({ count: 2 }).trackers?.next.map(({ infoHash, rarity }) => [infoHash, rarity]), [[id(1), 'rare'], [id(2), 'rare']])
  nowMs = 1500
  await until(() => swarm.plan({ count: 2 }).trackers?.next[0]?.infoHash === id(2))
  assert.equal(swarm.plan({ count: 2 }).trackers?.next.map(({ infoHash, rarity, peers }) => [infoHash, rarity, peers]), [[id(2), 'rare', null], [id(1), 'common', 20]])
})

test.run()
