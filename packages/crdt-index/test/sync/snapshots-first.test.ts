// Snapshots travel before what they cover, and what they cover does not travel after them.
import { MemoryLevel } from 'memory-level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { createCrdtIndex } from '../../src/create-crdt-index.ts'
import type { CrdtIndex } from '../../src/crdt-index.ts'
import { decodeEnvelope, encodeEnvelope } from '../../src/envelope/envelope.ts'
import { createGenesis } from '../../src/envelope/genesis.ts'
import { createSigner, type Signer } from '../../src/identity/keys.ts'
import { bytesToHex } from '../../src/identity/encoding.ts'
import { EnvelopeKind, type SnapshotCover } from '../../src/model.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { itemKey, PERIOD, SECONDS, TIME_MS } from '../documents/updates.ts'
import { createWireLog, type WireLog } from './wire-log.ts'

const test = suite('snapshots first')
const AUTHORS = 30
const DELTAS = 40
const { address, bytes: genesis } = createGenesis({ founder: null, slug: 'seeds', difficulty: 0, nonce: new Uint8Array(16) })

interface Works { readonly deltas: Uint8Array[], readonly snapshots: Uint8Array[], readonly later: Uint8Array[] }

/** Of each author 40 deltas of a vote each, the snapshot that covers them, and one delta after it. */
function worksOf (signers: readonly Signer[]): Works {
  const works: Works = { deltas: [], snapshots: [], later: [] }
  for (const [n, signer] of signers.entries()) {
    const device = n + 1
    const doc = new Y.Doc()
    doc.clientID = device
    let update: Uint8Array = new Uint8Array()
    doc.on('update', (each: Uint8Array) => { update = each })
    let seq = 0
    const sign = (kind: EnvelopeKind, update: Uint8Array): Uint8Array => {
      seq++
      return encodeEnvelope({ community: address, period: PERIOD, part: 0, device, seq, timeMs: TIME_MS, kind, seen: kind === EnvelopeKind.snapshot ? new Map([[device, seq]]) : new Map(), stamp: new Uint8Array() }, update, signer).bytes
    }
    const vote = (key: number): Uint8Array => {
      doc.getMap('votes').set(itemKey(key), [1, SECONDS])
      return sign(EnvelopeKind.delta, update)
    }
    for (let key = 0; key < DELTAS; key++) works.deltas.push(vote(key))
    works.snapshots.push(sign(EnvelopeKind.snapshot, Y.encodeStateAsUpdate(doc)))
    works.later.push(vote(DELTAS))
  }
  return works
}

const { deltas, snapshots, later } = worksOf(Array.from({ length: AUTHORS }, (_, n) => createSigner(new Uint8Array(32).fill(n + 1))))
const names = new Map([...deltas, ...snapshots, ...later].map(bytes => [Buffer.from(bytes).toString('hex'), decodeEnvelope(bytes).header.kind]))
const kinds = (envelopes: readonly Uint8Array[]): { deltas: number, snapshots: number } => {
  const all = envelopes.map(envelope => names.get(Buffer.from(envelope).toString('hex')))
  return { deltas: all.filter(kind => kind === EnvelopeKind.delta).length, snapshots: all.filter(kind => kind === EnvelopeKind.snapshot).length }
}

interface Peer { readonly index: CrdtIndex, readonly transport: MemoryTransport }
const open: Peer[] = []
test.after.each(async () => {
  for (const { index, transport } of open.splice(0)) {
    await index.close()
    transport.close()
  }
})
async function peerOf (network: MemoryNetwork, wire: WireLog, name: string, held: readonly Uint8Array[] = []): Promise<Peer> {
  const transport = wire.log(network.peer(name))
  const index = await createCrdtIndex({ db: new MemoryLevel(), transport, clock: () => TIME_MS + 1000, syncIntervalMs: 1e9 })
  await index.join(address, genesis)
  for (const verdict of await index.ingest(address, held)) assert.is(verdict.verdict, 'accept')
  const peer = { index, transport }
  open.push(peer)
  return peer
}
const digest = ({ index }: Peer): string => index.status(address).digest

async function met (...peers: Peer[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    for (const { index } of peers) await index.sync(address)
    if (new Set(peers.map(digest)).size === 1) return
  }
  assert.unreachable('they do not agree')
}
const all = [...snapshots, ...later]

test('two peers, one with the deltas and one with the snapshots: only snapshots travel', async () => {
  for (const first of ['a', 'b']) {
    const [network, wire] = [createMemoryNetwork(), createWireLog()]
    const a = await peerOf(network, wire, 'a', deltas)
    const b = await peerOf(network, wire, 'b', all)
    if (first === 'a') a.transport.connect('b')
    else b.transport.connect('a')
    await met(a, b)
    assert.equal(kinds(wire.envelopes('b', 'a')), { deltas: AUTHORS, snapshots: AUTHORS }, 'the deltas after the snapshots alone')
    assert.equal(wire.envelopes('a', 'b'), [])
    const asked = wire.frames.flatMap(({ from, frame }) => from === 'b' && frame.type === 'want' ? frame.hashes : [])
    assert.is(asked.length, 0, 'nor does it ask for what its snapshots most likely cover')
    for (const { index } of [a, b]) {
      const { missing, exchanges } = index.status(address).sync
      assert.is(missing, 0)
      assert.equal(exchanges.map(({ state }) => state), ['equal'])
    }
    await Promise.all(open.splice(0).map(async ({ index }) => { await index.close() }))
  }
})

test('in one frame with others snapshots come first', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = await peerOf(network, wire, 'a', all)
  const n = await peerOf(network, wire, 'n')
  n.transport.connect('a')
  await met(a, n)
  const order = wire.envelopes('a', 'n').map(envelope => names.get(Buffer.from(envelope).toString('hex')))
  assert.equal(order, [...snapshots.map(() => EnvelopeKind.snapshot), ...later.map(() => EnvelopeKind.delta)])
})

test('a newcomer that met who has the snapshots takes no delta that they cover from another one', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = await peerOf(network, wire, 'a', deltas)
  const b = await peerOf(network, wire, 'b', all)
  const n = await peerOf(network, wire, 'n')
  n.transport.connect('b')
  await met(n, b)
  n.transport.disconnect('b')
  n.transport.connect('a')
  await met(n, a)
  assert.equal(wire.envelopes('a'), [])
  assert.equal(kinds(wire.envelopes('n', 'a')), { deltas: AUTHORS, snapshots: AUTHORS })
})

test('a newcomer that met who has the deltas first gets each once, and the snapshots later', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = await peerOf(network, wire, 'a', deltas)
  const b = await peerOf(network, wire, 'b', all)
  const n = await peerOf(network, wire, 'n')
  n.transport.connect('a')
  await met(n, a)
  assert.equal(kinds(wire.envelopes('a', 'n')), { deltas: AUTHORS * DELTAS, snapshots: 0 })
  n.transport.connect('b')
  await met(n, b)
  await met(n, a)
  assert.equal(kinds(wire.envelopes()), { deltas: AUTHORS * (DELTAS + 2), snapshots: AUTHORS * 2 })
  assert.is(digest(a), digest(b))
})

test('snapshots that come from a third peer in the midst of a session: what they cover is not given any more', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = await peerOf(network, wire, 'a', deltas)
  const n = await peerOf(network, wire, 'n')
  let isKnown = false
  wire.onFrame = async ({ from, frame }) => { // the deltas are named by now, and not asked for yet
    if (from !== 'a' || frame.type !== 'reconcile' || isKnown) return
    isKnown = true
    await n.index.ingest(address, snapshots)
  }
  n.transport.connect('a')
  await met(n, a)
  assert.ok(isKnown)
  const told = wire.frames.flatMap(({ from, frame }) => from === 'a' && frame.type === 'envelopes' ? frame.envelopes.filter(envelope => envelope === 'covered') : [])
  assert.is(told.length, AUTHORS * DELTAS)
  assert.equal(wire.envelopes('a'), [])
  assert.equal(kinds(wire.envelopes('n', 'a')), { deltas: 0, snapshots: AUTHORS })
  const { missing, exchanges } = n.index.status(address).sync
  assert.equal([missing, exchanges[0]?.state], [0, 'equal'])
})

test('a newcomer that meets both at once is given no delta that a snapshot covers which is here by then', async () => {
  const [network, wire] = [createMemoryNetwork({ delayMs: (from, to) => from === 'a' || to === 'a' ? 20 : 0 }), createWireLog()]
  const a = await peerOf(network, wire, 'a', deltas)
  const b = await peerOf(network, wire, 'b', all)
  const n = await peerOf(network, wire, 'n')
  n.transport.connect('a')
  n.transport.connect('b')
  await met(n, a, b)
  const toNewcomer = kinds([...wire.envelopes('a', 'n'), ...wire.envelopes('b', 'n')])
  assert.is(toNewcomer.snapshots, AUTHORS)
  assert.ok(toNewcomer.deltas <= AUTHORS * (DELTAS + 1))
  let covers: readonly SnapshotCover[] = []
  for (const { from, to, frame } of wire.frames) {
    if (from === 'n' && to === 'a' && frame.type === 'want') covers = frame.covers
    if (from !== 'a' || to !== 'n' || frame.type !== 'envelopes') continue
    const covered = new Set(covers.map(({ author }) => bytesToHex(author)))
    for (const envelope of frame.envelopes) if (envelope instanceof Uint8Array) assert.not.ok(covered.has(decodeEnvelope(envelope).header.author.slice(0, 14)), 'what is covered by then is not given')
  }
})

test.run()
