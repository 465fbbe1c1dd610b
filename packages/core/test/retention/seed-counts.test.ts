import { topicOf, type CommunityAddress, type ContentId } from '@seedbed/crdt-index'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_HAVE_IDS, MAX_HAVE_PEERS, MAX_SEED_QUESTIONS, SEED_COUNT_AGE_MS, SEED_COUNT_MIN_AGE_MS } from '../../src/limits.ts'
import { createSeedCounts } from '../../src/retention/seed-counts.ts'

const test = suite('core/retention/seed-counts')
const community = 'c'.repeat(64) as CommunityAddress
const idOf = (n: number): ContentId => n.toString(16).padStart(40, '0') as ContentId

function world (peers: string[], has: (peer: string, id: ContentId) => boolean) {
  const questions: Array<{ topic: string, peers: readonly string[], ids: readonly ContentId[] }> = []
  const state = { peers, nowMs: 0, changed: [] as CommunityAddress[], moved: (_topic: string): void => {} }
  const counts = createSeedCounts({
    sources: {
      peers: () => state.peers,
      async ask (topic, asked, ids) {
        questions.push({ topic, peers: asked, ids })
        return new Map(ids.map(id => [id, asked.filter(peer => has(peer, id))]))
      }
    },
    onTopicPeers (listener) {
      state.moved = topic => { listener({ topic, peer: 'somebody', joined: true }) }
      return () => {}
    },
    nowMs: () => state.nowMs
  })
  counts.on(of => { state.changed.push(of) })
  const known = async (what: number): Promise<void> => {
    for (let i = 0; state.changed.length < what; i++) {
      if (i > 500) throw new Error('no answer came')
      await sleep(5)
    }
  }
  return { counts, state, questions, known }
}

test('not known at first, asked once for a whole page, then known', async () => {
  const { counts, questions, known } = world(['a', 'b', 'c'], (peer, id) => id === idOf(1) && peer !== 'c')
  const count = counts.counter()
  assert.equal([1, 2, 3].map(n => count(community, idOf(n))), [null, null, null])
  assert.equal([1, 2].map(n => counts.counter()(community, idOf(n))), [null, null])
  assert.is(questions.length, 0, 'the feed did not wait for it')
  await known(1)
  assert.equal([1, 2, 3].map(n => counts.counter()(community, idOf(n))), [2, 0, 0])
  assert.is(questions.length, 1)
  assert.is(questions[0]?.topic, topicOf(community))
  assert.equal(questions[0]?.ids, [1, 2, 3].map(idOf))
  counts.close()
})

test('only members that are still connected count; without any it is 0', async () => {
  const { counts, state, known } = world(['a', 'b'], () => true)
  counts.counter()(community, idOf(1))
  await known(1)
  assert.is(counts.counter()(community, idOf(1)), 2)
  state.peers = ['b', 'd']
  assert.is(counts.counter()(community, idOf(1)), 1)
  state.peers = []
  assert.is(counts.counter()(community, idOf(1)), 0)
  assert.is(counts.counter()(community, idOf(2)), 0)
  counts.close()
})

test('asked again when old, and sooner after members came; the old answer serves meanwhile', async () => {
  let holders = 1
  const { counts, state, questions, known } = world(['a', 'b'], peer => holders === 2 || peer === 'a')
  const read = (): number | null => counts.counter()(community, idOf(1))
  read()
  await known(1)
  holders = 2
  state.nowMs = SEED_COUNT_MIN_AGE_MS + 1
  assert.is(read(), 1)
  await sleep(60)
  assert.is(questions.length, 1, 'young enough')
  state.moved(topicOf(community))
  state.nowMs += 1
  assert.is(read(), 1, 'the old answer')
  await known(2)
  assert.is(read(), 2)
  holders = 1
  state.nowMs += SEED_COUNT_AGE_MS + 1
  assert.is(read(), 2)
  await known(3)
  assert.is(read(), 1)
  assert.is(questions.length, 3)
  counts.close()
})

test('questions are bounded in ids, peers and number', async () => {
  const peers = Array.from({ length: 100 }, (_, i) => `peer ${i}`)
  const { counts, questions, known } = world(peers, () => true)
  const count = counts.counter()
  for (let n = 0; n < MAX_SEED_QUESTIONS + 500; n++) count(community, idOf(n))
  await known(Math.ceil(MAX_SEED_QUESTIONS / MAX_HAVE_IDS))
  assert.is(questions.reduce((sum, { ids }) => sum + ids.length, 0), MAX_SEED_QUESTIONS)
  for (const { ids, peers } of questions) {
    assert.ok(ids.length <= MAX_HAVE_IDS)
    assert.is(new Set(peers).size, MAX_HAVE_PEERS)
  }
  counts.close()
})

test('without a network nothing is ever known', () => {
  const counts = createSeedCounts({ sources: null })
  assert.is(counts.counter()(community, idOf(1)), null)
  counts.close()
})

test.run()
