// Two peers on a network of their own find each other by multicast DNS: two network namespaces joined by a pair of
// virtual cables, so that nothing of it reaches another network. Needs the right to make namespaces.
// test-timeout-ms: 600000
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { json, peerContext, processSuite, runPeer, type Context } from './harness.ts'

const test = processSuite('cli/process/mdns')
const COMMAND_TIMEOUT_MS = 60_000

const ip = (...args: string[]): void => { execFileSync('ip', args, { timeout: COMMAND_TIMEOUT_MS, stdio: 'pipe' }) }

interface Host { readonly namespace: string, readonly device: string, readonly address: string }

/** Interface names have at most 15 characters. */
function hosts (): [Host, Host] {
  const name = `sb${randomBytes(4).toString('hex')}`
  return [{ namespace: `${name}a`, device: `${name}a`, address: '10.77.0.1' }, { namespace: `${name}b`, device: `${name}b`, address: '10.77.0.2' }]
}

function connectHosts (a: Host, b: Host): void {
  for (const { namespace } of [a, b]) ip('netns', 'add', namespace)
  ip('link', 'add', a.device, 'netns', a.namespace, 'type', 'veth', 'peer', 'name', b.device, 'netns', b.namespace)
  for (const { namespace, device, address } of [a, b]) {
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device)
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'link', 'set', device, 'up')
    ip('-n', namespace, 'route', 'add', '224.0.0.0/4', 'dev', device)
  }
}

/** The cable goes with the namespaces. */
function removeHosts (hosts: readonly Host[]): void {
  for (const { namespace } of hosts) {
    try {
      ip('netns', 'delete', namespace)
    } catch { // it was not made
    }
  }
}

function whyNot (): string | null {
  const [probe] = hosts()
  try {
    ip('netns', 'add', probe.namespace)
    ip('-n', probe.namespace, 'link', 'set', 'lo', 'up')
    return null
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error)
  } finally {
    removeHosts([probe])
  }
}

const reason = process.platform === 'linux' ? whyNot() : 'network namespaces are Linux only'
if (reason !== null && process.env['CI'] === undefined) console.log(`skipped: no network namespaces here (${reason})`)
const check = reason !== null && process.env['CI'] === undefined ? test.skip : test

check('two peers of one network find each other and sync, without an address being given', async context => {
  const [a, b] = hosts()
  try {
    connectHosts(a, b)
    const [alice, bob]: [Context, Context] = [{ ...peerContext(context, 'alice'), within: ['ip', 'netns', 'exec', a.namespace] }, { ...peerContext(context, 'bob'), within: ['ip', 'netns', 'exec', b.namespace] }]
    const { address } = await json(alice, ['community', 'create', 'cats', '--difficulty', '0'])
    await json(alice, ['post', 'cats', '--title', 'Over the cable'], 'The text.')
    const first = await runPeer(alice, ['--listen', '/ip4/0.0.0.0/tcp/0'])
    const second = await runPeer(bob, ['--listen', '/ip4/0.0.0.0/tcp/0'])
    await json(bob, ['join', address as string])
    const deadlineMs = performance.now() + 240_000
    let items: Array<Record<string, unknown>> = []
    while (items.length === 0) {
      if (performance.now() > deadlineMs) throw new Error('bob did not get the post in time')
      await sleep(200)
      items = (await json(bob, ['feed', address as string]) as { items: Array<Record<string, unknown>> }).items
    }
    assert.is(items[0]?.['title'], 'Over the cable')
    const { items: [peer] } = await json(bob, ['peers']) as { items: Array<{ peerId: string, addresses: string[], communities: string[] }> }
    assert.is(peer?.peerId, first.status['peerId'])
    assert.equal(peer?.communities, [address])
    assert.ok(peer?.addresses.every(text => text.startsWith(`/ip4/${a.address}/`)), 'by the addresses of the network they share')
    const thread = await json(bob, ['thread', items[0]?.['id'] as string]) as { post: Record<string, unknown> }
    assert.is(thread.post['text'], 'The text.')
    assert.is(thread.post['servedBy'], first.status['peerId'])
    for (const { child, ended } of [first, second]) {
      child.kill('SIGTERM')
      assert.is((await ended).code, 0)
    }
  } finally {
    for (const child of context.children) child.kill('SIGKILL')
    removeHosts([a, b])
  }
})

test.run()
