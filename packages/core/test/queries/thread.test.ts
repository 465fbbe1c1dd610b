// Pages of a thread: together they are the thread that the index lists whole.
// test-timeout-ms: 60000
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SeedbedNode, Thread, ThreadComment } from '../../src/node.ts'
import { codeOf, createTestNodes } from '../nodes.ts'

const test = suite('core/queries/thread')
const OFFLINE = { network: false, torrent: false } as const
const SORTS = ['best', 'top', 'new', 'old', 'controversial'] as const

/** A post and comments below it: what each answers, by its number among those before it, and whether it is deleted in the end. */
async function plant (node: SeedbedNode, shape: ReadonlyArray<readonly [below: number, isDeleted: boolean]>): Promise<{ community: string, post: string, comments: readonly string[] }> {
  const { address: community } = await node.communities.create({ slug: 'garden', difficulty: 0 })
  const { id: post } = await node.posts.create({ community, title: 'Figs', text: 'ripe' })
  const comments: string[] = []
  for (const [n, [below]] of shape.entries()) comments.push((await node.comments.create({ parent: [post, ...comments][below % (n + 1)] ?? post, text: `comment ${n}` })).id)
  for (const [n, [, isDeleted]] of shape.entries()) if (isDeleted) await node.delete(comments[n] ?? '')
  return { community, post, comments }
}

/** The thread that all cursors lead to, in the order of display. */
async function whole (ask: (after?: string) => Promise<Thread>): Promise<Array<Omit<ThreadComment, 'next'>>> {
  const page = async (after?: string): Promise<Array<Omit<ThreadComment, 'next'>>> => {
    const { comments, next } = await ask(after)
    const nodes: Array<Omit<ThreadComment, 'next'>> = []
    /** Comments whose answers may still come: those that the next one lies below. */
    const open: ThreadComment[] = []
    const close = async (depth: number): Promise<void> => {
      for (let last = open.at(-1); last !== undefined && last.depth >= depth; last = open.at(-1)) {
        open.pop()
        if (last.next !== null) nodes.push(...await page(last.next))
      }
    }
    for (const comment of comments) {
      await close(comment.depth)
      open.push(comment)
      const { next: _next, ...shown } = comment
      nodes.push(shown)
    }
    await close(0)
    return next === null ? nodes : [...nodes, ...await page(next)]
  }
  return await page()
}

test('all pages together are the whole thread, whatever their size and order', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], OFFLINE)
  let cut = 0
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom(...SORTS),
    async (shape, limit, sort) => {
      const { post, community } = await plant(node, shape)
      const all = await node.thread(post, { sort, limit: 10_000 })
      assert.is(all.next, null)
      assert.equal(all.comments.filter(({ next }) => next !== null), [])
      const pages = await whole(async after => {
        const page = await node.thread(post, { sort, limit, ...(after === undefined ? {} : { after }) })
        assert.ok(page.comments.length <= limit && page.total === all.total && page.post.id === post)
        if (page.next !== null) cut++
        return page
      })
      assert.equal(pages, all.comments.map(({ next: _next, ...shown }) => shown))
      await node.communities.leave(community)
    }
  ), { numRuns: 25, examples: [[[[0, false], [0, true], [1, false], [0, false], [3, true]], 2, 'best']] })
  assert.ok(cut > 0, 'the example has further pages')
})

test('a page goes on below a comment, with the depth and the parents of the whole thread', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], OFFLINE)
  const { post, comments } = await plant(node, Array.from({ length: 30 }, (_, n) => [n, false]))
  const first = await node.thread(comments[29] ?? '', { limit: 10 })
  assert.equal(first.comments.map(({ id, depth, below, next }) => [id, depth, below, next !== null]), comments.slice(0, 10).map((id, n) => [id, n + 1, 29 - n, n === 9]))
  assert.equal([first.next, first.total, first.post.id], [null, 30, post])
  const rest = await node.thread(post, { after: first.comments[9]?.next ?? '' })
  assert.equal(rest.comments.map(({ id, parent, depth, text }) => [id, parent, depth, text]), comments.slice(10).map((id, n) => [id, comments[n + 9], n + 11, `comment ${n + 10}`]))

  const live = node.live.thread(post, { limit: 10, sort: 'new' })
  for await (const { comments: shown, next } of live) {
    assert.equal([shown.length, next], [10, null])
    break
  }
})

test('what is no cursor of the thread, no order or no limit is refused', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], OFFLINE)
  const { post, community } = await plant(node, [[0, false], [0, false], [1, false]])
  const other = await node.posts.create({ community, title: 'Others', text: 'text' })
  await node.comments.create({ parent: other.id, text: 'one' })
  await node.comments.create({ parent: other.id, text: 'two' })
  const { next } = await node.thread(post, { limit: 1 })
  const foreign = (await node.thread(other.id, { limit: 1 })).next
  assert.ok(next !== null && foreign !== null)
  assert.match(next, /^best\./) // whatever its key is: what begins with "-" is an option to a command line
  const of = next.slice(-28)
  for (const after of ['', 'x', next.slice(1), `${next}x`, next.slice(0, -28), of, foreign, `best.first.${'A'.repeat(27)}`, `new.first${of}`, `${'9'.repeat(100_000)}${of}`]) {
    assert.is(await codeOf(node.thread(post, { after })), 'USAGE', after.slice(0, 300))
  }
  for (const limit of [0, -1, 1.5, Number.NaN, 10_001, '5' as unknown as number]) assert.is(await codeOf(node.thread(post, { limit })), 'USAGE', String(limit))
  for (const sort of ['hot', '', 'toString', null]) assert.is(await codeOf(node.thread(post, { sort: sort as 'best' })), 'USAGE', String(sort))
  const live = node.live.thread(post, { after: 'x' })
  const failed = Promise.withResolvers<string>()
  const leave = live.subscribe(() => {
    const now = live.getSnapshot()
    if (now.state === 'failed') failed.resolve(now.error.code)
  })
  assert.is(await failed.promise, 'USAGE')
  leave()
})

test.run()
