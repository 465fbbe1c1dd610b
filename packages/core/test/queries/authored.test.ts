// What an author wrote: pages of any size together are the whole list, and a live query answers as the one-shot one.
// test-timeout-ms: 60000
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { AuthoredItem, AuthoredPage, AuthoredQuery, SeedbedNode } from '../../src/node.ts'
import { codeOf, createTestNodes, until } from '../nodes.ts'

const test = suite('core/queries/authored')
const OFFLINE = { network: false, torrent: false } as const

async function allOf (node: SeedbedNode, query: AuthoredQuery): Promise<AuthoredItem[]> {
  const items: AuthoredItem[] = []
  let after: string | null = null
  do {
    const page: AuthoredPage = await node.authored(node.author, { ...query, ...(after === null ? {} : { after }) })
    assert.ok(page.items.length <= (query.limit ?? 50))
    items.push(...page.items)
    after = page.next
  } while (after !== null)
  return items
}

test('all pages are what was written and not deleted, the newest first, of the kinds and communities asked for', async () => {
  await using nodes = await createTestNodes()
  let nowMs = Date.UTC(2026, 4, 20) // of one month: the next one would begin before the last test ends
  const node = await nodes.start([], { ...OFFLINE, clock: () => nowMs })
  const communities = [(await node.communities.create({ slug: 'garden', difficulty: 0 })).address, (await node.communities.create({ slug: 'kitchen', difficulty: 0 })).address]
  const [first = '', second = ''] = communities
  const posts: string[] = []
  for (const community of communities) posts.push((await node.posts.create({ community, title: `Of ${community.slice(0, 4)}`, text: 'text' })).id)
  const written: Array<{ id: string, kind: 'post' | 'comment', community: string }> = posts.map((id, n) => ({ id, kind: 'post', community: communities[n] ?? '' }))
  let serial = 0
  await fc.assert(fc.asyncProperty(
    fc.array(fc.tuple(fc.constantFrom('post', 'comment', 'comment', 'delete'), fc.nat(50)), { maxLength: 6 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom('posts', 'comments', 'all'), fc.constantFrom(undefined, [first], ['kitchen']),
    async (acts, limit, kind, wanted) => {
      for (const [act, at] of acts) {
        nowMs += 1000
        const community = communities[at % 2] ?? ''
        if (act === 'post') written.push({ id: (await node.posts.create({ community, title: `post ${++serial}`, text: 'text' })).id, kind: 'post', community })
        else if (act === 'comment') written.push({ id: (await node.comments.create({ parent: posts[at % 2] ?? '', text: `comment ${++serial}` })).id, kind: 'comment', community })
        else if (written.length > 2) {
          const [gone] = written.splice(2 + at % (written.length - 2), 1)
          await node.delete(gone?.id ?? '')
        }
      }
      const expected = written.filter(item => (kind === 'all' || `${item.kind}s` === kind) && (wanted === undefined || item.community === (wanted[0] === first ? first : second)))
      const listed = await allOf(node, { kind, limit, ...(wanted === undefined ? {} : { communities: wanted }) })
      const byId = (a: { id: string }, b: { id: string }): number => a.id < b.id ? -1 : 1
      assert.equal(listed.map(({ id, kind, community }) => ({ id, kind, community })).sort(byId), expected.toSorted(byId))
      assert.equal(listed.map(({ createdAtMs }) => createdAtMs), listed.map(({ createdAtMs }) => createdAtMs).toSorted((a, b) => b - a))
      for (const { kind, community, post, parent, title, comments } of listed) {
        if (kind === 'comment') assert.equal([post, parent, title, comments], [posts[communities.indexOf(community)], post, `Of ${community.slice(0, 4)}`, null])
      }
      assert.equal(await allOf(node, { kind, limit: 1000, ...(wanted === undefined ? {} : { communities: wanted }) }), listed)
    }
  ), { numRuns: 25 })
})

test('a live list follows votes, deletions and mutes, and says how much it hides', async () => {
  await using nodes = await createTestNodes()
  const alice = await nodes.start()
  const { address: community } = await alice.communities.create({ slug: 'garden', difficulty: 0 })
  const bob = await nodes.start([alice])
  await bob.communities.join(community)
  const post = await alice.posts.create({ community, title: 'Figs', text: 'ripe' })
  await until('bob knows the post', async () => (await bob.feed()).items.length === 1)
  const comment = await bob.comments.create({ parent: post.id, text: 'sweet' })
  const live = alice.live.authored(bob.author)
  const leave = live.subscribe(() => {})
  const shown = (): unknown => {
    const now = live.getSnapshot()
    return now.state === 'ready' ? [now.value.items.map(({ id, title, score, vote, muted }) => [id, title, score, vote, muted]), now.value.hidden] : now.state
  }
  const becomes = async (what: string, value: unknown): Promise<void> => { await until(what, () => JSON.stringify(shown()) === JSON.stringify(value)) }
  await becomes('the comment', [[[comment.id, 'Figs', 0, 0, false]], 0])
  await alice.votes.up(comment.id)
  await becomes('a vote', [[[comment.id, 'Figs', 1, 1, false]], 0])
  await alice.revisions.create({ id: post.id, title: 'Ripe figs' })
  await becomes('another title', [[[comment.id, 'Ripe figs', 1, 1, false]], 0])
  await alice.personal.mute(bob.author, true)
  await becomes('nothing of a muted author', [[], 1])
  assert.equal((await alice.authored(bob.author, { policy: { mutes: 'fold' } })).items.map(({ id, muted, treatment }) => [id, muted, treatment]), [[comment.id, true, 'fold']])
  await alice.personal.mute(bob.author, false)
  await alice.labels.set({ id: post.id, label: 'spam' })
  await until('bob knows the label', async () => (await bob.feed()).hidden === 1)
  assert.equal((await bob.authored(bob.author)).items.map(({ title, post: of }) => [title, of]), [['', post.id]], 'the title of a hidden post is not shown by the way')
  await bob.delete(comment.id)
  await becomes('nothing that is deleted', [[], 0])
  leave()
})

test('what is no author, no kind or no cursor of the list is refused', async () => {
  await using nodes = await createTestNodes()
  const node = await nodes.start([], OFFLINE)
  const { address: community } = await node.communities.create({ slug: 'garden', difficulty: 0 })
  for (const title of ['One', 'Two']) await node.posts.create({ community, title, text: 'text' })
  assert.equal(await node.authored('a'.repeat(64)), { items: [], next: null, hidden: 0 })
  assert.is((await node.authored(` ${node.author.toUpperCase()} `)).items.length, 2)
  for (const author of ['', 'x', node.author.slice(1), 'ada']) assert.is(await codeOf(node.authored(author)), 'BAD_ID', author)
  const { next } = await node.authored(node.author, { limit: 1 })
  const wrong: ReadonlyArray<Record<string, unknown>> = [{ limit: 0 }, { limit: 1001 }, { kind: 'votes' }, { kind: null }, { sort: 'hot' }, { after: 'x' }, { after: next, sort: 'top' }, { after: next, kind: 'posts' }, { policy: null }]
  for (const query of wrong) assert.is(await codeOf(node.authored(node.author, query)), 'USAGE', JSON.stringify(query))
  assert.is(await codeOf(node.authored(node.author, { communities: ['nowhere'] })), 'UNKNOWN_COMMUNITY')
})

test.run()
