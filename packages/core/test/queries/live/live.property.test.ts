// After any sequence of actions, here and on another peer, a live query answers what the one-shot query answers.
// test-timeout-ms: 120000
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SeedbedNode, Thread } from '../../../src/node.ts'
import { connect, until, withNodes } from './nodes.ts'

const test = suite('core/queries/live properties')
const RUNS = 6

type Action = readonly [kind: 'post' | 'comment' | 'up' | 'down' | 'clear' | 'edit' | 'delete' | 'name' | 'label' | 'unlabel' | 'mute' | 'unmute', actor: number, target: number]
const actions = fc.array(fc.tuple(fc.constantFrom<Action[0]>('post', 'comment', 'comment', 'up', 'up', 'down', 'clear', 'edit', 'delete', 'name', 'label', 'unlabel', 'mute', 'unmute'), fc.nat(1), fc.nat(30)), { minLength: 1, maxLength: 14 })

/** Who served a body is told by the call that fetched it only. */
function comparable ({ post, comments, ...rest }: Thread): unknown {
  const [first, ...others] = [post, ...comments].map(node => ({ ...node, servedBy: null }))
  return { ...rest, post: first, comments: others }
}

/** Paths at which the live value (left) is another than the one-shot value. */
function differences (live: unknown, once: unknown, path = 'value'): string[] {
  if (typeof live !== 'object' || typeof once !== 'object' || live === null || once === null) return Object.is(live, once) ? [] : [`${path}: ${String(live)}, not ${String(once)}`]
  const keys = new Set([...Object.keys(live), ...Object.keys(once)])
  return [...keys].flatMap(key => differences(live[key as keyof typeof live], once[key as keyof typeof once], `${path}.${key}`))
}

test('live values equal those of one-shot queries after any actions', async () => {
  await withNodes(async start => {
    const nodes: readonly [SeedbedNode, SeedbedNode] = [await start('alice'), await start('bob')]
    const [alice, bob] = nodes
    const { address } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
    await connect(bob, alice)
    await bob.communities.join(address)

    async function act ([kind, actor, target]: Action, ids: string[]): Promise<void> {
      const node = nodes[actor] ?? alice
      const id = ids[target % ids.length] ?? ''
      if (kind === 'post') ids.push((await node.posts.create({ community: address, title: `Post ${target}`, text: 'text' })).id)
      else if (kind === 'comment') ids.push((await node.comments.create({ parent: id, text: `comment ${target}` })).id)
      else if (kind === 'edit') await node.revisions.create({ id, text: `edited ${target}` })
      else if (kind === 'delete') await node.delete(id)
      else if (kind === 'name') await node.profiles.set({ name: `name ${target}` })
      else if (kind === 'label') await node.labels.set({ id, label: ['spam', 'heated', 'remove'][target % 3] ?? '' })
      else if (kind === 'unlabel') await node.labels.clear(id)
      else if (kind === 'mute' || kind === 'unmute') await node.personal.mute(bob.author, kind === 'mute')
      else if (kind === 'clear') await node.votes.clear(id)
      else await node.votes[kind](id, { timeoutMs: 1000 })
    }

    await fc.assert(fc.asyncProperty(actions, async sequence => {
      const { id } = await alice.posts.create({ community: address, title: 'Root', text: 'root' })
      const ids = [id]
      await until('bob knows the post', async () => (await bob.feed({ limit: 1000 })).items.some(post => post.id === id))
      const live = nodes.map(node => ({
        node, feed: node.live.feed({ limit: 1000 }), thread: node.live.thread(id, { timeoutMs: 1000 }), communities: node.live.communities(), status: node.live.status()
      }))
      const queries = live.flatMap(({ feed, thread, communities, status }) => [feed, thread, communities, status])
      for (const query of queries) query.subscribe(() => {})
      for (const action of sequence) {
        await act(action, ids).catch((error: unknown) => {
          // What is refused (own votes, others' edits, what the peer does not know yet) changes nothing.
          assert.ok(error instanceof Error && 'code' in error, String(error))
        })
      }
      await Promise.all(nodes.map(async node => { await node.sync() }))
      for (const { node, feed, thread, communities, status } of live) {
        let expected: unknown
        let actual: unknown
        await until(`${node === alice ? 'alice' : 'bob'} is shown what is so`, async () => {
          expected = [await node.feed({ limit: 1000 }), comparable(await node.thread(id)), node.communities.list(), await node.status()]
          const snapshots = [feed, thread, communities, status].map(query => query.getSnapshot())
          actual = snapshots.map((snapshot, i) => snapshot.state !== 'ready' ? snapshot : i === 1 ? comparable(snapshot.value as Thread) : snapshot.value)
          return JSON.stringify(actual) === JSON.stringify(expected)
        }).catch((cause: unknown) => { throw new Error(differences(actual, expected).join('\n'), { cause }) })
      }
      for (const query of queries) query.close()
    }), { numRuns: RUNS, endOnFailure: true, includeErrorInReport: true })
  })
})

test.run()
