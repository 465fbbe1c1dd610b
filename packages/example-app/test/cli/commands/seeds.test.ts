import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { SeedbedError } from '@seedbed/core'
import { fakeNode, seedbed, type Methods } from '../fake-node.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

const test = suite<{ data: string }>('cli/commands/seeds')
const id = 'ab'.repeat(20)
const revision = 'cd'.repeat(20)
const community = 'c3'.repeat(32)

test.before.each(async context => { context.data = await mkdtemp(path.join(tmpdir(), 'seedbed-cli-')) })
test.after.each(async ({ data }) => { await rm(data, { recursive: true, force: true }) })

const opening = (methods: Methods) => ({ openNode: async () => fakeNode(methods) })
const totals = { own: { bodies: 1, bytes: 1000 }, upvoted: { bodies: 0, bytes: 0 }, cached: { bodies: 2, bytes: 2048 } }

test('seeds: what, why, how big, and the sums', async ({ data }) => {
  let asked: Record<string, unknown> = {}
  const items = [
    { id, revision: id, kind: 'post', title: `A title ${'that goes on '.repeat(10)}\u001b[31m`, community, why: 'own', bytes: 1000, sha256: 'ee'.repeat(32) },
    { id, revision, kind: 'comment', title: null, community, why: 'cached', bytes: 2000, sha256: 'ef'.repeat(32) },
    { id: revision, revision, kind: null, title: null, community: null, why: 'cached', bytes: 48, sha256: null }
  ]
  const node = opening({
    'seeds.list': async (options: Record<string, unknown>) => {
      asked = options
      return { items, totals, cacheBytes: 4096 }
    },
    'communities.list': () => [{ address: community, slug: 'cats' }]
  })
  const { code, out } = await seedbed(['seeds', '--limit', '7', '--data', data], node)
  assert.is(code, 0)
  assert.is(asked['limit'], 7)
  assert.ok(out.split('\n').every(line => line.length <= 80))
  assert.not.match(out, '\u001b')
  assert.match(out, /own · 1000 bytes · cats\n/)
  assert.match(out, /comment\n {2}cached · .* · cats · an edited revision\n/)
  assert.match(out, /damaged\n/)
  assert.match(out, /own: 1 body, 1000 bytes\nupvoted: 0 bodies, 0 bytes\ncached: 2 bodies, \S+ \S+ of \S+ \S+/)
  const json = JSON.parse((await seedbed(['seeds', '--data', data, '--json'], node)).out) as Record<string, unknown>
  assert.equal(json, { items: items.map(item => ({ ...item, slug: item.community === null ? null : 'cats' })), totals, cacheBytes: 4096 })
  for (const limit of ['0', '100001', 'x']) assert.is((await seedbed(['seeds', '--limit', limit, '--data', data])).code, 2)
})

test('drop: what was here, what was not, and what stays', async ({ data }) => {
  const dropping = (bodies: number) => opening({ 'seeds.drop': async () => ({ id, bodies }) })
  assert.equal(JSON.parse((await seedbed(['drop', id, '--data', data, '--json'], dropping(2))).out), { id, dropped: true, bodies: 2 })
  assert.equal(JSON.parse((await seedbed(['drop', id, '--data', data, '--json'], dropping(0))).out), { id, dropped: false, bodies: 0 })
  assert.is((await seedbed(['drop', id, '--data', data], dropping(1))).out, `Dropped: ${id}\n`)
  assert.is((await seedbed(['drop', id, '--data', data], dropping(0))).out, `Not on this peer: ${id}\n`)
  const refused = await seedbed(['drop', id, '--data', data], opening({ 'seeds.drop': async () => { throw new SeedbedError('PINNED', 'take the vote back first') } }))
  assert.is(refused.code, 1)
  assert.match(refused.err, 'Take the vote back first. [PINNED]')
})

test('join by link: the post to read is shown; invite needs a peer', async ({ data }) => {
  let joined = ''
  const node = opening({ 'communities.join': async (link: string) => { joined = link; return { address: community, slug: 'cats', title: null, founder: null, joinedAtMs: 0, post: id } } })
  const link = `seedbed:${community}?post=${id}`
  assert.match((await seedbed(['join', link, '--data', data], node)).out, `Read on: seedbed thread ${id}`)
  assert.is(joined, link)
  assert.equal(JSON.parse((await seedbed(['join', link, '--data', data, '--json'], node)).out), { address: community, slug: 'cats', title: null, founder: null, joinedAt: '1970-01-01T00:00:00.000Z', post: id })
  assert.is((await seedbed(['invite', 'cats', '--data', data])).code, 2)
})

test.run()
