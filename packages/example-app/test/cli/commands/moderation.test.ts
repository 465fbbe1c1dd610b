// label, labels, moderators, mute and their like, on a real node without a network.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { seedbed, type Outcome } from '../fake-node.ts'

interface Context { data: string, community: string, post: string, author: string, words: string }

const test = suite<Context>('cli/commands/moderation')

async function run ({ data }: Pick<Context, 'data'>, argv: readonly string[], stdin = ''): Promise<Outcome> {
  return await seedbed([...argv, '--data', data], { stdin, nowMs: Date.now(), openNode: async options => await createNode({ ...options, network: false, torrent: false }) })
}

async function json (context: Pick<Context, 'data'>, argv: readonly string[], stdin = ''): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(context, [...argv, '--json'], stdin)
  assert.is(code, 0, `${argv.join(' ')}: ${out}${err}`)
  return JSON.parse(out) as Record<string, unknown>
}

async function fails (context: Pick<Context, 'data'>, expected: string, exit: number, argv: readonly string[]): Promise<void> {
  const { code, out } = await run(context, [...argv, '--json'], 'text')
  const { error } = JSON.parse(out) as { error: { code: string, message: string } }
  assert.equal([error.code, code], [expected, exit], `${argv.join(' ')}: ${error.message}`)
}

test.before(async context => {
  context.data = path.join(await mkdtemp(path.join(tmpdir(), 'seedbed-cli-moderation-')), 'data')
  context.community = String((await json(context, ['community', 'create', 'garden', '--difficulty', '0']))['address'])
  await json(context, ['profile', '--name', 'Žofie'])
  const post = await json(context, ['post', 'garden', '--title', 'Figs'], 'ripe')
  context.post = String(post['id'])
  context.author = String(post['author'])
  const { items: [own] } = await json(context, ['moderators', 'garden']) as { items: [{ fingerprint: string }] }
  context.words = own.fingerprint
})
test.after(async ({ data }) => { await rm(path.dirname(data), { recursive: true, force: true }) })

test('a label is signed, listed with who and why, folds in listings, is looked behind with --all, and taken back', async context => {
  const { post, community, author, words } = context
  assert.equal(await json(context, ['label', post, 'Heated', '--reason', 'cool off']), { id: post, community, label: 'heated', reason: 'cool off', byDefault: true, treatment: 'fold' })
  const { items: [item] } = await json(context, ['feed']) as { items: Array<Record<string, unknown>> }
  const [label] = (item?.['labels'] ?? []) as Array<Record<string, unknown>>
  assert.equal([item?.['treatment'], item?.['muted'], label?.['author'], label?.['name'], label?.['fingerprint'], label?.['label'], label?.['reason']], ['fold', false, author, 'Žofie', words, 'heated', 'cool off'])
  for (const command of [['feed'], ['thread', post]]) {
    const folded = (await run(context, command)).out
    assert.match(folded, /folded; --all shows it/)
    assert.match(folded, `labelled heated by Žofie (${words}): cool off`)
    assert.not.match(folded, /Figs|ripe/)
    const open = (await run(context, [...command, '--all'])).out
    assert.match(open, /Figs/)
    assert.match(open, /labelled heated/)
    assert.not.match(open, /--all shows it/)
  }
  assert.match((await run(context, ['labels', post])).out, /^labelled heated by Žofie .*: cool off · just now$/m)
  assert.match((await run(context, ['label', post, 'spam'])).out, /That hides it, for all who did not choose/)
  assert.match((await run(context, ['feed'])).out, /folded; --all shows it/, 'for its author, whom it would tell nothing otherwise')
  assert.match((await run(context, ['unlabel', post])).out, /Label taken back/)
  assert.match((await run(context, ['feed'])).out, /Figs/)
  assert.match((await run(context, ['labels', post])).out, /Nobody has labelled it/)
})

test('moderators are listed, named and dismissed, and a reader may follow others', async context => {
  const { community, author } = context
  const other = 'b'.repeat(64)
  const named = await json(context, ['appoint', 'garden', other]) as { items: Array<Record<string, unknown>>, chosen: boolean }
  assert.equal(named.items.map(({ author, role, followed }) => [author, role, followed]), [[author, 'founder', true], [other, 'moderator', true]])
  assert.match((await run(context, ['moderators', community])).out, /· founder\n {2}[0-9a-f]{64}\n.* · named by the founder/)
  const followed = await json(context, ['moderators', 'garden', '--follow', other, '--follow', 'ŽOFIE']) as { items: unknown[], chosen: boolean }
  assert.equal([followed.items.length, followed.chosen], [2, true])
  const nobody = await json(context, ['moderators', 'garden', '--follow-nobody']) as { items: Array<{ followed: boolean }>, chosen: boolean }
  assert.equal([nobody.items.map(({ followed }) => followed), nobody.chosen], [[false, false], true])
  assert.is((await json(context, ['moderators', 'garden', '--follow-founder']))['chosen'], false)
  assert.is(((await json(context, ['dismiss', 'garden', other])) as { items: unknown[] }).items.length, 1)
})

test('authors are muted and mentioned by key, name or words', async context => {
  const { author, words, post } = context
  for (const who of [author.toUpperCase(), 'žofie', '@Žofie', words]) {
    assert.equal(await json(context, ['mute', who]), { author, name: 'Žofie', fingerprint: words, muted: true })
    assert.is((await json(context, ['unmute', who]))['muted'], false)
  }
  assert.equal(await json(context, ['mutes']), { items: [] })
  await json(context, ['mute', 'c'.repeat(64)])
  assert.match((await run(context, ['mutes'])).out, `  ${'c'.repeat(64)}`)
  assert.equal((await json(context, ['comment', post, '--mention', 'Žofie', '--mention', words], 'hello'))['mentions'], [author, author])
  const { comments } = await json(context, ['thread', post]) as { comments: Array<{ mentions: string[] }> }
  assert.equal(comments[0]?.mentions, [author])
})

test('what cannot be is refused under its code', async context => {
  const { post } = context
  await fails(context, 'UNKNOWN_AUTHOR', 1, ['mute', 'nobody'])
  await fails(context, 'UNKNOWN_AUTHOR', 1, ['comment', post, '--mention', 'nobody'])
  await fails(context, 'UNKNOWN_AUTHOR', 1, ['appoint', 'garden', 'nobody'])
  await fails(context, 'UNKNOWN_COMMUNITY', 1, ['moderators', 'nowhere'])
  await fails(context, 'USAGE', 2, ['label', post])
  await fails(context, 'USAGE', 2, ['label', post, 'none'])
  await fails(context, 'USAGE', 2, ['label', post, 'x'.repeat(65)])
  await fails(context, 'USAGE', 2, ['appoint', 'garden', context.author])
  await fails(context, 'USAGE', 2, ['moderators', 'garden', '--follow', 'Žofie', '--follow-nobody'])
  await fails(context, 'BAD_ID', 1, ['label', 'x', 'spam'])
  await fails(context, 'UNKNOWN_ID', 1, ['labels', '0'.repeat(40)])
  await fails(context, 'USAGE', 2, ['mutes', 'somebody'])
})

test.run()
