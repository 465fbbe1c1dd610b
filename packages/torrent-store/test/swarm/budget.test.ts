// test-timeout-ms: 40000
// Ten thousand seeds on a DHT and a tracker of this machine: what is really sent keeps to the budgets.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createSwarm, parseInfoHash, type Swarm, type SwarmOptions } from '../../src/index.ts'
import { DhtSocket } from '../../src/swarm/dht-socket.ts'
import { until } from '../bodies.ts'
import { localTracker } from './local-tracker.ts'

const test = suite('announce budget')
const closers: Array<() => Promise<void>> = []
test.after.each(async () => { for (const close of closers.splice(0).reverse()) await close() })

function open (options: Partial<SwarmOptions>): Swarm {
  const swarm = createSwarm({ store: { has: async () => true }, port: 7000, ...options })
  closers.push(async () => { await swarm.close() })
  return swarm
}

/** Counts what each DHT node sends. */
function countDatagrams (): (port: number) => number {
  const sent = new Map<DhtSocket, number>()
  const { send } = DhtSocket.prototype
  DhtSocket.prototype.send = function (...given: Parameters<DhtSocket['send']>) {
    sent.set(this, (sent.get(this) ?? 0) + 1)
    send.apply(this, given)
  }
  closers.push(async () => { DhtSocket.prototype.send = send })
  return port => [...sent].find(([socket]) => socket.address().port === port)?.[1] ?? 0
}

test('10,000 seeds announce as often as the budgets say, and no more', async () => {
  const nodes: string[] = []
  for (let count = 0; count < 8; count++) nodes.push(`127.0.0.1:${await open({ dht: { bootstrap: nodes.slice() } }).dhtPort()}`)
  await using tracker = await localTracker()
  const [dhtRate, dhtBurst, trackerRate, trackerBurst] = [10, 5, 40, 20]
  const limits = { announcesPerSecond: dhtRate, announceBurst: dhtBurst, trackerAnnouncesPerSecond: trackerRate, trackerAnnounceBurst: trackerBurst }
  const sent = countDatagrams()
  const swarm = open({ dht: { bootstrap: nodes }, trackers: [tracker.url], limits })
  const dhtPort = await swarm.dhtPort() ?? 0
  await until(() => sent(dhtPort) > 0)
  await new Promise(resolve => { setTimeout(resolve, 500) }) // its own way into the DHT
  const joining = sent(dhtPort)
  const startMs = performance.now()
  for (let number = 0; number < 10_000; number++) {
    await swarm.seed(parseInfoHash(number.toString(16).padStart(40, '0')), { priority: number % 100 === 0 ? 'own' : 'upvoted', createdMs: Date.now() - number * 600_000 })
  }
  assert.equal(swarm.plan().seeds, { own: 100, upvoted: 9900, cached: 0 })
  assert.is(swarm.plan().dht?.roundMs, 1_000_000)
  await until(() => tracker.asked.length >= 150)
  const seconds = (performance.now() - startMs) / 1000
  assert.ok(tracker.asked.length <= trackerBurst + trackerRate * seconds + 1, `${tracker.asked.length} in ${seconds} s`)
  assert.is(new Set(tracker.asked.map(({ infoHash }) => infoHash)).size, tracker.asked.length)
  const announces = dhtBurst + dhtRate * seconds + 1
  const datagrams = sent(dhtPort) - joining
  assert.ok(datagrams > 5 * dhtBurst && datagrams <= 91 * announces, `${datagrams} datagrams for ${announces} announces`)
  assert.ok(swarm.hot().length === 32)
})

test('facts decide who is first once the budget has to choose', async () => {
  await using tracker = await localTracker()
  let nowMs = 0
  const swarm = open({ trackers: [tracker.url], limits: { trackerAnnouncesPerSecond: 200, trackerAnnounceBurst: 1 }, now: () => nowMs })
  const own = parseInfoHash('f'.repeat(40))
  await swarm.seed(parseInfoHash('e'.repeat(40)))
  await until(() => tracker.asked.length === 1) // takes the first token
  for (let number = 0; number < 1000; number++) await swarm.seed(parseInfoHash(number.toString(16).padStart(40, '0')), { priority: 'cached' })
  await swarm.seed(own, { priority: 'own', createdMs: Date.now() })
  nowMs = 5 // one more token
  await until(() => tracker.asked.length === 2)
  assert.is(tracker.asked[1]?.infoHash, own)
})

test('an announce that closing cuts short is taken back: the tracker may have heard it', async () => {
  await using tracker = await localTracker()
  let release: () => void = () => {}
  tracker.hold = new Promise(resolve => { release = resolve })
  const swarm = open({ trackers: [tracker.url] })
  await swarm.seed(parseInfoHash('a'.repeat(40)))
  await until(() => tracker.asked.length === 1)
  const closed = swarm.close()
  await until(() => tracker.asked.length === 2)
  release()
  await closed
  assert.equal(tracker.asked.map(({ event }) => event), ['started', 'stopped'])
})

test.run()
