// test-timeout-ms: 300000
import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import * as assert from 'uvu/assert'
import { codeIn, json, processSuite, runPeer, seedbed } from './harness.ts'

const test = processSuite('cli/process/run')

test('run: one document, answers commands, ends cleanly on SIGTERM and on SIGINT', async context => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const peer = await runPeer(context)
    assert.match((peer.status['addresses'] as string[])[0] ?? '', /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\//)
    assert.type(peer.status['torrentPort'], 'number')
    await json(context, ['community', 'create', signal.toLowerCase(), '--difficulty', '0'])
    const status = await json(context, ['status']) as { author: string, communities: Array<Record<string, unknown>> }
    assert.is(status.author, peer.status['author'])
    assert.ok(status.communities.some(({ slug }) => slug === signal.toLowerCase()))
    peer.child.kill(signal)
    peer.child.kill(signal) // as package managers pass it on
    const { code, out } = await peer.ended
    assert.is(code, 0)
    assert.is(out.trim().split('\n').length, 1)
    assert.is((await readdir(context.data)).includes('control.json'), false)
  }
})

test('a killed peer leaves a stale control file, which means not running', async context => {
  const peer = await runPeer(context)
  peer.child.kill('SIGKILL')
  await peer.ended
  assert.ok((await readdir(context.data)).includes('control.json'))
  const status = await seedbed(context, ['status', '--json'])
  assert.is(status.code, 2)
  assert.is(codeIn(status), 'NOT_RUNNING')
  assert.equal(await json(context, ['communities']), { items: [] })
})

test('a folder that stays locked: LOCKED for run and for commands that cannot find the peer', async context => {
  const peer = await runPeer(context)
  const second = seedbed(context, ['run', '--json', '--no-mdns'])
  await rm(path.join(context.data, 'control.json'))
  const [locked, run] = [await seedbed(context, ['communities', '--json']), await second]
  for (const outcome of [locked, run]) {
    assert.is(outcome.code, 1)
    assert.is(codeIn(outcome), 'LOCKED')
  }
  peer.child.kill('SIGTERM')
  assert.is((await peer.ended).code, 0)
})

test.run()
