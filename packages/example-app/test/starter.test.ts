import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createNode, createPhrase } from '@seedbed/core'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readTexts } from '../../../tools/starter/texts.ts'
import { MAX_STARTER_BYTES, STARTER_COMMUNITY, STARTER_FILE } from '../src/starter.ts'

const test = suite('starter community')
const archive = readFileSync(path.resolve(import.meta.dirname, '../starter', STARTER_FILE))

test('the archive is whole, under the address that the app knows, and small', async () => {
  assert.ok(archive.length < MAX_STARTER_BYTES)
  await using node = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), network: false, torrent: false })
  const { community, refused } = await node.archives.import(archive)
  assert.equal([community.address, community.slug, community.title, refused], [STARTER_COMMUNITY, 'seedbed', 'About Seedbed', 0])
})

test('it has every text and answer as they are written, the first one first', async () => {
  await using node = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), network: false, torrent: false })
  await node.archives.import(archive)
  const texts = readTexts()
  assert.ok(texts.length >= 6 && texts.some(({ answer }) => answer !== null))
  for (const sort of ['new', 'hot', 'top'] as const) {
    assert.equal((await node.feed({ sort })).items.map(({ title }) => title), texts.map(({ title }) => title), 'run tools/starter/make.ts')
  }
  const { items } = await node.feed({ sort: 'new' })
  for (const [at, { text, answer }] of texts.entries()) {
    const thread = await node.thread(items[at]?.id ?? '')
    assert.equal([thread.post.text, ...thread.comments.map(({ text }) => text)], [text, ...(answer === null ? [] : [answer])], 'run tools/starter/make.ts')
  }
})

test('who imports it is nobody of its authors, and can answer and vote', async () => {
  await using node = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), network: false, torrent: false })
  await node.archives.import(archive)
  const [first] = (await node.feed({ sort: 'new' })).items
  assert.ok(first)
  await node.comments.create({ parent: first.id, text: 'It works.' })
  assert.is((await node.votes.up(first.id)).score, 1)
})

test.run()
