// test-timeout-ms: 600000
// The same schedules through whole indexes: real signatures, stores, gossip's and sync's way in, restarts from the database,
// and reconciliation over the memory transport until nothing moves.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { createCrdtIndex, createGenesis, createMemoryNetwork, decodeEnvelope, encodeEnvelope, verifyEnvelope, verifyEquivocation, type CrdtIndex, type MemoryTransport, type VerifiedEnvelope } from '@seedbed/crdt-index'
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PERIOD, TIME_MS } from '../../packages/crdt-index/test/documents/updates.ts'
import { canonical, itemsOf } from './canonical.ts'
import { ITEMS, signerOf } from './names.ts'
import { generate, REPLICAS, type Schedule, type SignedStatement } from './schedule.ts'

const RUNS = Number(process.env['SEEDBED_TEST_RUNS'] ?? 300)
const FIRST_SEED = Number(process.env['SEEDBED_TEST_SEED'] ?? 1)
const NOW_MS = TIME_MS + 1000
const MAX_ROUNDS = 12
const test = suite('simulation of a network')

const { address, bytes: genesis } = createGenesis({ founder: null, slug: 'seeds', difficulty: 0, nonce: new Uint8Array(16) })

interface Peer { readonly name: string, readonly db: MemoryLevel<Uint8Array, Uint8Array>, transport: MemoryTransport, index: CrdtIndex }

const fixtures = path.join(import.meta.dirname, 'fixtures')
for (const file of globSync('*.json', { cwd: fixtures }).sort()) {
  test(`fixture ${file}`, async () => { await run(JSON.parse(readFileSync(path.join(fixtures, file), 'utf8')) as Schedule) })
}

test(`${RUNS} random schedules from seed ${FIRST_SEED} end alike on all peers`, async () => {
  let proofs = 0
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    try {
      proofs += await run(generate(seed))
    } catch (error) {
      console.error(`seed ${seed}: rerun with SEEDBED_TEST_SEED=${seed} SEEDBED_TEST_RUNS=1`)
      throw error
    }
  }
  if (RUNS >= 100) assert.ok(proofs > RUNS / 4, `${proofs} proofs`)
})

function signedOf ({ author, part, device, seq, kind, seen, update }: SignedStatement): Uint8Array {
  return encodeEnvelope({
    community: address, period: PERIOD, part, device, seq, timeMs: TIME_MS, kind, seen: new Map(seen), stamp: new Uint8Array()
  }, new Uint8Array(Buffer.from(update, 'base64')), signerOf(author)).bytes
}

/** Returns how many proofs of equivocation the first peer has in the end. */
async function run ({ authors, envelopes: statements, events }: Schedule): Promise<number> {
  const envelopes = statements.map(signedOf)
  const network = createMemoryNetwork()
  const open = async (db: Peer['db'], transport: MemoryTransport): Promise<CrdtIndex> => {
    const index = await createCrdtIndex({ db, transport, clock: () => NOW_MS, syncIntervalMs: 1e9 })
    if (index.community(address) === undefined) await index.join(address, genesis)
    return index
  }
  const peers: Peer[] = []
  for (let n = 0; n < REPLICAS; n++) {
    const name = `peer ${n}`
    const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
    const transport = network.peer(name)
    peers.push({ name, db, transport, index: await open(db, transport) })
  }
  try {
    for (const event of events) {
      switch (event.kind) {
        case 'deliver':
          await peers[event.to]?.index.ingest(address, event.envelopes.flatMap(n => envelopes[n] ?? []))
          break
        case 'offer':
          await peers[event.to]?.index.ingest(address, (await heldBy(peers[event.from])).filter((_, n) => event.of === 0 || n % event.of !== 0))
          break
        case 'cool':
        case 'restart': {
          const peer = peers[event.at]
          if (peer === undefined) break
          await peer.index.close()
          peer.transport.close()
          peer.transport = network.peer(peer.name)
          peer.index = await open(peer.db, peer.transport)
        }
      }
    }
    for (const [n, { transport }] of peers.entries()) for (const other of peers.slice(n + 1)) transport.connect(other.name)
    await settle(peers)
    const [first] = peers
    const held = await heldBy(first)
    const wanted = canonical(held.map(verified), address)
    const threads = first === undefined ? undefined : threadsOf(first.index)
    for (const peer of peers) {
      assert.is(peer.index.status(address).shards[0]?.digest, held.length === 0 ? undefined : wanted.digest, peer.name)
      assert.equal(await entriesOf(peer.index), wanted.merged, peer.name)
      assert.equal(itemsOf(item => peer.index.item(address, PERIOD, item)), wanted.items, peer.name)
      assert.equal(threadsOf(peer.index), threads, peer.name)
    }
    const honest = new Set(authors.flatMap(({ honest }, n) => honest ? [signerOf(n).author as string] : []))
    let proofs = 0
    for (const { index } of peers) {
      for (const proof of await index.equivocations(address)) {
        assert.not.ok(honest.has(proof.author), 'an honest author is accused')
        const { envelopes: _, firstSeenMs: __, isOwn: ___, ...claim } = proof
        assert.equal(verifyEquivocation(proof), claim)
        proofs++
      }
    }
    return proofs
  } finally {
    for (const { index, transport } of peers) {
      await index.close()
      transport.close()
    }
  }
}

/** Sessions between all, until all have the same and nothing moves. */
async function settle (peers: readonly Peer[]): Promise<void> {
  const digests = (): string[] => peers.map(({ index }) => index.status(address).digest)
  for (let round = 0; new Set(digests()).size > 1; round++) {
    assert.ok(round < MAX_ROUNDS, `reconciliation comes to rest: ${digests().join(' ')}`)
    for (const { index } of peers) await index.sync(address)
  }
}

async function heldBy (peer: Peer | undefined): Promise<Uint8Array[]> {
  const held: Uint8Array[] = []
  for await (const envelope of peer?.index.envelopes(address) ?? []) held.push(envelope)
  return held
}

function verified (bytes: Uint8Array): VerifiedEnvelope {
  const envelope = verifyEnvelope(decodeEnvelope(bytes))
  if ('verdict' in envelope) throw new Error(envelope.reason)
  return envelope
}

async function entriesOf (index: CrdtIndex): Promise<string[]> {
  const entries: string[] = []
  for (let author = 0; author < 4; author++) {
    for await (const { root, key, value } of index.entries(signerOf(author).author)) {
      entries.push(`${signerOf(author).author} ${root} ${key} ${value.map(part => part instanceof Uint8Array ? Buffer.from(part).toString('hex') : String(part)).join(' ')}`)
    }
  }
  return entries.sort()
}

function threadsOf (index: CrdtIndex): unknown {
  return ITEMS.map(item => index.thread({ community: address, period: PERIOD, item }))
}

test.run()
