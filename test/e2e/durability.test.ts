// An action that returned survives kill -9, whenever it comes. SEEDBED_TEST_SEED plays the same kills again (the
// operating system decides the rest), SEEDBED_TEST_KILLS makes more of them.
// test-timeout-ms: 900000
import { spawn } from 'node:child_process'
import path from 'node:path'
import { createNode, type SeedbedNode } from '@seedbed/core'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CommandError, runCommand, startPeer, type Peer } from '../../tools/demo/peer.ts'
import { createRandom } from './random.ts'
import { temporaryFolder, until } from './temporary-folder.ts'

type Line =
  | { readonly stage: 'starting' | 'closing' }
  | { readonly stage: 'open', readonly author: string }
  | { readonly tries: 'post' | 'comment', readonly text: string }
  | { readonly tries: 'vote', readonly id: string, readonly value: number }
  | { readonly done: 'post', readonly id: string, readonly sha256: string, readonly text: string }
  | { readonly done: 'comment', readonly id: string, readonly sha256: string, readonly text: string, readonly parent: string }
  | { readonly done: 'vote', readonly id: string, readonly value: number }

/** What the folder owes. */
interface Promised {
  readonly posts: Map<string, { sha256: string, text: string }>
  readonly comments: Map<string, { sha256: string, text: string, parent: string }>
  /** Values that the vote on an item may have: the last acknowledged one, and the one that was tried when the kill came. */
  readonly votes: Map<string, number[]>
}

const CHILD = path.join(import.meta.dirname, 'durability-child.ts')
const seed = Number(process.env['SEEDBED_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const kills = Number(process.env['SEEDBED_TEST_KILLS'] ?? 50)
const FOREIGN_POSTS = 8
const CHECK_EVERY = 10
const FIRST_STARTS = 6
/** What the child has printed when its node is open: that it starts, and that. */
const LINES_WHEN_OPEN = 2
console.log(`seed ${seed}, SEEDBED_TEST_SEED=${seed} plays it again`)

const test = suite('e2e/durability')

/** A folder whose author has joined a community in which somebody else wrote, with all bodies. */
async function prepare (folder: string): Promise<{ dataDir: string, community: string, foreign: string[] }> {
  const dataDir = path.join(folder, 'victim')
  await using other = await createNode({ dataDir: path.join(folder, 'other'), torrent: false })
  const { address } = await other.communities.create({ slug: 'kills', difficulty: 0 })
  const foreign: string[] = []
  for (let i = 0; i < FOREIGN_POSTS; i++) foreign.push((await other.posts.create({ community: address, title: `Foreign ${i}`, text: `Foreign text ${i}` })).id)
  const [connect = ''] = (await other.status()).addresses
  await using victim = await createNode({ dataDir, torrent: false, network: { connect: [connect] } })
  await victim.communities.join(address)
  await until('the victim has all foreign posts', async () => (await victim.feed()).items.length === FOREIGN_POSTS)
  for (const id of foreign) await victim.bodies.read(id)
  return { dataDir, community: address, foreign }
}

/** Milliseconds from the start of the program, or from the line that comes so many lines after the one that says that its node is open. */
type When = { readonly from: 'spawn', readonly afterMs: number } | { readonly from: 'open', readonly afterLines: number, readonly afterMs: number }

/** Runs the child and kills it. Resolves with all it printed. */
async function runAndKill (folder: string, args: readonly string[], when: When): Promise<{ lines: Line[], killed: boolean, stderr: string }> {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_COMPILE_CACHE: path.join(folder, 'compiled') }
  })
  let stdout = ''
  let stderr = ''
  let timer: NodeJS.Timeout | null = null
  const killLater = (): void => { timer ??= setTimeout(() => { child.kill('SIGKILL') }, when.afterMs) }
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    if (when.from === 'open' && stdout.includes('"open"') && stdout.split('\n').length > LINES_WHEN_OPEN + when.afterLines) killLater()
  })
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  if (when.from === 'spawn') killLater()
  const signal = await new Promise<string | null>(resolve => { child.once('close', (_code, signal) => { resolve(signal) }) })
  if (timer !== null) clearTimeout(timer)
  const whole = stdout.slice(0, stdout.lastIndexOf('\n') + 1)
  return { lines: whole.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Line), killed: signal === 'SIGKILL', stderr }
}

function note (promised: Promised, lines: readonly Line[]): void {
  for (const line of lines) {
    if ('tries' in line && line.tries === 'vote') promised.votes.set(line.id, [...(promised.votes.get(line.id) ?? [0]), line.value])
    if (!('done' in line)) continue
    if (line.done === 'post') promised.posts.set(line.id, line)
    else if (line.done === 'comment') promised.comments.set(line.id, line)
    else promised.votes.set(line.id, [line.value])
  }
}

/** Reads all of it back; votes that were open are settled by what is found. */
async function check (node: SeedbedNode, community: string, promised: Promised): Promise<void> {
  const listed = new Map<string, number>()
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<SeedbedNode['feed']>> = await node.feed({ sort: 'new', limit: 1000, ...(after === null ? {} : { after }) })
    for (const { id, vote } of page.items) listed.set(id, vote)
    after = page.next
  } while (after !== null)
  for (const [id, { sha256, text }] of promised.posts) {
    assert.ok(listed.has(id), `post ${id} is lost`)
    const body = await node.bodies.read(id, { timeoutMs: 1 })
    assert.equal([body.sha256, body.text], [sha256, text])
  }
  const threads = new Map<string, Awaited<ReturnType<SeedbedNode['thread']>>>()
  for (const [id, { sha256, text, parent }] of promised.comments) {
    let thread = threads.get(parent)
    if (thread === undefined) threads.set(parent, thread = await node.thread(parent, { timeoutMs: 1, limit: 10_000 }))
    const comment = thread.comments.find(candidate => candidate.id === id)
    assert.equal(comment === undefined ? null : [comment.sha256, comment.text, comment.parent, comment.available], [sha256, text, parent, true], `comment ${id}`)
  }
  for (const [id, allowed] of promised.votes) {
    const vote = listed.get(id)
    assert.ok(vote !== undefined && allowed.includes(vote), `vote on ${id} is ${vote}, not one of ${allowed.join(', ')}`)
    promised.votes.set(id, [vote ?? 0])
  }
  const { communities } = await node.status()
  assert.match(communities.find(({ address }) => address === community)?.digest ?? '', /^[0-9a-f]{64}$/)
}

test(`${kills} kills of a node lose nothing that was acknowledged`, async () => {
  await using folder = await temporaryFolder('durability')
  const random = createRandom(seed)
  const { dataDir, community, foreign } = await prepare(folder.path)
  const promised: Promised = { posts: new Map(), comments: new Map(), votes: new Map(foreign.map(id => [id, [0]])) }
  const seen = { killed: 0, early: 0, midway: 0, acknowledged: 0 }
  for (let round = 0; seen.killed < kills; round++) {
    // A third of the kills comes while the program loads and the database recovers, the rest among the actions: by their number, since a busy machine does few of them in a time.
    const when = random(3) === 0 ? { from: 'spawn', afterMs: 100 + random(700) } as const : { from: 'open', afterLines: random(40), afterMs: random(20) } as const
    const { lines, killed, stderr } = await runAndKill(folder.path, [dataDir, String(seed + round), community, ...foreign], when)
    assert.is(stderr, '', `round ${round}: the child failed`)
    note(promised, lines)
    if (killed) seen.killed++
    if (killed && !lines.some(line => 'stage' in line && line.stage === 'open')) seen.early++
    const last = lines.at(-1)
    if (killed && last !== undefined && 'tries' in last) seen.midway++
    seen.acknowledged += lines.filter(line => 'done' in line).length
    if (round % CHECK_EVERY !== CHECK_EVERY - 1 && seen.killed < kills) continue
    await using node = await createNode({ dataDir, network: false, torrent: false })
    await check(node, community, promised)
    const { id, sha256 } = await node.posts.create({ community, title: 'Still writes', text: `after round ${round}` })
    promised.posts.set(id, { sha256, text: `after round ${round}` })
  }
  console.log(`${seen.killed} kills, ${seen.early} before the node was open, ${seen.midway} before an acknowledgement; ${seen.acknowledged} actions acknowledged, none lost`)
  assert.ok(seen.acknowledged > kills && seen.midway > 0, 'the kills hit something')

  // And a stranger who gets all of it from there agrees.
  await using node = await createNode({ dataDir, torrent: false })
  const [connect = ''] = (await node.status()).addresses
  await using reader = await createNode({ dataDir: path.join(folder.path, 'reader'), torrent: false, network: { connect: [connect] } })
  await reader.communities.join(community)
  await until('the reader has the same digest', async () => {
    const [a, b] = await Promise.all([node, reader].map(async peer => (await peer.status()).communities[0]?.digest))
    return a === b
  })
  for (const id of promised.posts.keys()) assert.ok((await reader.bodies.read(id)).servedBy !== null)
})

test('kills while a folder is made for the first time leave one that opens, with the identity that was shown', async () => {
  await using folder = await temporaryFolder('durability-first')
  const random = createRandom(seed)
  let shown = 0
  for (let round = 0; round < FIRST_STARTS; round++) {
    const dataDir = path.join(folder.path, String(round))
    const { lines, stderr } = await runAndKill(folder.path, [dataDir, '0'], round % 2 === 0 ? { from: 'spawn', afterMs: 150 + random(400) } : { from: 'open', afterLines: 0, afterMs: random(5) })
    assert.is(stderr, '')
    await using node = await createNode({ dataDir, network: false, torrent: false })
    const open = lines.find(line => 'stage' in line && line.stage === 'open')
    if (open === undefined || !('author' in open)) continue
    shown++
    assert.is(node.author, open.author)
  }
  assert.ok(shown > 0)
})

test('kills of a whole peer under commands', async () => {
  await using folder = await temporaryFolder('durability-peer')
  const random = createRandom(seed)
  const dataDir = path.join(folder.path, 'peer')
  await runCommand(dataDir, ['init'])
  await runCommand(dataDir, ['community', 'create', 'kills', '--difficulty', '0'])
  const acknowledged = new Map<string, string>()
  let running: Peer | null = null
  try {
    for (let round = 0; round < 3; round++) {
      const peer = running = await startPeer('victim', dataDir)
      let killed = false
      let timer: NodeJS.Timeout | undefined
      for (let i = 0; !killed; i++) {
        const text = `round ${round}, post ${i}`
        // What the command printed is promised; a command whose peer was killed says so.
        const posted = await peer.command<{ id: string }>(['post', 'kills', '--title', text], text).catch((error: unknown) => error)
        if (posted instanceof Error) {
          assert.ok(posted instanceof CommandError && posted.code === 'CLOSED', posted.message)
          break
        }
        acknowledged.set((posted as { id: string }).id, text)
        timer ??= setTimeout(() => {
          killed = true
          void peer.kill()
        }, 300 + random(2500))
      }
      clearTimeout(timer)
      await peer.kill()
    }
  } finally {
    await running?.kill()
  }
  await using node = await createNode({ dataDir, network: false, torrent: false })
  const { items } = await node.feed({ limit: 1000 })
  const listed = new Set<string>(items.map(({ id }) => id))
  for (const [id, text] of acknowledged) {
    assert.ok(listed.has(id), `post ${id} is lost`)
    assert.is((await node.bodies.read(id)).text, text)
  }
  assert.ok(acknowledged.size > 0)
  assert.is((await node.status()).communities.length, 1)
})

test.run()
