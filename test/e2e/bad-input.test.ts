// What is wrong is refused under its stable code, and refusing changes nothing.
// test-timeout-ms: 600000
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createNode, SEEDBED_ERROR_MEANINGS, SeedbedError, type SeedbedErrorCode, type SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, runCommand, startPeer } from '../../tools/demo/peer.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

const test = suite('e2e/bad-input')
const OFFLINE = { network: false, torrent: false } as const
const UNKNOWN = '0123456789abcdef0123456789abcdef01234567'

async function fails (code: SeedbedErrorCode, work: () => Promise<unknown>): Promise<void> {
  const error = await work().then(() => null, (reason: unknown) => reason)
  assert.ok(error instanceof SeedbedError, `${code} was expected, not ${String(error)}`)
  assert.is(error.code, code, error.message)
  assert.ok(error.message.length > 0 && SEEDBED_ERROR_MEANINGS[code].length > 0)
}

async function commandFails (code: SeedbedErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await work.then(() => null, (reason: unknown) => reason)
  assert.ok(error instanceof CommandError, `${code} was expected, not ${String(error)}`)
  assert.is(error.code, code, error.message)
}

/** Everything that a person could miss afterwards. */
async function stateOf (node: SeedbedNode): Promise<unknown> {
  const { communities, bodies, bytes } = await node.status()
  return { communities: communities.map(({ address, slug, title, digest, posts, comments, shards }) => ({ address, slug, title, digest, posts, comments, shards: shards.filter(({ envelopes }) => envelopes > 0).map(({ period, envelopes, digest }) => ({ period, envelopes, digest })) })), bodies, bytes, feed: await node.feed({ sort: 'new' }) }
}

const text = (size: number): string => 'x'.repeat(size)
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

test('through the SDK: every fault has its code and leaves everything as it was', async () => {
  await using folder = await temporaryFolder('bad-input')
  await using node = await createNode({ dataDir: folder.path, ...OFFLINE })
  const { address: community } = await node.communities.create({ slug: 'cats', title: 'Cats', difficulty: 0 })
  const { id } = await node.posts.create({ community, title: 'Good', text: 'Good text' })
  const post = async (title: string, text: string | Uint8Array): Promise<unknown> => await node.posts.create({ community, title, text })
  const before = await stateOf(node)

  const texts: Array<[SeedbedErrorCode, string | Uint8Array]> = [
    ['TEXT_NOT_UTF8', bytes(0x61, 0xff, 0x62)],
    ['TEXT_NOT_UTF8', bytes(0xc0, 0x80)], // an overlong zero
    ['TEXT_NOT_UTF8', bytes(0xed, 0xa0, 0x80)], // half a surrogate pair, encoded
    ['TEXT_NOT_UTF8', bytes(0xf0, 0x9f, 0x8c)], // cut off inside a character
    ['TEXT_NOT_UTF8', 'half \ud800 a pair'],
    ['TEXT_TOO_LONG', text(64_001)],
    ['TEXT_TOO_LONG', 'ž'.repeat(32_001)],
    ['TEXT_TOO_LONG', new Uint8Array(2 * 1024 * 1024).fill(0x61)],
    ['TEXT_EMPTY', ''], ['TEXT_EMPTY', ' \r\n\t\n '], ['TEXT_EMPTY', '\ufeff'], ['TEXT_EMPTY', new Uint8Array(0)],
    ['TEXT_CONTROL_CHARACTER', 'a\u0000b'], ['TEXT_CONTROL_CHARACTER', 'a\u001b[31mred'], ['TEXT_CONTROL_CHARACTER', 'a\u007fb'],
    ['TEXT_CONTROL_CHARACTER', 'a\u0085b'], ['TEXT_CONTROL_CHARACTER', 'a\u2028b']
  ]
  for (const [code, wrong] of texts) {
    await fails(code, async () => await post('Title', wrong))
    await fails(code, async () => await node.comments.create({ parent: id, text: wrong }))
  }
  await fails('TITLE_TOO_LONG', async () => await post(text(301), 'x'))
  await fails('TITLE_TOO_LONG', async () => await post('é'.repeat(151), 'x'))
  await fails('TITLE_EMPTY', async () => await post('  ', 'x'))
  await fails('TITLE_CONTROL_CHARACTER', async () => await post('two\nlines', 'x'))
  await fails('TITLE_CONTROL_CHARACTER', async () => await post('a\ttab', 'x'))
  await fails('TITLE_TOO_LONG', async () => await node.communities.create({ slug: 'dogs', title: text(301) }))
  for (const slug of ['', 'Cats', '-cats', 'two words', 'a'.repeat(41), 'žába', '../cats']) await fails('BAD_SLUG', async () => await node.communities.create({ slug, difficulty: 0 }))
  for (const address of ['', 'cats', 'f'.repeat(63), 'g'.repeat(64), `0x${'f'.repeat(62)}`]) await fails('BAD_ADDRESS', async () => await node.communities.join(address))
  await fails('UNKNOWN_COMMUNITY', async () => await node.posts.create({ community: 'dogs', title: 'x', text: 'x' }))
  await fails('UNKNOWN_COMMUNITY', async () => await node.feed({ communities: ['f'.repeat(64)] }))
  for (const [code, wrong] of [['UNKNOWN_ID', UNKNOWN], ['BAD_ID', UNKNOWN.slice(1)], ['BAD_ID', `${UNKNOWN.slice(1)}g`], ['BAD_ID', ''], ['BAD_ID', '__proto__']] as const) {
    await fails(code, async () => await node.comments.create({ parent: wrong, text: 'x' }))
    await fails(code, async () => await node.thread(wrong))
    await fails(code, async () => await node.bodies.read(wrong))
    await fails(code, async () => await node.bodies.torrentFile(wrong))
    await fails(code, async () => await node.votes.up(wrong))
    await fails(code, async () => await node.votes.down(wrong))
    await fails(code, async () => await node.votes.clear(wrong))
    await fails(code, async () => await node.bodies.magnet(wrong))
  }
  for (const vote of [node.votes.up, node.votes.down, node.votes.clear]) await fails('OWN_CONTENT', async () => await vote(id))
  for (const limit of [0, -1, 1001, 1.5, NaN]) await fails('USAGE', async () => await node.feed({ limit }))
  await fails('USAGE', async () => await node.feed({ after: 'not a cursor' }))
  await fails('NETWORK_FAILED', async () => await node.connect('/ip4/127.0.0.1/tcp/1'))
  const reason = new Error('the caller gave up')
  const aborted = await node.posts.create({ community, title: 'x', text: 'x', signal: AbortSignal.abort(reason) }).then(() => null, (error: unknown) => error)
  assert.is(aborted, reason)
  assert.equal(await stateOf(node), before)
})

test('through the command: codes, exit and digest', async () => {
  await using folder = await temporaryFolder('bad-input-cli')
  const dataDir = path.join(folder.path, 'data')
  const peer = await startPeer('peer', dataDir)
  try {
    await peer.command(['community', 'create', 'cats', '--difficulty', '0'])
    const { id } = await peer.command<{ id: string }>(['post', 'cats', '--title', 'Good'], 'Good text')
    const digest = async (): Promise<string | undefined> => (await peer.status()).communities[0]?.digest
    const before = await digest()
    const latin = path.join(folder.path, 'latin1.txt')
    await writeFile(latin, Buffer.from('na\xefve', 'latin1'))
    await commandFails('TEXT_NOT_UTF8', peer.command(['post', 'cats', '--title', 'x', '--file', latin]))
    await commandFails('TEXT_TOO_LONG', peer.command(['post', 'cats', '--title', 'x'], text(64_001)))
    await commandFails('TEXT_EMPTY', peer.command(['comment', id], '\n'))
    await commandFails('TEXT_CONTROL_CHARACTER', peer.command(['comment', id], 'bell \u0007'))
    await commandFails('TITLE_TOO_LONG', peer.command(['post', 'cats', '--title', text(301)], 'x'))
    await commandFails('STORAGE_FAILED', peer.command(['post', 'cats', '--title', 'x', '--file', path.join(folder.path, 'missing.txt')]))
    await commandFails('UNKNOWN_ID', peer.command(['upvote', UNKNOWN]))
    await commandFails('BAD_ID', peer.command(['thread', 'not-an-id']))
    await commandFails('BAD_ADDRESS', peer.command(['join', 'cats']))
    await commandFails('BAD_SLUG', peer.command(['community', 'create', 'No Spaces']))
    await commandFails('OWN_CONTENT', peer.command(['upvote', id]))
    await commandFails('BAD_ADDRESS', runCommand(path.join(folder.path, 'other'), ['run', '--no-mdns', '--connect', 'not a multiaddr']))
    await commandFails('STORAGE_FAILED', runCommand(path.join(latin, 'below-a-file'), ['communities']))
    assert.is(await digest(), before)
    assert.is((await peer.command<{ items: unknown[] }>(['feed'])).items.length, 1)
    // The folder is taken: a second peer and a second node say so, and harm nothing.
    const [second] = await Promise.all([
      commandFails('LOCKED', runCommand(dataDir, ['run', '--no-mdns'])),
      fails('LOCKED', async () => await createNode({ dataDir, ...OFFLINE }))
    ])
    assert.is(second, undefined)
    assert.is(await digest(), before)
  } finally {
    await peer.kill()
  }
})

test('two nodes of one process on one folder', async () => {
  await using folder = await temporaryFolder('locked')
  await using first = await createNode({ dataDir: folder.path, ...OFFLINE })
  await fails('LOCKED', async () => await createNode({ dataDir: folder.path, ...OFFLINE }))
  await first.communities.create({ slug: 'still-works', difficulty: 0 })
  await first.close()
  await fails('CLOSED', async () => await first.communities.create({ slug: 'closed', difficulty: 0 }))
  await using again = await createNode({ dataDir: folder.path, ...OFFLINE })
  assert.equal(again.communities.list().map(({ slug }) => slug), ['still-works'])
})

test('a damaged key file is refused and left as it is', async () => {
  await using folder = await temporaryFolder('key-file')
  await (await createNode({ dataDir: folder.path, ...OFFLINE })).close()
  const file = path.join(folder.path, 'identity.json')
  const good = await readFile(file)
  const damaged = [Buffer.alloc(0), good.subarray(0, good.length / 2), Buffer.alloc(good.length), Buffer.from(good.toString().replace(/"author": "./, '"author": "g')), Buffer.alloc(10_000, '{')]
  for (const wrong of damaged) {
    await writeFile(file, wrong)
    await fails('KEY_FILE_CORRUPT', async () => await createNode({ dataDir: folder.path, ...OFFLINE }))
    assert.equal(await readFile(file), wrong)
  }
  await commandFails('KEY_FILE_CORRUPT', runCommand(folder.path, ['whoami']))
  await commandFails('KEY_FILE_CORRUPT', runCommand(folder.path, ['run', '--no-mdns']))
  assert.equal(await readFile(file), damaged.at(-1))
  await writeFile(file, good)
  await (await createNode({ dataDir: folder.path, ...OFFLINE })).close()
})

test('a body that nobody has: BODY_UNAVAILABLE, and no vote is signed', async () => {
  await using folder = await temporaryFolder('unavailable')
  const author = await createNode({ dataDir: path.join(folder.path, 'author'), torrent: false })
  await using reader = await createNode({ dataDir: path.join(folder.path, 'reader'), torrent: false, network: { connect: [...(await author.status()).addresses] } })
  await using bystander = await createNode({ dataDir: path.join(folder.path, 'bystander'), torrent: false, network: { connect: [...(await reader.status()).addresses] } })
  const { address } = await author.communities.create({ slug: 'gone', difficulty: 0 })
  const { id } = await author.posts.create({ community: address, title: 'Listed, and gone', text: 'Nobody read this in time.' })
  await reader.communities.join(address)
  await bystander.communities.join(address)
  for (const node of [reader, bystander]) await until('the post is listed', async () => (await node.feed()).items.length === 1)
  await author.close()
  await until('the author is gone', () => reader.peers().length === 1)
  await until('it is known that nobody has the body', async () => (await reader.feed()).items[0]?.seeds === 0)

  const before = await stateOf(reader)
  for (const vote of [reader.votes.up, reader.votes.down]) await fails('BODY_UNAVAILABLE', async () => await vote(id, { timeoutMs: 400 }))
  await fails('BODY_UNAVAILABLE', async () => await reader.bodies.read(id, { timeoutMs: 100 }))
  assert.equal(await stateOf(reader), before)
  const { post } = await reader.thread(id, { timeoutMs: 100 })
  assert.equal({ available: post.available, text: post.text, vote: post.vote, seeding: post.seeding, score: post.score }, { available: false, text: null, vote: 0, seeding: false, score: 0 })

  // The author comes back; then it goes through.
  await using back = await createNode({ dataDir: path.join(folder.path, 'author'), torrent: false, network: { connect: [...(await reader.status()).addresses] } })
  const vote = await reader.votes.up(id, { timeoutMs: 120_000 })
  assert.is(vote.seeding, true)
  await until('the vote reaches the author', async () => (await back.feed()).items[0]?.score === 1)
})

test.run()
