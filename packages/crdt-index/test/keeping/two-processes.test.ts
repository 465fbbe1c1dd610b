// A peer with room for 1 MB meets one that has 5 MB of 500 authors, over libp2p and on real disks, and is killed in the midst.
// test-timeout-ms: 180000
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import { parseCommunityAddress } from '../../src/identity/ids.ts'
import type { AuthorId } from '../../src/model.ts'
import { envelopesOf, signerOf, type Envelope } from './world.ts'
import { compareRanks, Standing, type Rank } from '../../src/keeping/rank.ts'
import { stampWork } from '../../src/envelope/stamp.ts'

const test = suite('a storage budget between two processes')
const CHILD = path.join(import.meta.dirname, 'budget-child.ts')
const MAX_BYTES = 1024 * 1024
const AUTHORS = 500
const KILLS = 3

interface Source { readonly address: string, readonly genesis: string, readonly addresses: readonly string[], readonly bytes: number, readonly authors: number }
interface Small { readonly opened?: string, readonly bytes: number, readonly authors: number, readonly authorsLeftOut: number, readonly partial: boolean, readonly digest: string, readonly lastSyncMs: number | null }

function start (owned: AsyncDisposableStack, ...args: string[]): { readonly child: ChildProcess, readonly lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['--conditions=source', CHILD, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  owned.defer(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

async function next<T> (lines: AsyncIterator<string>): Promise<T> {
  const line = await lines.next()
  if (line.done === true) throw new Error('the child ended')
  return JSON.parse(line.value) as T
}

test('it ends under its budget with those it prefers, is the same after kills, and the disk is its own again', async () => {
  await using owned = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'crdt-index-budget-'))
  owned.defer(async () => { await rm(folder, { recursive: true, force: true }) })
  const source = await next<Source>(start(owned, 'source', path.join(folder, 'source'), String(AUTHORS), '5120').lines)
  assert.is(source.authors, AUTHORS + 1)
  assert.ok(source.bytes > 4 * MAX_BYTES, `${source.bytes} bytes`)
  const preferred = [17, 230, 499].map(n => signerOf(n).author)
  const args = ['small', path.join(folder, 'small'), source.address, String(MAX_BYTES), preferred.join(), source.genesis, source.addresses[0]!]
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, lines } = start(owned, ...args)
    await next(lines)
    for (let left = 2 + kill * 8; left > 0; left--) {
      const { bytes } = await next<Small>(lines)
      assert.ok(bytes <= MAX_BYTES + 800 * 1024, `at most a batch over it: ${bytes}`)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const last = start(owned, ...args)
  await next(last.lines)
  let small = await next<Small>(last.lines)
  for (let same = 0, before = ''; same < 25 || !small.partial || small.lastSyncMs === null;) {
    small = await next<Small>(last.lines)
    same = small.digest === before ? same + 1 : 0
    before = small.digest
  }
  last.child.kill('SIGKILL')
  await once(last.child, 'exit')
  assert.ok(small.bytes <= MAX_BYTES && small.bytes > MAX_BYTES / 2, `${small.bytes} bytes`)
  assert.ok(small.authorsLeftOut > AUTHORS / 2)

  const db = new Level<string, unknown>(path.join(folder, 'small'))
  owned.defer(async () => { await db.close() })
  await using index = await createCrdtIndex({ db, storage: { maxBytesPerCommunity: MAX_BYTES } })
  const address = parseCommunityAddress(source.address)
  assert.is(index.status(address).digest, small.digest, 'a restart shows the same')
  assert.equal([index.status(address).storage.bytes, index.status(address).storage.authorsLeftOut], [small.bytes, small.authorsLeftOut])
  const held = await envelopesOf(index, address)
  for (const author of preferred) assert.ok(held.some(({ header }) => header.author === author), 'whom it prefers')
  assertPrefix(held, new Set(preferred))
  assert.is(index.community(address)?.title, 'Large')
})

/** Whoever is held ranks before whoever is not. */
function assertPrefix (held: readonly Envelope[], preferred: ReadonlySet<AuthorId>): void {
  const community = held[0]!.header.community
  const rankOf = (author: AuthorId): Rank => ({ standing: preferred.has(author) ? Standing.followed : Standing.other, work: stampWork({ community, author, stamp: new Uint8Array() }), author })
  const here = new Set(held.filter(({ header }) => header.period !== 0).map(({ header }) => header.author))
  const ranked = Array.from({ length: AUTHORS }, (_, n) => rankOf(signerOf(n + 1).author)).sort(compareRanks)
  assert.equal(ranked.slice(0, here.size).map(({ author }) => author).filter(author => !here.has(author)), [])
}

test.run()
