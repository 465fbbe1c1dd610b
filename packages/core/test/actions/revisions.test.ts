import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SeedbedNode, ThreadNode } from '../../src/node.ts'
import { codeOf, createTestNodes, until } from '../nodes.ts'

const test = suite('editing and deleting')

const postOf = async (node: SeedbedNode, id: string): Promise<ThreadNode> => (await node.thread(id)).post
const knows = (node: SeedbedNode, id: string) => async (): Promise<boolean> => await node.bodies.magnet(id).then(() => true, () => false)

test('an edit keeps the id, is a torrent of its own, and leaves the history readable', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Frist', text: 'a typo' })
  await bob.communities.join(address)
  await until('bob knows the post', knows(bob, id))
  await bob.votes.up(id)
  const { revision, magnet } = await ada.revisions.create({ id, text: 'no typo', title: 'First' })
  assert.is.not(revision, id)
  assert.match(magnet, revision)
  await until('bob knows the edit', async () => (await bob.feed()).items[0]?.title === 'First')
  const [item] = (await bob.feed()).items
  assert.is(item?.id, id)
  assert.is(item?.score, 1)
  assert.is(item?.otherRevision, 1, 'the vote was for another revision')
  const post = await postOf(bob, id)
  assert.equal([post.text, post.revision, post.newest, post.seeding], ['no typo', revision, true, true], 'opened, so pinned by the upvote')
  assert.equal((await bob.revisions.list(id)).map(({ revision, title, held }) => ({ revision, title, held })), [
    { revision: id, title: 'Frist', held: true }, { revision, title: 'First', held: true }
  ])
  assert.is((await bob.revisions.read(id, id)).text, 'a typo')
  await bob.votes.up(id)
  assert.is((await bob.feed()).items[0]?.otherRevision, 0, 'voted again, for the newest')
})

test('a comment is edited too, and an edit of an edit is the newest', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Post', text: 'text' })
  const comment = await ada.comments.create({ parent: id, text: 'one' })
  await ada.revisions.create({ id: comment.id, text: 'two' })
  const { revision } = await ada.revisions.create({ id: comment.id, text: 'three' })
  const [shown] = (await ada.thread(id)).comments
  assert.equal([shown?.id, shown?.text, shown?.revision], [comment.id, 'three', revision])
  assert.is(await codeOf(ada.revisions.create({ id: comment.id, text: 'x', title: 'a title' })), 'USAGE')
})

test('the newest revision that can be had is shown and marked', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Post', text: 'first' })
  await bob.communities.join(address)
  await until('bob knows the post', knows(bob, id))
  await bob.votes.up(id)
  await ada.revisions.create({ id, text: 'second' })
  await until('bob knows the edit', async () => (await bob.feed()).items[0]?.editedAtMs !== null)
  await ada.close() // with the only copy of the second revision
  const post = await postOf(bob, id)
  assert.equal([post.text, post.available, post.newest], ['first', true, false])
})

test('a tombstone is final: honest peers drop the text and stop serving it', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Regret', text: 'never said' })
  const { id: kept } = await ada.posts.create({ community: address, title: 'Kept', text: 'said' })
  await ada.revisions.create({ id, text: 'never said either' })
  await bob.communities.join(address)
  await until('bob knows the posts', async () => (await bob.feed()).items.length === 2)
  await bob.votes.up(id)
  await bob.thread(id)
  await bob.votes.up(kept)
  const before = (await bob.status()).bodies
  assert.equal(await ada.delete(id), { id, deleted: true })
  await until('the feed loses it', async () => (await bob.feed()).items.length === 1)
  await until('the bodies are dropped', async () => (await bob.status()).bodies === before - 1 && (await ada.status()).bodies === 1)
  assert.is(await codeOf(bob.bodies.read(id)), 'DELETED')
  assert.is(await codeOf(bob.votes.up(id)), 'DELETED')
  assert.is(await codeOf(ada.revisions.create({ id, text: 'back' })), 'DELETED')
  assert.is(await codeOf(bob.comments.create({ parent: id, text: 'why' })), 'DELETED')
  const { post, title } = await bob.thread(id)
  assert.equal([post.deleted, post.available, post.text, title], [true, false, null, ''])
})

test('only its author edits or deletes', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const bob = await nodes.start([ada])
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Post', text: 'text' })
  await bob.communities.join(address)
  await until('bob knows the post', knows(bob, id))
  assert.is(await codeOf(bob.revisions.create({ id, text: 'mine' })), 'NOT_OWN')
  assert.is(await codeOf(bob.delete(id)), 'NOT_OWN')
  assert.is(await codeOf(bob.delete('0'.repeat(40))), 'UNKNOWN_ID')
  assert.is(await codeOf(bob.delete('nonsense')), 'BAD_ID')
})

test('edits have an order within one millisecond, and when the clock steps back', async () => {
  await using nodes = await createTestNodes()
  let nowMs = Date.now()
  const ada = await nodes.start([], { clock: () => nowMs, network: false, torrent: false })
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id, createdAtMs } = await ada.posts.create({ community: address, title: 'Post', text: 'one' })
  const second = await ada.revisions.create({ id, text: 'two' })
  const third = await ada.revisions.create({ id, text: 'three' })
  assert.equal([second.editedAtMs, third.editedAtMs], [createdAtMs + 1, createdAtMs + 2])
  nowMs -= 1000
  const fourth = await ada.revisions.create({ id, text: 'four' })
  assert.is(fourth.editedAtMs, createdAtMs + 3)
  const comment = await ada.comments.create({ parent: id, text: 'early' })
  const shown = await ada.thread(id)
  assert.equal([shown.post.text, shown.post.revision, shown.comments[0]?.id], ['four', fourth.revision, comment.id])
})

test('a title alone keeps the newest text; what changes nothing is refused', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Frist', text: 'text' })
  await ada.revisions.create({ id, text: 'newer text' })
  const { revision, magnet } = await ada.revisions.create({ id, title: 'First' })
  const { post, title } = await ada.thread(id)
  assert.equal([title, post.text, post.revision], ['First', 'newer text', revision])
  assert.match(magnet, 'dn=First')
  assert.match(post.magnet, 'dn=First')
  for (const edit of [{}, { title: 'First' }, { text: 'newer text\r\n' }, { title: ' First ', text: 'newer text' }]) assert.is(await codeOf(ada.revisions.create({ id, ...edit })), 'USAGE', JSON.stringify(edit))
  assert.is((await ada.revisions.list(id)).length, 3)
})

test('nothing names the title of what was deleted', async () => {
  await using nodes = await createTestNodes()
  const ada = await nodes.start()
  const { address } = await ada.communities.create({ slug: 'seeds', difficulty: 0 })
  const { id } = await ada.posts.create({ community: address, title: 'Regretted', text: 'text' })
  assert.is((await ada.revisions.list(id))[0]?.deleted, false)
  await ada.delete(id)
  assert.is(await codeOf(ada.bodies.magnet(id)), 'DELETED')
  const { title, post } = await ada.thread(id)
  assert.is(title, '')
  assert.not.match(post.magnet, 'dn=')
  assert.is((await ada.revisions.list(id))[0]?.deleted, true)
})

test.run()
