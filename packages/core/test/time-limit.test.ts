import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { timeLimit } from '../src/time-limit.ts'
import { createTestNodes, until } from './nodes.ts'

const test = suite('time limit')

test('a limit beyond what timers take is one, and does not end at once', async () => {
  for (const ms of [Infinity, 2 ** 33, 2 ** 31]) {
    const limit = timeLimit(ms)
    await new Promise(resolve => { setTimeout(resolve, 5) })
    assert.not(limit.aborted, String(ms))
  }
  const over = timeLimit(-1)
  await until('it is over', () => over.aborted)
})

test('a thread may be waited for without an end', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], { network: false, torrent: false })
  const { address: community } = await node.communities.create({ slug: 'garden', difficulty: 0 })
  const { id } = await node.posts.create({ community, title: 'Figs', text: 'ripe' })
  assert.is((await node.thread(id, { timeoutMs: Infinity })).post.text, 'ripe')
})

test.run()
