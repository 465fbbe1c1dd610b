// test-timeout-ms: 300000
import { readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import * as assert from 'uvu/assert'
import { codeIn, json, processSuite, seedbed } from './harness.ts'

const test = processSuite('cli/process/one-shot')

test('identity, usage and a missing peer', async context => {
  const { author } = await json(context, ['init'])
  assert.equal(await json(context, ['init']), { author, created: false, dataDir: context.data })
  assert.is((await json(context, ['whoami']))['author'], author)
  const before = await readdir(context.data)
  const status = await seedbed(context, ['status', '--json'])
  assert.is(status.code, 2)
  assert.is(codeIn(status), 'NOT_RUNNING')
  assert.equal(await readdir(context.data), before)
  const wrong = await seedbed(context, ['fly'])
  assert.is(wrong.code, 2)
  assert.is(wrong.out, '')
  assert.match(wrong.err, /^seedbed: Unknown command "fly".* \[USAGE\]\n$/)
})

test('without a peer: create, post, comment, read, and refuse', async context => {
  const { address, slug } = await json(context, ['community', 'create', 'cats', '--difficulty', '0', '--title', 'All cats'])
  assert.match(address as string, /^[0-9a-f]{64}$/)
  assert.is(slug, 'cats')
  await writeFile(path.join(context.dir, 'post.txt'), 'Text of the post.\n')
  const post = await json(context, ['post', 'cats', '--title', 'First', '--file', 'post.txt'])
  assert.match(post['id'] as string, /^[0-9a-f]{40}$/)
  assert.match(post['magnet'] as string, `magnet:?xt=urn:btih:${post['id'] as string}`)
  const answer = await json(context, ['comment', post['id'] as string], 'An answer.')
  const { items } = await json(context, ['feed', 'cats']) as { items: Array<Record<string, unknown>> }
  assert.is(items.length, 1)
  assert.equal({ id: items[0]?.['id'], title: items[0]?.['title'], comments: items[0]?.['comments'], seeding: items[0]?.['seeding'] }, { id: post['id'], title: 'First', comments: 1, seeding: false }, 'nothing serves it before the peer runs')
  const thread = await json(context, ['thread', post['id'] as string]) as { post: Record<string, unknown>, comments: Array<Record<string, unknown>> }
  assert.is(thread.post['text'], 'Text of the post.')
  assert.is(thread.post['available'], true)
  assert.equal(thread.comments.map(({ id, parent, text, children }) => ({ id, parent, text, children })), [{ id: answer['id'], parent: post['id'], text: 'An answer.', children: [] }])
  const own = await seedbed(context, ['upvote', post['id'] as string, '--json'])
  assert.is(own.code, 1)
  assert.is(codeIn(own), 'OWN_CONTENT')
  const empty = await seedbed(context, ['post', 'cats', '--title', 'Empty', '--json'], '  \n')
  assert.is(empty.code, 1)
  assert.is(codeIn(empty), 'TEXT_EMPTY')
  await json(context, ['torrent', post['id'] as string, '--out', 'post.torrent'])
  assert.match(await readFile(path.join(context.dir, 'post.torrent'), 'latin1'), '12:piece lengthi65536e')
})

test('commands at once take turns', async context => {
  await json(context, ['community', 'create', 'cats', '--difficulty', '0'])
  const posts = await Promise.all(['a', 'b', 'c'].map(async name => await json(context, ['post', 'cats', '--title', name], name)))
  assert.is(new Set(posts.map(({ id }) => id)).size, 3)
  const { items } = await json(context, ['feed', '--sort', 'new']) as { items: unknown[] }
  assert.is(items.length, 3)
})

test.run()
