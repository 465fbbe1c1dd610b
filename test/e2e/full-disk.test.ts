// A full disk refuses, loses nothing that was acknowledged before or after it, and is no reason to restart.
// test-timeout-ms: 600000
import path from 'node:path'
import { createNode, SeedbedError, type SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, startPeer } from '../../tools/demo/peer.ts'
import { mountSmallDisk } from './small-disk.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

const test = suite('e2e/full-disk')
const OFFLINE = { network: false, torrent: false } as const
const FOREIGN_POSTS = 12

/** Repeats until the disk refuses: what is buffered already may still fit. */
async function untilRefused (act: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const error = await act(i).then(() => null, (reason: unknown) => reason as SeedbedError)
    if (error === null) continue
    assert.instance(error, SeedbedError)
    assert.is(error.code, 'STORAGE_FAILED', error.message)
    return
  }
  throw new Error('the disk never refused')
}

async function titles (node: SeedbedNode): Promise<Set<string>> {
  return new Set((await node.feed({ limit: 1000 })).items.map(({ title }) => title))
}

test('posts and upvotes on a full disk fail, and all that was acknowledged is there at every restart', async () => {
  await using folder = await temporaryFolder('full-disk')
  using disk = mountSmallDisk(path.join(folder.path, 'disk'), 8)
  if (disk === null) {
    console.log('SKIPPED: this process may not mount a small file system')
    return
  }
  const dataDir = path.join(disk.path, 'data')
  const acknowledged = new Set<string>()
  const votes = new Map<string, number>()
  const other = await createNode({ dataDir: path.join(folder.path, 'other'), torrent: false })
  let node = await createNode({ dataDir, torrent: false, network: { connect: [...(await other.status()).addresses] } })
  try {
    const { address: community } = await other.communities.create({ slug: 'full', difficulty: 0 })
    for (let i = 0; i < FOREIGN_POSTS; i++) await other.posts.create({ community, title: `foreign ${i}`, text: `foreign text ${i}` })
    await node.communities.join(community)
    await until('all foreign posts are here', async () => (await node.feed()).items.length === FOREIGN_POSTS)
    const foreign = (await node.feed()).items.map(({ id }) => id)
    const post = async (title: string): Promise<void> => {
      await node.posts.create({ community, title, text: `${title} ${'.'.repeat(700)}` })
      acknowledged.add(title)
    }
    const upvote = async (i: number): Promise<void> => {
      const id = foreign[i] ?? ''
      await node.votes.up(id)
      votes.set(id, 1)
    }
    const check = async (when: string): Promise<void> => {
      const listed = await titles(node)
      for (const title of acknowledged) assert.ok(listed.has(title), `${when}: the post "${title}" is lost`)
      const { items } = await node.feed({ limit: 1000 })
      for (const { id, vote, seeding } of items) if (votes.has(id)) assert.equal([vote, seeding], [1, true], `${when}: the vote on ${id}`)
    }
    for (let i = 0; i < 5; i++) await post(`before ${i}`)
    await upvote(0)

    for (let round = 0; round < 3; round++) {
      disk.fill()
      await untilRefused(async i => { await post(`full ${round}/${i}`) })
      const seen = await titles(node)
      // The text of a body that was fetched before is here, yet its vote cannot be stored; nor can a fetched body.
      await untilRefused(async i => { await upvote(1 + (round * 3 + i) % (FOREIGN_POSTS - 1)) })
      await untilRefused(async i => { await node.comments.create({ parent: foreign[0] ?? '', text: `full ${round}/${i}` }) })
      await other.posts.create({ community, title: `missed ${round}`, text: 'written while the other disk was full' })
      await node.sync()
      assert.equal(await titles(node), seen, 'reading goes on')
      await check(`round ${round}, full`)

      disk.free()
      await node.sync()
      assert.ok((await titles(node)).has(`missed ${round}`), 'what could not be stored is asked for again')
      for (let i = 0; i < 3; i++) await post(`after ${round}/${i}`)
      await upvote(1 + round)
      await check(`round ${round}, with space again`)
      if (round === 1) continue // once without a restart between two full disks
      await node.close()
      node = await createNode({ dataDir, torrent: false, network: { connect: [...(await other.status()).addresses] } })
      await check(`round ${round}, after a restart`)
    }
    // Everybody else understands what was written after the failures.
    await until('both have one digest', async () => new Set(await Promise.all([node, other].map(async peer => (await peer.status()).communities[0]?.digest))).size === 1)
    const theirs = await titles(other)
    for (const title of acknowledged) assert.ok(theirs.has(title), `"${title}" never reached the other peer`)
    assert.equal(theirs, await titles(node))
  } finally {
    await node.close()
    await other.close()
  }
})

test('closing on a full disk ends cleanly, and opening on one says so', async () => {
  await using folder = await temporaryFolder('full-disk-close')
  using disk = mountSmallDisk(path.join(folder.path, 'disk'), 4)
  if (disk === null) return
  const dataDir = path.join(disk.path, 'data')
  const node = await createNode({ dataDir, ...OFFLINE })
  const { address: community } = await node.communities.create({ slug: 'full', difficulty: 0 })
  for (let i = 0; i < 20; i++) await node.posts.create({ community, title: `post ${i}`, text: 'text' })
  disk.fill()
  await untilRefused(async () => await node.posts.create({ community, title: 'too much', text: 'x'.repeat(60_000) }))
  await node.close()
  const error = await createNode({ dataDir, ...OFFLINE }).then(async opened => { await opened.close() }, (reason: unknown) => reason)
  if (error !== undefined) assert.is((error as SeedbedError).code, 'STORAGE_FAILED')
  const fresh = await createNode({ dataDir: path.join(disk.path, 'another'), ...OFFLINE }).then(() => null, (reason: unknown) => reason)
  assert.is((fresh as SeedbedError).code, 'STORAGE_FAILED')
  disk.free()
  await using again = await createNode({ dataDir, ...OFFLINE })
  const listed = await titles(again)
  for (let i = 0; i < 20; i++) assert.ok(listed.has(`post ${i}`))
})

test('a running peer and its commands: STORAGE_FAILED, then it goes on; kill -9 after that loses nothing', async () => {
  await using folder = await temporaryFolder('full-disk-peer')
  using disk = mountSmallDisk(path.join(folder.path, 'disk'), 6)
  if (disk === null) return
  const dataDir = path.join(disk.path, 'data')
  const peer = await startPeer('peer', dataDir)
  const post = async (title: string): Promise<string> => (await peer.command<{ id: string }>(['post', 'full', '--title', title], 'x'.repeat(3000))).id
  const acknowledged: string[] = []
  try {
    await peer.command(['community', 'create', 'full', '--difficulty', '0'])
    acknowledged.push(await post('before'))
    disk.fill()
    let refused: unknown = null
    for (let i = 0; i < 10 && refused === null; i++) refused = await post('full').then(id => { acknowledged.push(id); return null }, (error: unknown) => error)
    assert.ok(refused instanceof CommandError)
    assert.is(refused.code, 'STORAGE_FAILED', refused.message)
    disk.free()
    acknowledged.push(await post('after'))
    await peer.kill()
    await using node = await createNode({ dataDir, ...OFFLINE })
    const listed = new Set<string>((await node.feed()).items.map(({ id }) => id))
    for (const id of acknowledged) assert.ok(listed.has(id), `${id} is lost`)
  } finally {
    await peer.kill()
  }
})

test.run()
