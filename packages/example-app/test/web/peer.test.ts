import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { codeOf, explain } from '../../src/web/peer/failure.ts'
import { originSeedbox } from '../../src/web/peer/origin-seedbox.ts'
import { createProfileRegistry, REGISTRY_KEY } from '../../src/web/peer/profiles.ts'

const test = suite('the web app and its peer')
const PEER = '12D3KooWQ4M37FEBwPC1StGtgTcoD4C6QigpiUBDR2q98AcpAPnq'

function memory (first: Record<string, string> = {}): { readonly items: Record<string, string>, getItem (key: string): string | null, setItem (key: string, value: string): void } {
  const items = { ...first }
  return { items, getItem: key => items[key] ?? null, setItem (key, value) { items[key] = value } }
}

test('the seedbox that served the page is dialled where the page came from', async () => {
  const answer = async (): Promise<unknown> => ({ version: 1, peerId: PEER })
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['http://127.0.0.1:8700/c/x', '/ip4/127.0.0.1/tcp/8700/ws'], ['http://localhost:8700/', '/dns4/localhost/tcp/8700/ws'], ['https://box.example/', '/dns4/box.example/tcp/443/wss'],
    ['http://box.example/', '/dns4/box.example/tcp/80/ws'], ['http://[::1]:8700/', '/ip6/::1/tcp/8700/ws']
  ]
  for (const [page, address] of cases) assert.is(await originSeedbox(new URL(page), answer), `${address}/p2p/${PEER}`)
})

test('a page that came from elsewhere has no seedbox', async () => {
  const page = new URL('https://example.org/')
  assert.is(await originSeedbox(page, async () => { throw new Error('offline') }), null)
  for (const answer of [null, 'x', {}, { peerId: 7 }, { peerId: 'short' }, { peerId: `${PEER}/p2p-circuit` }]) assert.is(await originSeedbox(page, async () => answer), null)
})

test('profiles: the one in use comes first, the others stay', () => {
  const store = memory()
  const profiles = createProfileRegistry(store, () => 5)
  assert.equal(profiles.current(), { dataDir: 'seedbed', author: null, createdAtMs: 5 })
  profiles.use({ ...profiles.current(), author: 'a' })
  profiles.use({ dataDir: 'seedbed-2', author: 'b', createdAtMs: 6 })
  assert.equal(profiles.list().map(({ dataDir }) => dataDir), ['seedbed-2', 'seedbed'])
  profiles.use({ dataDir: 'seedbed', author: 'a', createdAtMs: 5 })
  assert.equal(createProfileRegistry(store, () => 9).list().map(({ author }) => author), ['a', 'b'])
})

test('a profile that was never started is not kept', () => {
  const profiles = createProfileRegistry(memory(), () => 1)
  profiles.use({ dataDir: 'seedbed-2', author: 'b', createdAtMs: 6 })
  assert.equal(profiles.list().map(({ dataDir }) => dataDir), ['seedbed-2'])
})

test('a profile that another tab chose while this one started keeps its author, and this one is kept too', () => {
  const store = memory()
  const [one, other] = [createProfileRegistry(store, () => 1), createProfileRegistry(store, () => 2)]
  const starting = one.current()
  other.use({ dataDir: 'seedbed-2', author: 'b', createdAtMs: 6 }) // paired
  one.started(starting, 'a')
  assert.equal(one.list().map(({ dataDir, author }) => [dataDir, author]), [['seedbed-2', 'b'], ['seedbed', 'a']])
  const alone = createProfileRegistry(memory(), () => 1)
  alone.started(alone.current(), 'a')
  assert.equal(alone.list(), [{ dataDir: 'seedbed', author: 'a', createdAtMs: 1 }])
})

test('a registry that is damaged or cannot be read counts as empty', () => {
  for (const text of ['', '{', '7', '[1, null, {"dataDir": 3}, {"dataDir": "../x"}]']) assert.is(createProfileRegistry(memory({ [REGISTRY_KEY]: text }), () => 1).current().dataDir, 'seedbed')
  const broken = { getItem: (): string | null => { throw new Error('denied') }, setItem () { throw new Error('denied') } }
  const profiles = createProfileRegistry(broken, () => 1)
  profiles.use({ dataDir: 'x', author: null, createdAtMs: 1 })
  assert.is(profiles.current().dataDir, 'seedbed')
})

test('failures are told in sentences, known codes in plain words', () => {
  const failure = Object.assign(new Error('no connected peer has it'), { code: 'BODY_UNAVAILABLE' })
  assert.match(explain(failure), /Nobody who is connected/)
  assert.is(explain(new Error('this broke')), 'This broke.')
  assert.is(explain({ code: 'BAD_LINK', message: 'It is cut off.' }), 'It is cut off.')
  assert.is(explain(undefined), 'Something went wrong.')
  assert.is(codeOf(null), 'INTERNAL')
})

test.run()
