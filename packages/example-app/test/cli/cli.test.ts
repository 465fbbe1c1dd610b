import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { SeedbedError, type NodeOptions, type SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { writeControlFile } from '../../src/cli/control/control-file.ts'
import { createControlServer } from '../../src/cli/control/server.ts'
import { fakeNode, seedbed, type Methods } from './fake-node.ts'

interface Context { dir: string, data: string }

const test = suite<Context>('cli')
const address = 'c0'.repeat(32)
const id = '0a'.repeat(20)
const published = { id, magnet: 'magnet:?xt=1', community: address, author: 'a1'.repeat(32), createdAtMs: Date.UTC(2026, 10, 22), length: 300, sha256: 'b2'.repeat(32) }
const community = { address, slug: 'cats', title: 'Cats', founder: null, joinedAtMs: 0 }

test.before.each(async context => {
  context.dir = await mkdtemp(path.join(tmpdir(), 'seedbed-cli-'))
  context.data = path.join(context.dir, 'data')
})
test.after.each(async ({ dir }) => { await rm(dir, { recursive: true, force: true }) })

function opener (methods: Methods): { openNode: (options: NodeOptions) => Promise<SeedbedNode>, opened: NodeOptions[], closed: () => number } {
  const opened: NodeOptions[] = []
  let closed = 0
  return {
    opened,
    closed: () => closed,
    openNode: async options => {
      opened.push(options)
      if (options.dataDir !== undefined) await mkdir(options.dataDir, { recursive: true }) // as a node does
      return fakeNode(methods, () => { closed++ })
    }
  }
}

const codeIn = (out: string): string => (JSON.parse(out) as { error: { code: string } }).error.code

test('init makes one identity and says the same ever after', async ({ data }) => {
  const first = await seedbed(['init', '--data', data, '--json'])
  const { author, created } = JSON.parse(first.out) as { author: string, created: boolean }
  assert.match(author, /^[0-9a-f]{64}$/)
  assert.is(created, true)
  assert.equal(JSON.parse((await seedbed(['init', '--data', data, '--json'])).out), { author, created: false, dataDir: data })
  assert.equal(await seedbed(['whoami'], { env: { SEEDBED_DATA: data } }), { code: 0, out: `${author}\n`, err: '' })
})

test('a phrase printed by one folder restores the author in another', async ({ dir, data }) => {
  await seedbed(['init', '--data', data])
  const { phrase } = JSON.parse((await seedbed(['phrase', '--yes', '--json', '--data', data])).out) as { phrase: string }
  assert.is(phrase.split(' ').length, 12)
  await writeFile(path.join(dir, 'phrase.txt'), ` ${phrase.toUpperCase()}\n`)
  const other = await seedbed(['init', '--data', 'other', '--phrase-file', 'phrase.txt'], { env: { INIT_CWD: dir } })
  assert.is(other.code, 0)
  assert.is((await seedbed(['whoami', '--data', path.join(dir, 'other')])).out, (await seedbed(['whoami', '--data', data])).out)
  await seedbed(['init', '--data', path.join(dir, 'third')])
  const refused = await seedbed(['init', '--data', path.join(dir, 'third'), '--phrase-file', path.join(dir, 'phrase.txt'), '--json'])
  assert.is(refused.code, 1)
  assert.is(codeIn(refused.out), 'IDENTITY_EXISTS')
})

test('the phrase is not shown where nobody can be asked', async ({ data }) => {
  await seedbed(['init', '--data', data])
  const { code, out, err } = await seedbed(['phrase', '--data', data])
  assert.is(code, 2)
  assert.is(out, '')
  assert.match(err, /--yes.*\[USAGE\]/)
})

test('whoami and phrase without an identity make none', async ({ dir, data }) => {
  for (const command of ['whoami', 'phrase']) {
    const { code, out } = await seedbed([command, '--data', data, '--json'])
    assert.is(code, 1)
    assert.is(codeIn(out), 'NO_IDENTITY')
  }
  assert.equal(await readdir(dir), [])
})

test('status and peers without a peer: exit 2, the folder untouched', async ({ dir, data }) => {
  for (const command of ['status', 'peers']) {
    const { code, out } = await seedbed([command, '--data', data, '--json'])
    assert.is(code, 2)
    assert.is(codeIn(out), 'NOT_RUNNING')
  }
  assert.equal(await readdir(dir), [])
})

test('usage errors exit with 2, in JSON where that is asked for', async () => {
  const { code, out, err } = await seedbed(['feed', '--bogus'])
  assert.is(code, 2)
  assert.is(out, '')
  assert.match(err, /^seedbed: Unknown option --bogus.* \[USAGE\]\n$/)
  const json = await seedbed(['feed', '--bogus', '--json'])
  assert.is(json.code, 2)
  assert.is(codeIn(json.out), 'USAGE')
})

test('without a peer a command opens the folder without network and closes it again', async ({ data }) => {
  const calls: unknown[] = []
  const { openNode, opened, closed } = opener({
    'communities.resolve': (name: string) => { calls.push(name); return community },
    'posts.create': async ({ community, title, text }: { community: string, title: string, text: Uint8Array }) => { calls.push(community, title, Buffer.from(text).toString()); return published }
  })
  const { code, out } = await seedbed(['post', 'cats', '--title', 'Hello', '--data', data, '--json'], { openNode, stdin: 'The text\r\n' })
  assert.is(code, 0)
  assert.equal(JSON.parse(out), { id, magnet: 'magnet:?xt=1', community: address, author: 'a1'.repeat(32), createdAt: '2026-11-22T00:00:00.000Z', length: 300, sha256: 'b2'.repeat(32) })
  assert.is(out.trim().split('\n').length, 1)
  assert.equal(calls, ['cats', address, 'Hello', 'The text\r\n'])
  assert.is(opened[0]?.dataDir, data)
  assert.is(opened[0]?.network, false)
  assert.is(opened[0]?.torrent, false)
  assert.is(closed(), 1)
})

test('texts come from a file beside the person too', async ({ dir, data }) => {
  await writeFile(path.join(dir, 'text.md'), 'From a file')
  let given = ''
  const { openNode } = opener({ 'comments.create': async ({ parent, text }: { parent: string, text: Uint8Array }) => { given = `${parent} ${Buffer.from(text).toString()}`; return published } })
  const { code, out } = await seedbed(['comment', id, '--file', 'text.md', '--data', data], { openNode, env: { INIT_CWD: dir } })
  assert.is(code, 0)
  assert.is(given, `${id} From a file`)
  assert.is(out, `${id}\nmagnet:?xt=1\n`)
  const missing = await seedbed(['comment', id, '--file', 'none.md', '--data', data, '--json'], { openNode, env: { INIT_CWD: dir } })
  assert.is(missing.code, 1)
  assert.is(codeIn(missing.out), 'STORAGE_FAILED')
})

test('with a peer a command goes there and nothing opens the folder; files stay on this side', async ({ dir, data }) => {
  const seen: unknown[] = []
  const server = await createControlServer({
    startedAt: '',
    execute: async ({ command, args, text }) => {
      seen.push({ command, args, text: text === undefined ? null : Buffer.from(text).toString() })
      return command === 'torrent' ? { id, torrent: Buffer.from('d4:infoe').toString('base64') } : published
    }
  })
  try {
    await mkdir(data)
    await writeControlFile(data, server.address)
    await writeFile(path.join(dir, 'text.md'), 'From a file')
    assert.is((await seedbed(['post', 'cats', '--title', 'T', '--file', path.join(dir, 'text.md'), '--data', data])).code, 0)
    assert.equal(JSON.parse((await seedbed(['torrent', id, '--out', 'x.torrent', '--data', data, '--json'], { cwd: dir })).out), { id, file: path.join(dir, 'x.torrent'), bytes: 8 })
    assert.is(await readFile(path.join(dir, 'x.torrent'), 'utf8'), 'd4:infoe')
    assert.equal(seen, [{ command: 'post', args: { COMMUNITY: 'cats', title: 'T' }, text: 'From a file' }, { command: 'torrent', args: { ID: id }, text: null }])
  } finally {
    await server.close()
  }
})

test('a locked folder: waits, and takes the peer that comes up meanwhile', async ({ data }) => {
  let attempts = 0
  const server = await createControlServer({ startedAt: '', execute: async () => ({ items: [] }) })
  try {
    const { code, out } = await seedbed(['communities', '--data', data, '--json'], {
      openNode: async () => {
        if (++attempts === 2) {
          await mkdir(data)
          await writeControlFile(data, server.address)
        }
        throw new SeedbedError('LOCKED', 'taken')
      }
    })
    assert.is(code, 0)
    assert.equal(JSON.parse(out), { items: [] })
    assert.is(attempts, 2)
  } finally {
    await server.close()
  }
})

test('a folder that stays locked fails with LOCKED in one line', async ({ data }) => {
  let attempts = 0
  const { code, out, err } = await seedbed(['communities', '--data', data], { openNode: async () => { attempts++; throw new SeedbedError('LOCKED', 'taken') } })
  assert.is(code, 1)
  assert.is(out, '')
  assert.match(err, /^communities: still working\nseedbed: Another process has .* open.* \[LOCKED\]\n$/)
  assert.ok(attempts > 5)
})

test('what nobody foresaw is INTERNAL, exit 1, and still one document', async ({ data }) => {
  const { code, out, err } = await seedbed(['communities', '--data', data, '--json'], { openNode: async () => { throw new TypeError('oops\nagain') } })
  assert.is(code, 1)
  assert.equal(JSON.parse(out), { error: { code: 'INTERNAL', message: 'TypeError: oops again' } })
  assert.match(err, 'at ')
})

test('an interrupted command fails with ABORTED and closes the node', async ({ data }) => {
  const stop = new AbortController()
  const { openNode, closed } = opener({
    feed: async ({ signal }: { signal: AbortSignal }) => {
      stop.abort()
      signal.throwIfAborted()
    }
  })
  const { code, out } = await seedbed(['feed', '--data', data, '--json'], { openNode, signal: stop.signal })
  assert.is(code, 1)
  assert.is(codeIn(out), 'ABORTED')
  assert.is(closed(), 1)
})

test('run: prints one status document, answers commands, stops cleanly', async ({ data }) => {
  const stop = new AbortController()
  const status = { author: 'a1'.repeat(32), peerId: '12D3', addresses: ['/ip4/127.0.0.1/tcp/1/p2p/12D3'], torrentPort: 6881, torrentHost: '127.0.0.1', communities: [], bodies: 0, bytes: 0 }
  const { openNode, opened, closed } = opener({ status: async () => status, equivocations: async () => [], 'communities.list': () => [community], peers: () => [] })
  const running = seedbed(['run', '--json', '--data', data, '--listen', '/ip4/127.0.0.1/tcp/4001', '--connect', '/a', '--connect', '/b', '--no-mdns', '--torrent-port', '6881'], { openNode, signal: stop.signal })
  const file = path.join(data, 'control.json')
  while (await stat(file).then(() => false, () => true)) await new Promise(resolve => { setTimeout(resolve, 10) })
  const list = await seedbed(['communities', '--data', data, '--json'])
  assert.equal(JSON.parse(list.out), { items: [{ address, slug: 'cats', title: 'Cats', founder: null, joinedAt: '1970-01-01T00:00:00.000Z' }] })
  assert.equal(JSON.parse((await seedbed(['status', '--data', data, '--json'])).out), status)
  assert.match((await seedbed(['peers', '--data', data])).out, 'No peer connected')
  stop.abort()
  const { code, out } = await running
  assert.is(code, 0)
  assert.equal(JSON.parse(out), status)
  assert.equal(opened.map(({ dataDir, network, torrent }) => ({ dataDir, network, torrent })), [{ dataDir: data, network: { listen: ['/ip4/127.0.0.1/tcp/4001'], connect: ['/a', '/b'], mdns: false, relay: false }, torrent: { trackers: [], dht: false, port: 6881 } }])
  assert.is(closed(), 1)
  assert.is(await stat(file).then(() => 'there', () => 'gone'), 'gone')
})

test('run with a stale control file starts all the same', async ({ data }) => {
  await mkdir(data)
  await writeControlFile(data, { pid: process.pid, port: 9, token: 'x'.repeat(43), startedAt: '' })
  const stop = new AbortController()
  const { openNode, opened } = opener({ status: async () => { stop.abort(); return { author: 'a', peerId: null, addresses: [], torrentPort: null, torrentHost: null, communities: [], bodies: 0, bytes: 0 } } })
  const { code, out } = await seedbed(['run', '--data', data], { openNode, signal: stop.signal })
  assert.is(code, 0)
  assert.match(out, 'not listening')
  assert.equal(opened[0]?.network, { connect: [], mdns: true, relay: false })
})

test('feed for a person: 80 columns, no colours off a terminal, colours on one', async ({ data }) => {
  const items = Array.from({ length: 3 }, (_, at) => ({ id: String(at).repeat(40), title: `${'A long title '.repeat(12)}\u001b[31m`, author: 'a1'.repeat(32), community: address, createdAtMs: Date.UTC(2026, 10, 22, 9), score: 2, up: 3, down: 1, comments: 1, otherRevision: 0, knownAtMs: null, editedAtMs: null, seeds: null, profile: { author: 'a1'.repeat(32), name: at === 1 ? 'Ada \u001b[2J' : null, about: null, fingerprint: 'four-words-of-it' }, seeding: at === 0, vote: 0, treatment: 'show', labels: [], muted: false }))
  const { openNode } = opener({ feed: async () => ({ items, next: 'cursor' }), 'communities.list': () => [community] })
  const { out } = await seedbed(['feed', '--data', data], { openNode })
  assert.ok(out.split('\n').every(line => line.length <= 80))
  assert.not.match(out, '\u001b')
  assert.match(out, /2 \(\+3 −1\) · 1 comment · cats · 3 hours ago by four-words-of-it ·\n? *seeding/)
  assert.match(out, /by Ada \S*\[2J \(four-words-of-it\)/)
  assert.match(out, '--after cursor')
  assert.match((await seedbed(['feed', '--data', data], { openNode, tty: true })).out, '\u001b[1m')
  const json = JSON.parse((await seedbed(['feed', '--data', data, '--json'], { openNode })).out) as { items: Array<Record<string, unknown>> }
  for (const key of ['id', 'title', 'author', 'name', 'fingerprint', 'community', 'slug', 'createdAt', 'score', 'up', 'down', 'otherRevision', 'comments', 'seeding', 'vote']) assert.ok(key in (json.items[0] ?? {}), key)
})

test('a feed that mutes and labels emptied does not say that there is nothing', async ({ data }) => {
  const hiding = async (hidden: number): Promise<string> => {
    const { openNode } = opener({ feed: async () => ({ items: [], next: null, hidden }), 'communities.list': () => [community] })
    return (await seedbed(['feed', '--data', data], { openNode })).out
  }
  assert.is(await hiding(0), 'No posts yet.\n')
  assert.is(await hiding(1), '1 post hidden by mutes or labels; --all shows them.\n')
  assert.is(await hiding(1000), '1000 posts or more hidden by mutes or labels; --all shows them.\n')
})

test('feed passes on what is asked, communities by slug', async ({ data }) => {
  let asked: Record<string, unknown> = {}
  const { openNode } = opener({ feed: async (query: Record<string, unknown>) => { asked = query; return { items: [], next: null } }, 'communities.list': () => [], 'communities.resolve': () => community })
  await seedbed(['feed', 'cats', '--sort', 'new', '--window', 'week', '--limit', '7', '--after', 'x', '--data', data], { openNode })
  assert.equal({ ...asked, signal: null }, { communities: [address], sort: 'new', window: 'week', limit: 7, after: 'x', signal: null })
})

test('inbox says what is new, by whom and where', async ({ data }) => {
  let asked: Record<string, unknown> = {}
  const item = { id, reason: 'mention', treatment: 'show', labels: [], muted: false, unread: true, author: 'a1'.repeat(32), community: address, createdAtMs: Date.UTC(2026, 10, 22, 9), post: id, title: 'A \u001b[31mtitle', parent: id, profile: { author: 'a1'.repeat(32), name: null, about: null, fingerprint: 'four-words-of-it' } }
  const { openNode } = opener({
    notifications: async (query: Record<string, unknown>) => {
      asked = query
      return { items: [item, { ...item, reason: 'reply', unread: false }], next: 'cursor', unread: 1 }
    },
    'communities.list': () => [community],
    'communities.resolve': () => community
  })
  const { out } = await seedbed(['inbox', 'cats', '--limit', '7', '--data', data], { openNode })
  assert.equal({ ...asked, signal: null }, { communities: [address], limit: 7, signal: null })
  assert.not.match(out, '\u001b')
  assert.match(out, /^1 new message\.\n\nA \S*\[31mtitle\n  new · mentions you · cats · 3 hours ago by four-words-of-it\n/)
  assert.match(out, '\n  answers you · cats')
  assert.match(out, '--after cursor')
  const json = JSON.parse((await seedbed(['inbox', '--data', data, '--json'], { openNode })).out) as { unread: number, items: Array<Record<string, unknown>> }
  assert.equal([json.unread, json.items.map(({ reason, unread }) => [reason, unread])], [1, [['mention', true], ['reply', false]]])
})

test('votes say what was done', async ({ data }) => {
  const result = { id, score: 4, seeding: true, sha256: 'b2'.repeat(32), servedBy: '12D3' }
  const { openNode } = opener({ 'votes.up': async () => ({ ...result, value: 1 }), 'votes.down': async () => ({ ...result, value: -1, seeding: false }), 'votes.clear': async () => ({ ...result, value: 0, seeding: false }) })
  assert.equal(JSON.parse((await seedbed(['upvote', id, '--data', data, '--json'], { openNode })).out), { ...result, value: 1 })
  assert.match((await seedbed(['upvote', id, '--data', data], { openNode })).out, 'Upvoted: score 4, seeding')
  assert.match((await seedbed(['downvote', id, '--data', data], { openNode })).out, 'Downvoted: score 4, not seeding')
  assert.match((await seedbed(['unvote', id, '--data', data], { openNode })).out, 'Vote taken back')
})

test('Ctrl-C while a text is typed or waited for ends at once', async ({ data }) => {
  for (const stdin of ['terminal', 'pipe'] as const) {
    const stop = new AbortController()
    const input = Object.assign(new PassThrough(), { isTTY: stdin === 'terminal' })
    input.write('half a te')
    const running = seedbed(['post', 'cats', '--title', 'T', '--data', data, '--json'], { input, signal: stop.signal })
    setTimeout(() => { stop.abort() }, 50)
    const { code, out } = await running
    assert.equal([code, codeIn(out)], [1, 'ABORTED'], stdin)
  }
})

test('what cannot be right is said before anybody is asked for a text', async () => {
  const input = new PassThrough() // never ends
  for (const [argv, code, exit] of [
    [['comment', 'abc'], 'BAD_ID', 1], [['edit', 'abc'], 'BAD_ID', 1], [['post', 'No slug!', '--title', 'T'], 'UNKNOWN_COMMUNITY', 1],
    [['profile', '--author', 'abc'], 'BAD_ID', 1], [['profile', '--author', 'a1'.repeat(32), '--name', 'Eve'], 'USAGE', 2], [['profile', '--author', 'a1'.repeat(32), '--about', ''], 'USAGE', 2]
  ] as const) {
    const outcome = await seedbed([...argv, '--json'], { input })
    assert.equal([outcome.code, codeIn(outcome.out)], [exit, code], argv.join(' '))
  }
})

test('edit with a title alone keeps the text; a text that is piped is taken', async ({ data }) => {
  const given: unknown[] = []
  const { openNode } = opener({ 'revisions.create': async ({ signal: _signal, text, ...rest }: { signal: AbortSignal, text?: Uint8Array }) => { given.push({ ...rest, text: text === undefined ? null : Buffer.from(text).toString() }); return { id, revision: id, magnet: 'magnet:?', sha256: '', editedAtMs: 0 } } })
  const terminal = Object.assign(new PassThrough(), { isTTY: true })
  await seedbed(['edit', id, '--title', 'New', '--data', data], { openNode, input: terminal })
  await seedbed(['edit', id, '--title', 'New', '--data', data], { openNode })
  await seedbed(['edit', id, '--title', 'New', '--data', data], { openNode, stdin: 'new text' })
  await seedbed(['edit', id, '--data', data], { openNode })
  assert.equal(given, [{ id, title: 'New', text: null }, { id, title: 'New', text: null }, { id, title: 'New', text: 'new text' }, { id, text: '' }])
})

test('without a peer it is said that nobody gets it yet, but not in JSON', async ({ data }) => {
  const { openNode } = opener({ 'votes.up': async () => ({ id, value: 1, score: 1, seeding: false, sha256: null, servedBy: null }), 'communities.list': () => [] })
  const { out, err } = await seedbed(['upvote', id, '--data', data], { openNode })
  assert.match(out, 'not seeding until the peer runs')
  assert.match(err, /^Kept here; .*seedbed run\n$/)
  assert.is((await seedbed(['upvote', id, '--data', data, '--json'], { openNode })).err, '')
  assert.is((await seedbed(['communities', '--data', data], { openNode })).err, '')
})

test('a slug that is taken is made all the same, with a warning', async ({ data }) => {
  const { openNode } = opener({ 'communities.list': () => [community], 'communities.create': async () => ({ ...community, address: 'd0'.repeat(32) }) })
  const { code, out, err } = await seedbed(['community', 'create', 'cats', '--data', data, '--json'], { openNode })
  assert.equal([code, (JSON.parse(out) as { address: string }).address], [0, 'd0'.repeat(32)])
  assert.match(err, /^Another joined community is called cats too/)
  assert.not.match(out, 'sameSlug')
})

test('messages of the packages below are sentences here', async ({ data }) => {
  const { err } = await seedbed(['feed', '--data', data], { openNode: async () => { throw new SeedbedError('STORAGE_FAILED', 'the disk is full') } })
  assert.is(err, 'seedbed: The disk is full. [STORAGE_FAILED]\n')
})

test.run()
