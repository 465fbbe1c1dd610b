// The seedbox as people start it: one process, one port, everything a browser needs.
// test-timeout-ms: 600000
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Client from 'bittorrent-tracker/client'
import { createNode } from '@seedbed/core'
import * as assert from 'uvu/assert'
import { freePort } from '../../../../../test/free-port.ts'
import { openPairing, pairingSecret } from '../../../src/web/pairing.ts'
import { codeIn, json, processSuite, runPeer, seedbed, type Context } from '../../cli/process/harness.ts'
import { rawClient, until } from '../socket-server.ts'

/** Ctrl-C has to be over by then; the machine may be busy. */
const STOP_MS = 30_000
const test = processSuite('seedbox/process/run-http')

async function startSeedbox (context: Context, args: readonly string[] = [], wanted = 0): Promise<Awaited<ReturnType<typeof runPeer>> & { readonly url: string, readonly port: number, readonly peerId: string }> {
  const peer = await runPeer(context, ['--no-mdns', '--http', `127.0.0.1:${wanted}`, ...args])
  const { url, peerId } = peer.status as { url: string, peerId: string }
  return { ...peer, url, port: Number(new URL(url).port), peerId }
}

test('a peer dials libp2p through the front and reads what the seedbox holds', async context => {
  const { url, port, peerId, status } = await startSeedbox(context, ['--relay'])
  assert.ok((status['addresses'] as string[]).includes(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${peerId}`), 'it tells where it is found')
  assert.equal(await (await fetch(`${url}seedbed.json`)).json(), { version: 1, peerId })
  const page = await fetch(url, { headers: { accept: 'text/html' } })
  assert.ok(page.status === 200 || page.status === 503, 'the web app, or how to build it')
  assert.ok(page.headers.get('content-security-policy'))
  await page.text()

  const { address } = await json(context, ['community', 'create', 'harbour', '--difficulty', '0'])
  const { id } = await json(context, ['post', 'harbour', '--title', 'Tides'], 'High water at noon.')
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-through-front-'))
  try {
    await using reader = await createNode({ dataDir: folder, network: {}, torrent: false })
    await reader.connect(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${peerId}`)
    await reader.communities.join(String(address))
    let text: string | null = null
    for (let turn = 0; text === null && turn < 2000; turn++) {
      text = await reader.thread(String(id)).then(({ post }) => post.text, () => null)
      await new Promise(resolve => { setTimeout(resolve, 50) })
    }
    assert.is(text, 'High water at noon.')
    assert.equal(reader.peers().find(peer => peer.peerId === peerId)?.transports, ['websocket'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('tracker and signalling work on the same port', async context => {
  const { port } = await startSeedbox(context)
  const client = (name: string, left: number): Client => {
    const tracker = new Client({ infoHash: 'ab'.repeat(20), peerId: Buffer.from(name.padEnd(20)).toString('hex'), port: 6881, announce: [`ws://127.0.0.1:${port}/tracker?${name}`] })
    tracker.on('error', error => { throw error })
    tracker.start({ left, numwant: 0 })
    return tracker
  }
  const clients = [client('seed', 0), client('leech', 1)]
  const counts = new Map<Client, { complete: number, incomplete: number }>()
  for (const tracker of clients) tracker.on('update', ({ complete, incomplete }) => { counts.set(tracker, { complete, incomplete }) })
  await until(() => counts.size === 2, 'both are answered')
  clients[0]?.update({ left: 0, numwant: 0 })
  const [seed] = clients
  await until(() => seed !== undefined && counts.get(seed)?.incomplete === 1, 'one counts the other')
  assert.equal(seed === undefined ? null : counts.get(seed), { complete: 1, incomplete: 1 })
  await Promise.all(clients.map(async tracker => { await new Promise<void>(resolve => { tracker.destroy(() => { resolve() }) }) }))

  const [one, two] = await Promise.all([rawClient(`ws://127.0.0.1:${port}/signal`), rawClient(`ws://127.0.0.1:${port}/signal`)])
  for (const socket of [one, two]) {
    socket.send({ type: 'subscribe', topics: ['room'] })
    await socket.settle()
  }
  one.send({ type: 'publish', topic: 'room', data: 'sealed' })
  await until(() => two.got.length === 1, 'the other got it')
})

test('a new address gives one browser the identity, and no log sees it', async context => {
  const { output } = await startSeedbox(context)
  const { url } = await json(context, ['pair'])
  const { phrase } = await json(context, ['phrase', '--yes'])
  const link = new URL(String(url))
  const secret = pairingSecret(link.hash) ?? ''
  assert.is(await openPairing(secret, { url: new URL('/pair', link).href }), phrase)
  assert.is(await openPairing(secret, { url: new URL('/pair', link).href }).then(() => null, (error: unknown) => (error as { code: string }).code), 'REFUSED')
  assert.not.ok(`${output.out}${output.err}`.includes('device='))
})

test('Ctrl-C ends it whole, and the port is free again', async context => {
  const { child, ended, port } = await startSeedbox(context, [], await freePort())
  const client = await rawClient(`ws://127.0.0.1:${port}/`)
  const signal = await rawClient(`ws://127.0.0.1:${port}/signal`)
  const late = setTimeout(() => { child.kill('SIGKILL') }, STOP_MS)
  child.kill('SIGINT')
  const { code, err } = await ended
  clearTimeout(late)
  assert.is(code, 0, err)
  await Promise.all([client.ended, signal.ended])
  await access(path.join(context.data, 'control.json')).then(() => { assert.unreachable('the control file is still there') }, () => {})
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  await new Promise(resolve => { server.close(resolve) })
})

test('what cannot be right is told at once', async context => {
  for (const args of [['--http', 'example.org:80'], ['--http', '127.0.0.1:70000'], ['--public-url', 'https://box.example'], ['--behind-proxy'], ['--http', '127.0.0.1', '--public-url', 'ftp://box.example'], ['--http', '127.0.0.1', '--public-url', 'https://box.example/app']]) {
    const outcome = await seedbed(context, ['run', '--json', ...args])
    assert.is(outcome.code, 2, args.join(' '))
    assert.is(codeIn(outcome), 'USAGE')
  }
  const { port } = await startSeedbox(context)
  const taken = await seedbed({ ...context, data: path.join(context.dir, 'other') }, ['run', '--json', '--no-mdns', '--http', `127.0.0.1:${port}`])
  assert.is(codeIn(taken), 'NETWORK_FAILED')
  await access(path.join(context.dir, 'other')).then(() => { assert.unreachable('a folder was made for nothing') }, () => {})
})

test('a peer without a front pairs nobody', async context => {
  await runPeer(context)
  const outcome = await seedbed(context, ['pair', '--json'])
  assert.is(outcome.code, 2)
  assert.is(codeIn(outcome), 'USAGE')
})

test.run()
