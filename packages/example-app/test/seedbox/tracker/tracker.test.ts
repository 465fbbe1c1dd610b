import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_INFO_HASHES_PER_SOCKET, MAX_OFFERS, MAX_TRACKER_MESSAGE_BYTES, TRACKER_BURST_MESSAGES } from '../../../src/seedbox/limits.ts'
import { createTracker } from '../../../src/seedbox/tracker/tracker.ts'
import { parseTrackerMessage } from '../../../src/seedbox/tracker/tracker-message.ts'
import { rawClient, serveUpgrades, until } from '../socket-server.ts'

const REFUSED = 1008
const TOO_LARGE = 1009
const id = (name: string): string => name.padEnd(20, '\u00ff')
const announce = (peer: string, more: object = {}): object => ({ action: 'announce', info_hash: id('torrent'), peer_id: id(peer), left: 0, ...more })
const offers = [{ offer: { type: 'offer', sdp: 'v=0' }, offer_id: id('offer') }]
const test = suite('seedbox tracker')

test('two peers of a torrent get each other\'s offer and answer', async () => {
  await using server = await serveUpgrades(createTracker())
  const one = await rawClient(server.url)
  const two = await rawClient(server.url)
  one.send(announce('one', { event: 'started' }))
  await until(() => one.got.length === 1, 'the announce is answered')
  two.send(announce('two', { event: 'started', left: 5, offers }))
  await until(() => one.got.length === 2, 'the offer came')
  assert.equal(two.got, [{ action: 'announce', complete: 1, incomplete: 1, interval: 120, info_hash: id('torrent') }])
  assert.equal(one.got[1], { action: 'announce', ...offers[0], peer_id: id('two'), info_hash: id('torrent') })
  one.send({ action: 'announce', info_hash: id('torrent'), peer_id: id('one'), to_peer_id: id('two'), offer_id: id('offer'), answer: { type: 'answer', sdp: 'v=0' } })
  await until(() => two.got.length === 2, 'the answer came')
  assert.equal(two.got[1], { action: 'announce', answer: { type: 'answer', sdp: 'v=0' }, offer_id: id('offer'), peer_id: id('one'), info_hash: id('torrent') })
  two.send({ action: 'scrape', info_hash: [id('torrent'), id('unknown')] })
  await until(() => two.got.length === 3, 'the scrape is answered')
  assert.equal((two.got[2] as { files: Record<string, object> }).files[id('torrent')], { complete: 1, incomplete: 1, downloaded: 1 })
})

test('who stops or goes away is counted no longer, and a torrent goes with its last peer', async () => {
  const tracker = createTracker()
  await using server = await serveUpgrades(tracker)
  const one = await rawClient(server.url)
  const two = await rawClient(server.url)
  one.send(announce('one'))
  two.send(announce('two'))
  await until(() => one.got.length === 1 && two.got.length === 1, 'both are answered')
  two.send(announce('two', { event: 'stopped' }))
  await until(() => two.got.length === 2, 'the stop is answered')
  one.send(announce('one'))
  await until(() => one.got.length === 2, 'answered')
  assert.is((one.got[1] as { complete: number }).complete, 1)
  one.socket.terminate()
  await until(() => tracker.infoHashes === 0, 'nothing is left')
  two.send({ action: 'scrape', info_hash: id('torrent') })
  await until(() => two.got.length === 3, 'the scrape is answered')
  assert.is((two.got[2] as { files: Record<string, { complete: number }> }).files[id('torrent')]?.complete, 0)
})

test('one address does not take the room of all', async () => {
  const tracker = createTracker({ maxInfoHashes: 6, maxInfoHashesPerAddress: 4 })
  await using server = await serveUpgrades(tracker)
  const greedy = await Promise.all(['a', 'b'].map(async () => await rawClient(server.url, { headers: { 'x-test-address': '192.0.2.1' } })))
  for (const [n, client] of greedy.entries()) {
    for (let hash = 0; hash < 3; hash++) client.send(announce(`greedy ${n}`, { info_hash: id(`${n} ${hash}`) }))
    await until(() => client.got.length === 3, 'answered')
  }
  assert.is(tracker.infoHashes, 4)
  const other = await rawClient(server.url, { headers: { 'x-test-address': '192.0.2.2' } })
  other.send(announce('other', { info_hash: id('new') }))
  await until(() => other.got.length === 1, 'answered')
  assert.is((other.got[0] as { complete?: number }).complete, 1)
  for (const { socket } of greedy) socket.terminate()
  await until(() => tracker.infoHashes === 1, 'what it announced is gone')
  const again = await rawClient(server.url, { headers: { 'x-test-address': '192.0.2.1' } })
  again.send(announce('again', { info_hash: id('once more') }))
  await until(() => again.got.length === 1, 'answered')
  assert.is((again.got[0] as { complete?: number }).complete, 1)
})

test('a peer that comes again takes its own place, and nobody else can', async () => {
  const tracker = createTracker()
  await using server = await serveUpgrades(tracker)
  const before = await rawClient(server.url)
  before.send(announce('one'))
  await until(() => before.got.length === 1, 'answered')
  const thief = await rawClient(server.url, { headers: { 'x-test-address': '192.0.2.1' } })
  thief.send(announce('one'))
  assert.is(await thief.ended, REFUSED)
  const again = await rawClient(server.url)
  again.send(announce('one'))
  assert.is(await before.ended, REFUSED)
  const other = await rawClient(server.url)
  other.send(announce('two', { offers }))
  await until(() => again.got.length === 2, 'the offer reaches the new connection')
  assert.is((other.got[0] as { complete: number }).complete, 2)
  again.send(announce('three'))
  assert.is(await again.ended, REFUSED, 'a connection is one peer')
})

test('whoever breaks a bound is dropped, and the rest goes on', async () => {
  const tracker = createTracker()
  await using server = await serveUpgrades(tracker)
  const honest = await rawClient(server.url)
  honest.send(announce('honest'))
  await until(() => honest.got.length === 1, 'answered')
  const attacks: ReadonlyArray<readonly [string, readonly unknown[], number]> = [
    ['a giant frame', ['x'.repeat(MAX_TRACKER_MESSAGE_BYTES + 1)], TOO_LARGE],
    ['garbage', ['{"action":'], REFUSED],
    ['no action', [{}], REFUSED],
    ['too many offers', [announce('x', { offers: Array.from({ length: MAX_OFFERS + 1 }, () => offers[0]) })], REFUSED],
    ['offers that are a length', [announce('x', { offers: { length: 1 } })], REFUSED],
    ['offers that are null', [announce('x', { offers: [null] })], REFUSED],
    ['a scrape of everything', [{ action: 'scrape' }], REFUSED],
    ['an infohash of another kind', [announce('x', { info_hash: { toString: 1 } })], REFUSED],
    ['an event that is none', [announce('x', { event: '__proto__' })], REFUSED],
    ['deep nesting', [`{"action":"announce","offers":${'['.repeat(60_000)}${']'.repeat(60_000)}}`], REFUSED],
    ['a flood', Array.from({ length: TRACKER_BURST_MESSAGES + 100 }, () => announce('x')), REFUSED]
  ]
  for (const [what, messages, code] of attacks) {
    const attacker = await rawClient(server.url)
    for (const message of messages) attacker.send(message)
    assert.is(await attacker.ended, code, what)
    await until(() => tracker.infoHashes === 1, `${what} leaves nothing behind`)
  }
  honest.send(announce('honest'))
  await until(() => honest.got.length === 2, 'answered')
  assert.equal(honest.got[0], honest.got[1])
})

test('torrents are bounded, of one connection and in all', async () => {
  const tracker = createTracker({ maxInfoHashes: MAX_INFO_HASHES_PER_SOCKET + 10 })
  await using server = await serveUpgrades(tracker)
  const failures = ({ got }: { got: readonly unknown[] }): number => got.filter(message => (message as Record<string, unknown>)['failure reason'] === 'too many torrents').length
  const [one, two] = await Promise.all([rawClient(server.url), rawClient(server.url)])
  for (let count = 0; count < MAX_INFO_HASHES_PER_SOCKET + 5; count++) one.send(announce('one', { info_hash: id(`one ${count}`) }))
  await until(() => one.got.length === MAX_INFO_HASHES_PER_SOCKET + 5, 'all answered')
  assert.is(failures(one), 5)
  for (let count = 0; count < 20; count++) two.send(announce('two', { info_hash: id(`two ${count}`) }))
  await until(() => two.got.length === 20, 'all answered')
  assert.is(failures(two), 10)
  one.socket.terminate()
  await until(() => tracker.infoHashes === 10, 'those of the first are gone')
})

test('nothing that a client sends crashes the tracker', async () => {
  const tracker = createTracker()
  await using server = await serveUpgrades(tracker)
  const some = fc.oneof(fc.constantFrom(id('a'), id('b'), id('torrent'), '', '__proto__', null, [], {}, 0, -1, Infinity, 'x'.repeat(20), '\u0100'.repeat(20)), fc.anything())
  const message = fc.record({
    action: fc.constantFrom('announce', 'announce', 'scrape', 0, 'connect'), info_hash: some, peer_id: fc.oneof(fc.constant(id('a')), some), to_peer_id: some, offer_id: some, left: some,
    event: fc.constantFrom('started', 'stopped', 'completed', 'paused', 'update', '', undefined, 'hasOwnProperty'),
    offers: fc.oneof(fc.constant(offers), some, fc.array(some)), answer: fc.oneof(fc.constant({ type: 'answer', sdp: 'x' }), some)
  }, { requiredKeys: ['action'] }).map(value => JSON.stringify(value, (_key, part: unknown) => typeof part === 'bigint' ? String(part) : part))
  const conversation = fc.array(fc.oneof({ weight: 5, arbitrary: message }, fc.json(), fc.string()), { maxLength: 8 })
  await fc.assert(fc.asyncProperty(conversation, async texts => {
    const client = await rawClient(server.url)
    for (const text of texts) client.send(text)
    client.socket.close()
    await client.ended
    for (const text of texts) {
      const parsed = parseTrackerMessage(text)
      assert.equal(parsed === null ? null : parseTrackerMessage(JSON.stringify(parsed)), parsed)
    }
  }), { numRuns: 200 })
  await until(() => tracker.infoHashes === 0, 'nothing is left')
  const honest = await rawClient(server.url)
  honest.send(announce('honest'))
  await until(() => honest.got.length === 1, 'answered')
})

test.run()
