import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeEvents } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PROGRESS_AFTER_MS } from '../../src/cli/limits.ts'
import { fakeNode, seedbed, type Outcome } from './fake-node.ts'

const test = suite<{ dir: string }>('cli/stamp')
const community = { address: 'c0'.repeat(32), slug: 'cats', title: null, founder: null, joinedAtMs: 0 }

test.before.each(async context => { context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-cli-')) })
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

async function create (dir: string, options: readonly string[], takesMs: number, tty = false): Promise<Outcome & { asked: unknown[] }> {
  const asked: unknown[] = []
  let tell: (event: NodeEvents['stamp']) => void = () => {}
  const node = fakeNode({
    on: (_name: string, listener: typeof tell) => { tell = listener },
    'communities.list': () => [],
    'communities.create': async ({ signal: _signal, ...given }: { signal: AbortSignal }) => {
      asked.push(given)
      tell({ community: community.address as never, hashes: 1_200_000, expectedHashes: 2 ** 21, hashesPerSecond: 2e6, found: false })
      await sleep(takesMs)
      return community
    }
  })
  return { ...await seedbed(['community', 'create', 'cats', '--data', path.join(dir, 'data'), ...options], { openNode: async () => node, tty }), asked }
}

test('passes the difficulty on, and leaves the default to core', async ({ dir }) => {
  assert.equal((await create(dir, ['--difficulty', '12'], 0)).asked, [{ slug: 'cats', difficulty: 12 }])
  assert.equal((await create(dir, [], 0)).asked, [{ slug: 'cats' }])
  for (const wrong of ['33', '1.5', 'x']) {
    const { code, err, asked } = await create(dir, ['--difficulty', wrong], 0)
    assert.is(code, 2)
    assert.match(err, '[USAGE]')
    assert.equal(asked, [])
  }
})

test('says on stderr what takes more than a second', async ({ dir }) => {
  const slow = PROGRESS_AFTER_MS + 300
  assert.is((await create(dir, [], slow)).err, 'community create: still working (admission stamp, 1.2 of about 2.1 million tries)\n')
  assert.match((await create(dir, [], slow, true)).err, /^\rcommunity create: admission stamp, 1\.2 of about 2\.1 million tries, \d+ s/)
  assert.is((await create(dir, ['--json'], slow)).err, '')
  assert.is((await create(dir, [], 0)).err, '')
})

test.run()
