// A client that has a libp2p node, a database and an identity of its own embeds Seedbed and keeps them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { createNode } from '../src/create-node.ts'
import { createPhrase } from '../src/identity/phrase.ts'
import { createLibp2pNode } from '../src/network/libp2p.ts'
import { openDatabase } from '../src/index.ts'
import { codeOf, createTestNodes, until } from './nodes.ts'

const test = suite('embedding')

test('a given libp2p node and database are used, and left open', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-embed-'))
  await using nodes = await createTestNodes()
  const libp2p = await createLibp2pNode(await generateKeyPair('Ed25519'), {})
  const db = new Level(path.join(folder, 'their-db'))
  try {
    await db.put('their', 'row')
    const phrase = createPhrase()
    const other = await nodes.start()
    const { address } = await other.communities.create({ slug: 'seeds', difficulty: 0 })
    const { id } = await other.posts.create({ community: address, title: 'Post', text: 'text' })
    const logged: string[] = []
    const log = (message: string): void => { logged.push(message) }
    const clockMs = Date.now() + 1234
    const open = async (): Promise<Awaited<ReturnType<typeof createNode>>> => await createNode({
      db, phrase, torrent: false, clock: () => clockMs, logger: { debug: log, info: log, warn: log },
      network: { libp2p, connect: (await other.status()).addresses }
    })
    const first = await open()
    assert.is((await first.status()).peerId, libp2p.peerId.toString())
    await first.communities.join(address)
    await until('the post is there', async () => (await first.feed()).items.length === 1)
    assert.is((await first.votes.up(id)).seeding, true)
    const own = await first.posts.create({ community: address, title: 'Own', text: 'own text' })
    assert.is(own.createdAtMs, clockMs, 'the given clock tells the time')
    assert.ok(logged.some(message => message.startsWith('connected to ')))
    await first.close()
    assert.is(libp2p.status, 'started')
    assert.is(db.status, 'open')
    assert.is(await db.get('their'), 'row')
    assert.equal(libp2p.getProtocols().filter(protocol => protocol.startsWith('/seedbed/')), [], 'nothing answers for it any more')
    const second = await open()
    assert.is(second.author, first.author)
    assert.is((await second.feed()).items.length, 2)
    await second.close()
  } finally {
    await libp2p.stop()
    await db.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('two nodes do not share a database, of whatever kind, and a closed one leaves it to the next', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-embed-'))
  const level = await openDatabase(path.join(folder, 'db'))
  try {
    for (const db of [level, new MemoryLevel()]) {
      const options = { db, phrase: createPhrase(), network: false, torrent: false } as const
      const first = await createNode(options)
      const { address } = await first.communities.create({ slug: 'seeds', difficulty: 0 })
      assert.is(await codeOf(createNode(options)), 'LOCKED')
      await first.posts.create({ community: address, title: 'Post', text: 'text' })
      await first.close()
      assert.is(await codeOf(createNode({ ...options, phrase: 'no phrase' })), 'BAD_PHRASE')
      await using next = await createNode(options)
      assert.equal((await next.feed({ communities: ['seeds'] })).items.map(({ title }) => title), ['Post'])
    }
  } finally {
    await level.close()
    await rm(folder, { recursive: true, force: true })
  }
})

test('a node leaves no listener on a given libp2p node', async () => {
  const libp2p = await createLibp2pNode(await generateKeyPair('Ed25519'), {})
  const listeners = new Map<string, number>()
  const count = (type: string, difference: number): void => { listeners.set(type, (listeners.get(type) ?? 0) + difference) }
  const add = libp2p.addEventListener.bind(libp2p)
  const remove = libp2p.removeEventListener.bind(libp2p)
  libp2p.addEventListener = (...args: Parameters<typeof add>) => {
    count(args[0], 1)
    add(...args)
  }
  libp2p.removeEventListener = (...args: Parameters<typeof remove>) => {
    count(args[0], -1)
    remove(...args)
  }
  try {
    const node = await createNode({ db: new MemoryLevel(), phrase: createPhrase(), torrent: false, network: { libp2p } })
    assert.ok((listeners.get('peer:connect') ?? 0) > 0, 'it listens')
    await node.close()
    assert.equal([...listeners].filter(([, left]) => left !== 0), [])
  } finally {
    await libp2p.stop()
  }
})

test.run()
