// The whole idea between real processes: post, find, comment, vote, lose the author's peer, join late, come back.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startPeer, type Peer } from './peer.ts'

export interface DemoFacts {
  /** What the late peer read: every post and comment, and the peer that served it. */
  readonly bodies: Array<{ id: string, sha256: string, servedBy: string }>
  /** Score of every post and comment as every peer shows it. */
  readonly totals: Record<string, number>
  /** Peer -> digest of the community. */
  readonly digests: Record<string, string>
  readonly ok: boolean
}

interface Node { id: string, author: string, text: string | null, sha256: string | null, servedBy: string | null, available: boolean, score: number, children?: Node[] }
interface Thread { post: Node & { title: string }, comments: Node[] }
interface Published { id: string, sha256: string }
interface Vote { id: string, score: number, seeding: boolean, sha256: string | null, servedBy: string | null }
interface Feed { items: Array<{ id: string, title: string, score: number, up: number, comments: number }> }

const WAIT_MS = 30_000
const POLL_MS = 200

const short = (text: string): string => text.slice(0, 8)

export async function runScenario (files: readonly string[], say: (line: string) => void): Promise<DemoFacts> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-demo-'))
  const running = new Set<Peer>()
  const start = async (name: string, connect: readonly Peer[]): Promise<Peer> => {
    const peer = await startPeer(name, path.join(folder, name), connect.map(({ address }) => address))
    running.add(peer)
    say(`${name} (pid ${peer.pid}) runs as peer …${peer.peerId.slice(-8)}, author ${short(peer.author)}${connect.length > 0 ? `, connected to ${connect.map(other => other.name).join(' and ')}` : ''}`)
    return peer
  }
  try {
    return await play(start, files, say, running)
  } finally {
    await Promise.all([...running].map(async peer => { await peer.stop() }))
    await rm(folder, { recursive: true, force: true })
  }
}

async function play (start: (name: string, connect: readonly Peer[]) => Promise<Peer>, files: readonly string[], say: (line: string) => void, running: Set<Peer>): Promise<DemoFacts> {
  const faults: string[] = []
  const check = (holds: boolean, what: string): void => {
    if (holds) return
    faults.push(what)
    say(`NOT SO: ${what}`)
  }
  const one = await start('one', [])
  const two = await start('two', [one])
  const three = await start('three', [one, two])

  const { address } = await one.command<{ address: string }>(['community', 'create', 'demo', '--difficulty', '0', '--title', 'The demo'])
  say(`one created the community demo at ${short(address)}…`)
  const published = new Map<string, Published & { what: string }>()
  for (const file of files) {
    const post = await one.command<Published>(['post', 'demo', '--title', path.basename(file), '--file', path.resolve(file)])
    published.set(post.id, { ...post, what: path.basename(file) })
    say(`one posted ${path.basename(file)} as ${short(post.id)}, sha256 ${short(post.sha256)}`)
  }
  const posts = [...published.keys()]
  for (const peer of [two, three]) {
    await peer.command(['join', address])
    await until(`${peer.name} finds every post`, async () => (await peer.command<Feed>(['feed', 'demo', '--sort', 'new', '--limit', '1000'])).items.length === posts.length)
    say(`${peer.name} joined and found ${posts.length} posts`)
  }

  const comment = async (peer: Peer, parent: string, text: string): Promise<string> => {
    await until(`${peer.name} knows ${short(parent)}`, async () => await peer.command(['magnet', parent]).then(() => true, () => false))
    const answer = await peer.command<Published>(['comment', parent], text)
    published.set(answer.id, { ...answer, what: `comment of ${peer.name}` })
    say(`${peer.name} answered ${short(parent)} with ${short(answer.id)}`)
    return answer.id
  }
  const [firstPost = '', lastPost = ''] = [posts[0], posts.at(-1)]
  const question = await comment(two, firstPost, 'Who keeps this alive when you are away?')
  const answer = await comment(three, question, 'Everybody who votes for it.')
  await comment(one, answer, 'So please do.')
  await comment(two, lastPost, 'I read to the end.')

  const own = new Map<string, string>()
  for (const id of posts) own.set(id, one.name)
  for (const [id, { what }] of published) if (what.startsWith('comment of ')) own.set(id, what.slice('comment of '.length))
  for (const peer of [one, two, three]) {
    for (const id of published.keys()) {
      if (own.get(id) === peer.name) continue
      await until(`${peer.name} knows ${short(id)}`, async () => await peer.command(['magnet', id]).then(() => true, () => false))
      const vote = await peer.command<Vote>(['upvote', id])
      check(vote.seeding, `${peer.name} seeds ${short(id)} after the upvote`)
      check(vote.sha256 === published.get(id)?.sha256, `${peer.name} voted for the body that was published as ${short(id)}`)
    }
    say(`${peer.name} upvoted, and so seeds, everything that others wrote`)
  }
  const takenBack = await three.command<Vote>(['unvote', firstPost])
  check(!takenBack.seeding, 'three no longer seeds what it took its vote back from')
  say(`three took its upvote of ${short(firstPost)} back`)

  const agree = async (peers: readonly Peer[]): Promise<string> => {
    let digests: string[] = []
    await until(`${peers.map(({ name }) => name).join(', ')} agree`, async () => {
      digests = await Promise.all(peers.map(digestOf))
      return new Set(digests).size === 1 && digests[0] !== ''
    })
    return digests[0] ?? ''
  }
  const digests: Record<string, string> = {}
  digests['one before'] = await agree([one, two, three])
  say(`one, two and three agree: digest ${short(digests['one before'])}…`)
  const totals = await totalsOf(two, posts)

  await one.kill()
  running.delete(one)
  say(`one (pid ${one.pid}) was killed with SIGKILL`)

  const four = await start('four', [two, three])
  await four.command(['join', address])
  digests['four'] = await agree([two, three, four])
  digests['two'] = digests['three'] = digests['four']
  check(digests['four'] === digests['one before'], 'the late peer has the digest that everybody had before the kill')
  const names = new Map([two, three].map(({ peerId, name }) => [peerId, name]))
  const bodies: DemoFacts['bodies'] = []
  for (const id of posts) {
    const thread = await four.command<Thread>(['thread', id])
    for (const node of [thread.post, ...flatten(thread.comments)]) {
      const source = published.get(node.id)
      check(node.available && node.sha256 !== null && node.sha256 === source?.sha256, `four reads ${short(node.id)} as it was published`)
      check(names.has(node.servedBy ?? ''), `${short(node.id)} came from two or three`)
      bodies.push({ id: node.id, sha256: node.sha256 ?? '', servedBy: node.servedBy ?? '' })
      say(`four read ${source?.what ?? '?'} ${short(node.id)} from ${names.get(node.servedBy ?? '') ?? '?'}, sha256 ${short(node.sha256 ?? '')}`)
    }
    const file = files[posts.indexOf(id)]
    if (file !== undefined) check(thread.post.text === normalise(await readFile(file, 'utf8')), `the text of ${path.basename(file)} arrived whole`)
  }
  check(bodies.length === published.size, `four read all ${published.size} bodies`)
  check(same(await totalsOf(four, posts), totals), 'four shows the totals of two')

  const back = await start('one', [two])
  digests['one'] = await agree([back, two, four])
  check(digests['one'] === digests['one before'], 'the first peer came back with everything it had')
  check(same(await totalsOf(back, posts), totals), 'the first peer shows the same totals again')
  for (const id of posts) {
    const thread = await back.command<Thread>(['thread', id])
    check([thread.post, ...flatten(thread.comments)].every(({ available, servedBy }) => available && servedBy === null), `the first peer still has the bodies of ${short(id)} itself`)
  }
  say(`one came back (pid ${back.pid}) and has lost nothing`)

  say('')
  for (const { title, score, comments } of (await four.command<Feed>(['feed', 'demo'])).items) say(`${String(score).padStart(4)}  ${title} (${comments} ${comments === 1 ? 'comment' : 'comments'})`)
  say('')
  printThread(await four.command<Thread>(['thread', firstPost]), say)
  return { bodies, totals, digests, ok: faults.length === 0 }
}

async function until (what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS
  while (Date.now() < end) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  throw new Error(`never came true: ${what}`)
}

async function digestOf (peer: Peer): Promise<string> {
  return (await peer.status()).communities[0]?.digest ?? ''
}

async function totalsOf (peer: Peer, posts: readonly string[]): Promise<Record<string, number>> {
  const totals: Record<string, number> = {}
  for (const id of posts) {
    const { post, comments } = await peer.command<Thread>(['thread', id])
    for (const { id: item, score } of [post, ...flatten(comments)]) totals[item] = score
  }
  return totals
}

function flatten (nodes: readonly Node[]): Node[] {
  return nodes.flatMap(node => [node, ...flatten(node.children ?? [])])
}

function same (a: Record<string, number>, b: Record<string, number>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => a[key] === b[key])
}

/** As the command line publishes a file: line ends, blank lines before and white space after the text are not kept. */
function normalise (text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/^(?:\uFEFF|[ \t]*\n)+/, '').replace(/[ \t\n]+$/, '')
}

function printThread ({ post, comments }: Thread, say: (line: string) => void): void {
  const line = (text: string | null): string => (text ?? 'not available').split('\n')[0]?.slice(0, 60) ?? ''
  say(`${post.title} [${post.score}] ${line(post.text)}`)
  const walk = (nodes: readonly Node[], indent: string): void => {
    for (const node of nodes) {
      say(`${indent}${line(node.text)} [${node.score}]`)
      walk(node.children ?? [], `${indent}  `)
    }
  }
  walk(comments, '  ')
}
