import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { GOSSIP_INLINE_BYTES, GOSSIP_MAX_AGE_MS, MAX_AHEAD_MS, MAX_WAITING_BYTES_PER_PEER } from '../../src/limits.ts'
import type { CommunityAddress, Verdict } from '../../src/model.ts'
import { createGossip, type Gossip } from '../../src/sync/gossip.ts'
import { realScheduler } from '../../src/sync/scheduler.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, sha256, topicOf, UNSIGNED_AT, until, type MemoryReplica } from './memory-replica.ts'

const test = suite('gossip')
const community = communityOf('c')
const DAY = 24 * 3600 * 1000

interface Fixture {
  readonly gossip: Gossip
  readonly replica: MemoryReplica
  recipients: number
  readonly published: Uint8Array[]
  readonly pulled: Array<{ readonly from: string, readonly hash: Uint8Array }>
  /** What other peers deliver when asked. */
  readonly elsewhere: Uint8Array[]
  nowMs: number
  receive (data: Uint8Array, from?: string): Promise<Verdict>
}

function fixture ({ publish }: { publish?: () => Promise<void> } = {}): Fixture {
  const replica = createMemoryReplica()
  replica.join(community, genesisOf('c'))
  const handlers = new Map<string, (data: Uint8Array, from: string) => Promise<Verdict>>()
  const result: Fixture = {
    replica, recipients: 1, published: [], pulled: [], elsewhere: [], nowMs: 100 * DAY,
    gossip: createGossip({
      transport: {
        subscribe: (topic, handler) => { handlers.set(topic, handler) },
        unsubscribe: topic => { handlers.delete(topic) },
        publish: async (_topic, data) => {
          result.published.push(data)
          await publish?.()
          return result.recipients
        }
      },
      replica, topicOf, format,
      clock: () => result.nowMs,
      scheduler: realScheduler,
      pull: async (from: string, _community: CommunityAddress, _period: number, hash: Uint8Array) => {
        result.pulled.push({ from, hash })
        return result.elsewhere.find(envelope => Buffer.from(sha256(envelope.subarray(0, 60))).equals(hash))
      }
    }),
    receive: async (data, from = 'peer') => await handlers.get(topicOf(community))?.(data, from) ?? { verdict: 'ignore', reason: 'not subscribed' }
  }
  result.gossip.join(community)
  return result
}
const inline = (envelope: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(0), envelope])
const announcement = (envelope: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(1), format.announce(envelope)])
const outcome = ({ verdict }: Verdict): string => verdict

test('accepts what is new, valid and recent, once', async () => {
  const { receive, replica, nowMs } = fixture()
  const envelope = envelopeOf({ timeMs: nowMs })
  assert.is(outcome(await receive(inline(envelope))), 'accept')
  assert.is(outcome(await receive(inline(envelope))), 'ignore')
  assert.is(replica.count(community), 1)
})

test('rejects what is invalid by itself', async () => {
  const { receive, nowMs, replica } = fixture()
  for (const [name, data] of [
    ['invalid', inline(envelopeOf({ invalid: true, timeMs: nowMs }))],
    ['too short', inline(new Uint8Array(3))],
    ['too long', inline(envelopeOf({ timeMs: nowMs, length: GOSSIP_INLINE_BYTES + 1 }))],
    ['empty', new Uint8Array(0)],
    ['unknown', Uint8Array.of(2, 1)],
    ['bad announcement', Uint8Array.of(1, 5)],
    ['long announcement', new Uint8Array(2000).fill(1)]
  ] as const) assert.is(outcome(await receive(data)), 'reject', name)
  assert.is(replica.count(community), 0)
})

test('keeps what is old and does not pass it on', async () => {
  const { receive, replica, nowMs } = fixture()
  assert.is(outcome(await receive(inline(envelopeOf({ timeMs: nowMs - GOSSIP_MAX_AGE_MS - 1 })))), 'ignore')
  assert.is(outcome(await receive(inline(envelopeOf({ timeMs: nowMs - GOSSIP_MAX_AGE_MS })))), 'accept')
  assert.is(replica.count(community), 2)
})

test('holds back what is ahead of time until it is due, of one peer so much', async () => {
  const all = fixture()
  const timeMs = all.nowMs + MAX_AHEAD_MS + 1000
  assert.is(outcome(await all.receive(inline(envelopeOf({ timeMs })))), 'ignore')
  const many = Math.ceil(MAX_WAITING_BYTES_PER_PEER / 60_000) + 3
  for (let n = 0; n < many; n++) await all.receive(inline(envelopeOf({ author: n, timeMs, length: 60_000 })), 'flooder')
  await all.gossip.releaseDue()
  assert.is(all.replica.count(community), 0)
  all.nowMs += 1000
  await all.gossip.releaseDue()
  assert.is(all.replica.count(community), 1 + Math.floor(MAX_WAITING_BYTES_PER_PEER / 60_000))
  await all.gossip.releaseDue()
  assert.is(all.replica.batches.length, all.replica.count(community), 'nothing is released twice')
})

test('does not wait for what is more than a day ahead, or not signed', async () => {
  const all = fixture()
  const [year9999, due] = [Date.UTC(9999, 0), all.nowMs + DAY]
  assert.equal(await all.receive(inline(envelopeOf({ timeMs: year9999 }))), { verdict: 'ignore', reason: 'too far ahead of time' })
  assert.is(outcome(await all.receive(inline(envelopeOf({ timeMs: due + 1 })))), 'ignore')
  const unsigned = envelopeOf({ timeMs: due })
  unsigned[UNSIGNED_AT] = 0xbd
  assert.is(outcome(await all.receive(inline(unsigned))), 'reject')
  assert.is(outcome(await all.receive(inline(envelopeOf({ timeMs: due })))), 'ignore')
  all.nowMs = year9999
  await all.gossip.releaseDue()
  assert.is(all.replica.count(community), 1, 'the one of a day ahead')
})

test('a large envelope is announced and pulled from whom the announcement came from', async () => {
  const sender = fixture()
  const envelope = envelopeOf({ timeMs: sender.nowMs, length: GOSSIP_INLINE_BYTES + 1 })
  sender.gossip.publish(community, envelope)
  await until(() => sender.published.length === 1, 'published')
  const message = sender.published[0] ?? new Uint8Array(0)
  assert.ok(message.length < 1000)

  const receiver = fixture()
  assert.is(outcome(await receiver.receive(message, 'nobody')), 'ignore', 'not delivered')
  receiver.elsewhere.push(envelope)
  assert.is(outcome(await receiver.receive(message, 'author')), 'accept')
  assert.equal(receiver.pulled.map(({ from }) => from), ['nobody', 'author'])
  assert.is(receiver.replica.count(community), 1)
  assert.is(outcome(await receiver.receive(message, 'author')), 'ignore', 'held')
  assert.is(receiver.pulled.length, 2)
})

test('does not pull what is old or ahead, and rejects an invalid one that was pulled', async () => {
  const { receive, elsewhere, pulled, nowMs } = fixture()
  for (const timeMs of [nowMs - GOSSIP_MAX_AGE_MS - 1, nowMs + MAX_AHEAD_MS + 1]) assert.is(outcome(await receive(announcement(envelopeOf({ timeMs, length: 100 })))), 'ignore')
  assert.is(pulled.length, 0)
  const invalid = envelopeOf({ timeMs: nowMs, length: 100, invalid: true })
  elsewhere.push(invalid)
  assert.is(outcome(await receive(announcement(invalid))), 'reject')
})

test('ignores a delivery of another envelope than announced', async () => {
  const { gossip, replica, nowMs } = fixture()
  gossip.close()
  const other = envelopeOf({ timeMs: nowMs, length: 100 })
  const handlers: Array<(data: Uint8Array, from: string) => Promise<Verdict>> = []
  const swapping = createGossip({
    transport: { subscribe: (_topic, handler) => { handlers.push(handler) }, unsubscribe: () => {}, publish: async () => 0 },
    replica, topicOf, format, clock: () => nowMs, scheduler: realScheduler, pull: async () => other
  })
  swapping.join(community)
  assert.equal(await handlers[0]?.(announcement(envelopeOf({ timeMs: nowMs, length: 100 })), 'peer'), { verdict: 'ignore', reason: 'another envelope than announced' })
  assert.is(replica.count(community), 0)
})

test('a burst of own envelopes is published in order, failures or not', async () => {
  const { gossip, published } = fixture({ publish: async () => { throw new Error('no peers') } })
  const envelopes = Array.from({ length: 500 }, () => envelopeOf({ length: 1000 }))
  for (const envelope of envelopes) gossip.publish(community, envelope)
  await until(() => published.length === 500, 'all published')
  assert.equal(published.map(data => data.subarray(1)), envelopes)
})

test('an envelope that a peer got whole is told of; one that nobody got, or that was only announced, is not', async () => {
  const fixed = fixture()
  const reached: string[] = []
  const publish = (name: string, length: number): void => { fixed.gossip.publish(community, envelopeOf({ length }), () => { reached.push(name) }) }
  publish('whole', 1000)
  await until(() => fixed.published.length === 1, 'published')
  publish('announced', GOSSIP_INLINE_BYTES + 1)
  await until(() => fixed.published.length === 2, 'published')
  fixed.recipients = 0
  publish('nobody there', 1000)
  await until(() => fixed.published.length === 3, 'published')
  await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(reached, ['whole'])
})

test('storage that fails is no judgement of the message', async () => {
  const { receive, replica, nowMs } = fixture()
  replica.ingest = async () => { throw new Error('disk full') }
  assert.equal(await receive(inline(envelopeOf({ timeMs: nowMs }))), { verdict: 'ignore', reason: 'disk full' })
})

test('a flood is ingested in batches', async () => {
  const { receive, replica, nowMs } = fixture()
  const verdicts = await Promise.all(Array.from({ length: 500 }, async () => outcome(await receive(inline(envelopeOf({ timeMs: nowMs }))))))
  assert.ok(verdicts.every(verdict => verdict === 'accept'))
  assert.ok(replica.batches.length <= 10, `${replica.batches.length} batches`)
})

test('after leaving, nothing is received or published', async () => {
  const { gossip, receive, published, nowMs } = fixture()
  gossip.leave(community)
  assert.equal(await receive(inline(envelopeOf({ timeMs: nowMs }))), { verdict: 'ignore', reason: 'not subscribed' })
  gossip.publish(community, envelopeOf())
  await new Promise(resolve => { setTimeout(resolve, 10) })
  assert.is(published.length, 0)
})

test.run()
