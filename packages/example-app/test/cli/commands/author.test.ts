import type { AuthoredItem, AuthoredPage } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkArguments, checkForms } from '../../../src/cli/arguments.ts'
import type { JsonDocument } from '../../../src/cli/command.ts'
import { author } from '../../../src/cli/commands/author.ts'
import { fakeNode } from '../fake-node.ts'

const test = suite('author')
const terminal = { colour: false, columns: 80, nowMs: Date.UTC(2026, 10, 22, 12) }
const key = 'a1'.repeat(32)
const address = 'c3'.repeat(32)
const profile = { author: key, name: 'Ada \u001b[2J', about: 'gardens\u202e', fingerprint: 'four-words-of-it' }

function item (id: string, more: object): AuthoredItem {
  return {
    id: id.repeat(40), kind: 'post', author: key, community: address, createdAtMs: terminal.nowMs - 3_600_000, editedAtMs: null, score: 1, up: 2, down: 1, otherRevision: 0, knownAtMs: null,
    post: id.repeat(40), title: 'Figs \u001b[31m', parent: null, comments: 2, seeding: true, vote: 0, treatment: 'show', labels: [], muted: false, profile, ...more
  } as unknown as AuthoredItem
}

async function run (page: AuthoredPage, args: Record<string, string | number | boolean>): Promise<{ document: JsonDocument, asked: unknown }> {
  let asked: unknown = null
  const node = fakeNode({
    'communities.list': () => [{ address, slug: 'garden' }],
    'communities.resolve': () => ({ address }),
    'profiles.find': (name: string) => name === 'ada' ? [profile] : [],
    'profiles.get': () => profile,
    'personal.state': () => ({ mutes: [] }),
    authored: async (author: string, { signal: _signal, ...query }: { signal: AbortSignal }) => {
      asked = { author, ...query }
      return page
    }
  })
  const me = new Proxy(node, { get: (target, name) => name === 'author' ? 'b2'.repeat(32) : Reflect.get(target, name) as unknown })
  const checked = checkArguments(author, args)
  checkForms(author, checked)
  return { document: await author.execute({ node: me, args: checked }, new AbortController().signal), asked }
}

test('lists what somebody wrote, by name, key or as oneself, and strangers cannot drive the terminal', async () => {
  const page = { items: [item('1', {}), item('2', { kind: 'comment', post: '1'.repeat(40), parent: '1'.repeat(40), comments: null, seeding: false }), item('3', { treatment: 'fold', title: 'Behind' })], next: 'cursor', hidden: 2 } as unknown as AuthoredPage
  const { document, asked } = await run(page, { AUTHOR: '@ada', COMMUNITY: 'garden', kind: 'all', sort: 'top', limit: 3, after: 'x', all: true })
  assert.equal(asked, { author: key, communities: [address], kind: 'all', sort: 'top', limit: 3, after: 'x', policy: { atMost: 'show' } })
  const text = author.render(document, terminal)
  assert.match(text, /^Ada \ufffd\[2J \(four-words-of-it\)\na1a1/)
  assert.match(text, /\nFigs \ufffd\[31m\n {2}1 \(\+2 −1\) · 2 comments · garden · 1 hour ago · seeding\n {2}1{40}\n/)
  assert.match(text, /\nComment in: Figs \ufffd\[31m\n {2}1 \(\+2 −1\) · garden · 1 hour ago\n/)
  assert.not.match(text, 'Behind')
  assert.match(text, '2 texts hidden by mutes or labels; --all shows them.\nMore: --after cursor')
  assert.not.match(text, /(?!\n)\p{Cc}|\u202e/u)
  assert.equal([(await run(page, { AUTHOR: key.toUpperCase() })).asked, (await run(page, { AUTHOR: 'me' })).asked], [{ author: key }, { author: 'b2'.repeat(32) }])
})

test('says that nothing is known, but not where all is hidden', async () => {
  const empty = async (hidden: number): Promise<string> => author.render((await run({ items: [], next: null, hidden }, { AUTHOR: key })).document, terminal)
  assert.match(await empty(0), 'Nothing that they wrote is known here.')
  assert.not.match(await empty(1), 'Nothing')
  await run({ items: [], next: null, hidden: 0 }, { AUTHOR: 'nobody' }).then(() => assert.unreachable(), (error: { code: string }) => { assert.is(error.code, 'UNKNOWN_AUTHOR') })
})

test.run()
