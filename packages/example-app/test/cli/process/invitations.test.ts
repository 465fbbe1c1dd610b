// An invitation link, and the address book, between processes.
// test-timeout-ms: 600000
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { freePort } from '../../../../../test/free-port.ts'
import { codeIn, json, peerContext, processSuite, runPeer, seedbed, type Context } from './harness.ts'

const test = processSuite('cli/process/invitations')

/** Each look starts a process, which takes seconds where much else runs. */
const WAIT_MS = 120_000

async function until (what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS
  while (!await holds()) {
    if (performance.now() > deadlineMs) throw new Error(`not in time: ${what}`)
    await sleep(100)
  }
}

const titles = async (context: Context): Promise<unknown[]> => ((await json(context, ['feed', 'cats'])) as { items: Array<Record<string, unknown>> }).items.map(({ title }) => title)
const peerIds = async (context: Context): Promise<unknown[]> => ((await json(context, ['peers'])) as { items: Array<Record<string, unknown>> }).items.map(({ peerId }) => peerId)

test('a link is enough to join, and whoever was met is found again after a restart', async context => {
  const [alice, bob] = [peerContext(context, 'alice'), peerContext(context, 'bob')]
  const { address } = await json(alice, ['community', 'create', 'cats', '--difficulty', '0'])
  const post = await json(alice, ['post', 'cats', '--title', 'First'], 'The text.')
  assert.is(codeIn(await seedbed(alice, ['invite', 'cats', '--json'])), 'NOT_RUNNING')
  const first = await runPeer(alice)
  const { link, ...invitation } = await json(alice, ['invite', 'cats', '--post', post['id'] as string])
  assert.equal(invitation, { community: address, peers: first.status['addresses'], post: post['id'] })
  assert.is(codeIn(await seedbed(alice, ['invite', 'cats', '--post', 'ab'.repeat(20), '--json'])), 'UNKNOWN_ID')

  let second = await runPeer(bob)
  assert.is(codeIn(await seedbed(bob, ['join', `seedbed:${String(address)}?peer=nonsense`, '--json'])), 'BAD_LINK')
  const joined = await json(bob, ['join', link as string])
  assert.equal({ address: joined['address'], slug: joined['slug'], post: joined['post'] }, { address, slug: 'cats', post: post['id'] })
  await until('bob lists the post', async () => (await titles(bob)).length === 1)
  const thread = await json(bob, ['thread', joined['post'] as string]) as { post: Record<string, unknown> }
  assert.is(thread.post['text'], 'The text.')
  assert.equal(((await json(bob, ['seeds'])) as { items: Array<Record<string, unknown>> }).items.map(({ id, why }) => ({ id, why })), [{ id: post['id'], why: 'cached' }])
  assert.equal(await json(bob, ['drop', post['id'] as string]), { id: post['id'], dropped: true, bodies: 1 })

  second.child.kill('SIGKILL')
  await second.ended
  await json(alice, ['post', 'cats', '--title', 'Second'], 'Written meanwhile.')
  second = await runPeer(bob)
  await until('bob has found alice again', async () => (await peerIds(bob)).includes(first.status['peerId']))
  await until('bob lists what he missed', async () => (await titles(bob)).length === 2)
})

test('a link followed without a running peer, or before anybody of it is online, is remembered', async context => {
  const [alice, carol] = [peerContext(context, 'alice'), peerContext(context, 'carol')]
  await json(alice, ['community', 'create', 'cats', '--difficulty', '0'])
  await json(alice, ['post', 'cats', '--title', 'First'], 'The text.')
  const listen = ['--no-mdns', '--listen', `/ip4/127.0.0.1/tcp/${await freePort()}`]
  const first = await runPeer(alice, listen)
  const { link } = await json(alice, ['invite', 'cats'])
  first.child.kill('SIGTERM')
  await first.ended
  assert.is((await json(carol, ['join', link as string]))['slug'], null)
  await runPeer(carol)
  await runPeer(alice, listen)
  await until('carol has found alice', async () => (await seedbed(carol, ['feed', 'cats', '--json'])).code === 0 && (await titles(carol)).length === 1)
})

test.run()
