import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { NodeOptions } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fakeNode, seedbed, type Outcome } from '../cli/fake-node.ts'

const test = suite('seedbox/run')

/** Runs a peer that stops as soon as it told its status. */
async function run (args: readonly string[], tty: boolean): Promise<Outcome & { readonly network: NodeOptions['network'] }> {
  const data = await mkdtemp(path.join(tmpdir(), 'seedbed-run-'))
  const stop = new AbortController()
  let network: NodeOptions['network']
  try {
    const outcome = await seedbed(['run', '--data', data, ...args], {
      tty, signal: stop.signal,
      openNode: async options => {
        network = options.network
        if (network !== false) network?.behindFront?.listening(4002)
        return fakeNode({
          status: async () => {
            setTimeout(() => { stop.abort() }, 50)
            return { author: 'a', peerId: 'p', addresses: ['/ip4/127.0.0.1/tcp/4001/p2p/p'], torrentPort: null, torrentHost: null, communities: [], bodies: 0, bytes: 0 }
          }
        })
      }
    })
    return { ...outcome, network }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

test('the peer is told what its front offers, and where', async () => {
  const { code, out, network } = await run(['--http', '127.0.0.1:0', '--relay', '--json'], false)
  assert.is(code, 0)
  const { url } = JSON.parse(out) as { url: string }
  const { port } = new URL(url)
  assert.ok(network !== false && network !== undefined)
  const { behindFront, ...others } = network
  assert.is(behindFront?.reachedBy, 'machine')
  assert.equal(others, { connect: [], mdns: true, relay: true, announce: [`/ip4/127.0.0.1/tcp/${port}/ws`], seedbox: { tracker: '/tracker', signalling: '/signal' } })
})

test('with a public address the world is behind the front', async () => {
  const { out, network } = await run(['--http', '127.0.0.1:0', '--public-url', 'https://box.example', '--behind-proxy', '--json'], false)
  assert.is((JSON.parse(out) as { url: string }).url, 'https://box.example/')
  assert.ok(network !== false && network?.behindFront?.reachedBy === 'world')
  assert.equal(network.announce, ['/dns4/box.example/tcp/443/tls/ws'])
})

test('the secret is shown on a terminal only', async () => {
  const shown = await run(['--http', '127.0.0.1:0'], true)
  assert.match(shown.out, /^Open http:\/\/127\.0\.0\.1:\d+\/#device=[\w-]{22}$/m)
  for (const args of [[], ['--json']]) {
    const logged = await run(['--http', '127.0.0.1:0', ...args], false)
    assert.not.match(`${logged.out}${logged.err}`, /device=/)
  }
  const asJson = await run(['--http', '127.0.0.1:0', '--json'], true)
  assert.not.match(`${asJson.out}${asJson.err}`, /device=/)
})

test.run()
