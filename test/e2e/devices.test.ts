// test-timeout-ms: 900000
// One author on two data folders by recovery phrase: both write while they do not see each other, one goes back to a
// backup of its folder, and nothing that was acknowledged is lost.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runCommand, startPeer, type Peer } from '../../tools/demo/peer.ts'

interface Post { id: string }
interface Feed { items: Array<{ id: string, title: string, score: number, author: string }> }

const test = suite('several devices of one author')
/** Each look starts a process, which takes seconds where much else runs. */
const WAIT_MS = 180_000

async function until (what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS
  while (Date.now() < end) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`never: ${what}\n${await report()}`)
}
/** How the exchange stands with each running peer: what a machine that fails alone leaves to look at. */
let report = async (): Promise<string> => ''

const digestOf = async (peer: Peer): Promise<string> => (await peer.status()).communities[0]?.digest ?? ''
const titles = async (dataDir: string): Promise<string[]> => (await runCommand<Feed>(dataDir, ['feed', '--sort', 'new', '--limit', '1000'])).items.map(({ title }) => title).sort()

test('concurrent posts, votes and edits, and a restored backup, lose nothing and converge', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-devices-'))
  const running = new Set<Peer>()
  report = async () => (await Promise.all([...running].map(async peer => `${peer.name} ${peer.peerId} ${JSON.stringify((await peer.status()).communities)}`))).join('\n')
  const start = async (name: string, connect: readonly Peer[] = []): Promise<Peer> => {
    const peer = await startPeer(name, path.join(folder, name), connect.map(({ address }) => address))
    running.add(peer)
    return peer
  }
  const stop = async (peer: Peer): Promise<void> => {
    assert.is(await peer.stop(), 0)
    running.delete(peer)
  }
  const laptop = path.join(folder, 'laptop')
  const phone = path.join(folder, 'phone')
  const post = async (dataDir: string, title: string): Promise<string> => (await runCommand<Post>(dataDir, ['post', 'garden', '--title', title], `text of ${title}`)).id
  try {
    // The same author on both, and somebody else to vote for.
    await runCommand(laptop, ['init'])
    const { phrase } = await runCommand<{ phrase: string }>(laptop, ['phrase', '--yes'])
    await writeFile(path.join(folder, 'phrase.txt'), phrase, { mode: 0o600 })
    await runCommand(phone, ['init', '--phrase-file', path.join(folder, 'phrase.txt')])
    const friend = await start('friend')
    const { address } = await friend.command<{ address: string }>(['community', 'create', 'garden', '--difficulty', '0'])
    const votedFor = await friend.command<Post>(['post', 'garden', '--title', 'by the friend'], 'vote for me')
    for (const name of ['laptop', 'phone']) {
      const device = await start(name, [friend])
      assert.is((await device.command<{ author: string }>(['whoami'])).author, (await runCommand<{ author: string }>(laptop, ['whoami'])).author)
      await device.command(['join', address])
      await until(`${name} has the post`, async () => (await titles(device.dataDir)).length === 1)
      await device.command(['thread', votedFor.id])
      await stop(device)
    }

    // Both write without a network and without each other.
    const expected = ['by the friend']
    let edited = ''
    for (let n = 0; n < 3; n++) {
      edited = await post(laptop, `laptop ${n}`)
      await post(phone, `phone ${n}`)
      expected.push(`laptop ${n}`, `phone ${n}`)
    }
    await runCommand(laptop, ['upvote', votedFor.id])
    await runCommand(phone, ['downvote', votedFor.id])
    await runCommand(phone, ['upvote', votedFor.id])
    await runCommand(laptop, ['edit', edited, '--title', 'laptop 2, edited'], 'another text')
    expected[expected.indexOf('laptop 2')] = 'laptop 2, edited'
    let [first, second] = [await start('laptop', [friend]), await start('phone', [friend])]
    await until('all three agree', async () => new Set(await Promise.all([first, second, friend].map(digestOf))).size === 1)
    for (const dataDir of [laptop, phone, friend.dataDir]) assert.equal(await titles(dataDir), expected.toSorted())
    const scoreOf = async (peer: Peer): Promise<number | undefined> => (await peer.command<Feed>(['feed'])).items.find(({ id }) => id === votedFor.id)?.score
    assert.is(await scoreOf(friend), 1, 'one key, one vote')

    // The laptop is backed up, goes on, is seen by the others, and then goes back to the backup.
    await stop(first)
    await cp(laptop, path.join(folder, 'backup'), { recursive: true })
    first = await start('laptop', [friend])
    for (let n = 0; n < 3; n++) {
      await post(laptop, `after the backup ${n}`)
      expected.push(`after the backup ${n}`)
    }
    await until('the friend has them', async () => (await titles(friend.dataDir)).length === expected.length)
    await stop(first)
    await rm(laptop, { recursive: true })
    await cp(path.join(folder, 'backup'), laptop, { recursive: true })
    for (let n = 0; n < 2; n++) {
      await post(laptop, `from the backup ${n}`)
      expected.push(`from the backup ${n}`)
    }
    first = await start('laptop', [friend])
    await until('nothing is lost', async () => (await titles(friend.dataDir)).length === expected.length && (await titles(laptop)).length === expected.length)
    await until('all three agree again', async () => new Set(await Promise.all([first, second, friend].map(digestOf))).size === 1)
    for (const dataDir of [laptop, phone, friend.dataDir]) assert.equal(await titles(dataDir), expected.toSorted())
    await stop(second)
    second = await start('phone', [first])
    await post(laptop, 'still in step')
    await until('the phone follows', async () => (await titles(phone)).includes('still in step'))
  } finally {
    await Promise.all([...running].map(async peer => { await peer.stop() }))
    await rm(folder, { recursive: true, force: true })
  }
})

test.run()
