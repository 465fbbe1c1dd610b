import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode, type NodeOptions, type SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { carryOut } from '../../../src/cli/carry-out.ts'
import { writeControlFile } from '../../../src/cli/control/control-file.ts'
import { createControlServer } from '../../../src/cli/control/server.ts'
import { fakeNode, seedbed } from '../fake-node.ts'

interface Context { dir: string }

const test = suite<Context>('cli/commands/archives')
const openNode = async (options: NodeOptions): Promise<SeedbedNode> => await createNode(options)

test.before.each(async context => { context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-cli-')) })
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

test('a community goes from one data folder to another in a file', async ({ dir }) => {
  const run = async (data: string, ...argv: string[]): Promise<{ code: number, out: string, err: string }> => await seedbed([...argv, '--data', path.join(dir, data)], { openNode, env: { INIT_CWD: dir }, stdin: 'They eat everything.' })
  await run('ada', 'community', 'create', 'gardening', '--title', 'Gardening', '--difficulty', '0')
  await run('ada', 'post', 'gardening', '--title', 'Slugs')
  const wrote = await run('ada', 'export', 'gardening', 'garden.seedbed')
  assert.is(wrote.code, 0, wrote.err)
  assert.match(wrote.out, new RegExp(`^Wrote gardening to ${path.join(dir, 'garden.seedbed')} \\(.*B\\)\\.`))
  const read = await run('bob', 'import-archive', 'garden.seedbed')
  assert.is(read.code, 0, read.err)
  assert.match(read.out, /^Joined gardening: \d+ new envelopes?, 1 new text\.\n$/)
  assert.match((await run('bob', 'feed')).out, /Slugs/)
})

test('a file that is there is left alone, and none is left where nothing came', async ({ dir }) => {
  const address = 'c0'.repeat(32)
  const community = { address, slug: 'cats', title: null, founder: null, joinedAtMs: 0 }
  const existing = path.join(dir, 'existing.seedbed')
  await writeFile(existing, 'mine')
  const failing = async function * (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    throw Object.assign(new Error('the disk is gone'), { code: 'STORAGE_FAILED' })
  }
  const node = fakeNode({ 'communities.resolve': () => community, 'archives.export': failing })
  for (const file of ['existing.seedbed', 'new.seedbed']) {
    const { code, out } = await seedbed(['export', 'cats', file, '--json', '--data', path.join(dir, 'data')], { openNode: async () => node, cwd: dir })
    assert.is(code, 1)
    assert.is((JSON.parse(out) as { error: { code: string } }).error.code, 'STORAGE_FAILED')
  }
  assert.is(await readFile(existing, 'utf8'), 'mine')
  assert.equal(await readdir(dir), ['existing.seedbed'])
})

test('a running peer, which has another working directory, gets the whole path', async ({ dir }) => {
  const data = path.join(dir, 'data')
  const asked: unknown[] = []
  const server = await createControlServer({
    startedAt: 'now',
    execute: async request => {
      asked.push(request.args)
      return { address: 'c0'.repeat(32), slug: 'cats', envelopes: 1, bodies: 1, refused: 2 }
    }
  })
  try {
    await seedbed(['init', '--data', data])
    await writeControlFile(data, server.address)
    const { code, out, err } = await seedbed(['import-archive', 'sub/cats.seedbed', '--data', data], { cwd: dir })
    assert.is(code, 0, err)
    assert.equal(asked, [{ FILE: path.join(dir, 'sub', 'cats.seedbed') }])
    assert.is(out, 'Joined cats: 1 new envelope, 1 new text.\n2 parts not valid and left out.\n')
  } finally {
    await server.close()
  }
})

test('what is no archive, and what is not there, has a code', async ({ dir }) => {
  const file = path.join(dir, 'other.txt')
  await writeFile(file, 'Dear diary')
  await using node = await openNode({ dataDir: path.join(dir, 'data'), network: false, torrent: false })
  const codeOf = async (name: string): Promise<unknown> => await carryOut(node, { command: 'import-archive', args: { FILE: name } }, new AbortController().signal).then(() => null, (error: unknown) => (error as { code?: unknown }).code)
  assert.is(await codeOf(file), 'BAD_ARCHIVE')
  assert.is(await codeOf(path.join(dir, 'none.seedbed')), 'STORAGE_FAILED')
  assert.equal(node.communities.list(), [])
})

test.run()
