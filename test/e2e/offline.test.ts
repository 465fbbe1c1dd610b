// Commands work on a data folder that no peer runs on; what they wrote goes out when one does.
// test-timeout-ms: 600000
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, runCommand, startPeer, type Peer } from '../../tools/demo/peer.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

interface Node { id: string, text: string | null, sha256: string | null, available: boolean, servedBy: string | null, score: number, children: Node[] }
interface Thread { post: Node & { title: string }, comments: Node[] }
interface Feed { items: Array<{ id: string, title: string, score: number, comments: number, seeding: boolean, vote: number }> }
interface Published { id: string, sha256: string, magnet: string }

const test = suite('e2e/offline')

async function withPeers (work: (start: (name: string, connect?: readonly Peer[]) => Promise<Peer>, folder: string) => Promise<void>): Promise<void> {
  await using folder = await temporaryFolder('offline')
  const running: Peer[] = []
  try {
    await work(async (name, connect = []) => {
      const peer = await startPeer(name, path.join(folder.path, name), connect.map(({ address }) => address))
      running.push(peer)
      return peer
    }, folder.path)
  } finally {
    await Promise.all(running.map(async peer => { await peer.kill() }))
  }
}

test('what was written offline reaches another peer later, and a reader offline keeps what it read', async () => {
  await withPeers(async (start, folder) => {
    const alice = path.join(folder, 'alice')
    const bob = path.join(folder, 'bob')
    const { author } = await runCommand<{ author: string, created: boolean }>(alice, ['init'])
    const { address } = await runCommand<{ address: string }>(alice, ['community', 'create', 'garden', '--difficulty', '0', '--title', 'A garden'])
    const post = await runCommand<Published>(alice, ['post', 'garden', '--title', 'Written offline'], 'Nobody was there.\r\nNobody at all.\r\n')
    const comment = await runCommand<Published>(alice, ['comment', post.id], 'I answer myself.')

    const feed = await runCommand<Feed>(alice, ['feed', 'garden'])
    assert.equal(feed.items.map(({ id, title, comments, seeding }) => ({ id, title, comments, seeding })), [{ id: post.id, title: 'Written offline', comments: 1, seeding: false }], 'nothing serves it before a peer runs')
    const thread = await runCommand<Thread>(alice, ['thread', post.id])
    assert.is(thread.post.text, 'Nobody was there.\nNobody at all.')
    assert.equal(thread.comments.map(({ id, text, servedBy }) => ({ id, text, servedBy })), [{ id: comment.id, text: 'I answer myself.', servedBy: null }])
    const { magnet } = await runCommand<{ magnet: string }>(alice, ['magnet', post.id])
    assert.ok(magnet.startsWith(`magnet:?xt=urn:btih:${post.id}`))
    assert.not.ok(magnet.includes('x.pe='), 'nobody listens, so the link names nobody')
    const out = path.join(folder, 'post.torrent')
    await runCommand(alice, ['torrent', post.id, '--out', out])
    const torrent = await readFile(out, 'latin1')
    const info = torrent.slice(torrent.indexOf('4:info') + '4:info'.length, -1)
    assert.is(createHash('sha1').update(info, 'latin1').digest('hex'), post.id, 'the torrent file is that of the id')

    // Bob joins a community that nobody near him knows yet, and cannot write in it.
    await runCommand(bob, ['join', address])
    assert.is((await runCommand<Feed>(bob, ['feed', address])).items.length, 0)
    await fails('UNKNOWN_COMMUNITY', runCommand(bob, ['post', address, '--title', 'Too early'], 'text'))

    const first = await start('alice')
    assert.is(first.author, author)
    const second = await start('bob', [first])
    await until('bob finds the post and its comment', async () => (await second.command<Feed>(['feed', 'garden']).catch(() => ({ items: [] }))).items[0]?.comments === 1)
    const vote = await second.command<{ sha256: string, servedBy: string, seeding: boolean }>(['upvote', post.id])
    assert.equal({ sha256: vote.sha256, servedBy: vote.servedBy, seeding: vote.seeding }, { sha256: post.sha256, servedBy: first.peerId, seeding: true })
    const read = await second.command<Thread>(['thread', post.id])
    assert.is(read.comments[0]?.text, 'I answer myself.')
    await until('the vote reaches alice', async () => (await first.command<Feed>(['feed', 'garden'])).items[0]?.score === 1)
    assert.is(await first.stop(), 0)

    // Alone now, and then without a running peer at all: bob still has all of it.
    assert.is((await second.command<Thread>(['thread', post.id])).post.available, true)
    assert.is(await second.stop(), 0)
    const alone = await runCommand<Thread>(bob, ['thread', post.id])
    assert.equal([alone.post.text, alone.comments[0]?.text], ['Nobody was there.\nNobody at all.', 'I answer myself.'])
    const reply = await runCommand<Published>(bob, ['comment', comment.id], 'And I answer you, later.')
    await runCommand(bob, ['unvote', post.id])

    const back = await start('bob')
    const other = await start('alice', [back])
    await until('alice reads the reply and the vote taken back', async () => {
      const { post: root, comments } = await other.command<Thread>(['thread', post.id])
      return root.score === 0 && comments[0]?.children[0]?.id === reply.id && comments[0].children[0].text === 'And I answer you, later.'
    })
    await until('both have one digest', async () => new Set(await Promise.all([back, other].map(async peer => (await peer.status()).communities[0]?.digest))).size === 1)
  })
})

test('one author on two data folders: both write, nothing is lost, both show the same', async () => {
  await withPeers(async (start, folder) => {
    const [desk, lap] = [path.join(folder, 'desk'), path.join(folder, 'lap')]
    await runCommand(desk, ['init'])
    const { phrase } = await runCommand<{ phrase: string }>(desk, ['phrase', '--yes'])
    await writeFile(path.join(folder, 'phrase.txt'), phrase)
    await runCommand(lap, ['init', '--phrase-file', path.join(folder, 'phrase.txt')])
    const { address } = await runCommand<{ address: string }>(desk, ['community', 'create', 'both', '--difficulty', '0'])
    const first = await start('desk')
    const second = await start('lap', [first])
    assert.is(first.author, second.author)
    assert.is.not(first.peerId, second.peerId)
    await second.command(['join', address])
    const ids = new Set<string>()
    for (const [peer, title] of [[first, 'at the desk'], [second, 'on the lap'], [first, 'desk again'], [second, 'lap again']] as const) {
      ids.add((await peer.command<Published>(['post', 'both', '--title', title], title)).id)
    }
    for (const peer of [first, second]) {
      await until(`${peer.name} lists all four`, async () => (await peer.command<Feed>(['feed', 'both', '--sort', 'new'])).items.length === ids.size)
      const { items } = await peer.command<Feed>(['feed', 'both'])
      assert.equal(new Set(items.map(({ id }) => id)), ids)
    }
    await until('both have one digest', async () => new Set(await Promise.all([first, second].map(async peer => (await peer.status()).communities[0]?.digest))).size === 1)
  })
})

async function fails (code: string, work: Promise<unknown>): Promise<void> {
  const error = await work.then(() => null, (reason: unknown) => reason)
  assert.instance(error, CommandError)
  assert.is((error as CommandError).code, code)
}

test.run()
