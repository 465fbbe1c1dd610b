// What sessions move together: that a session which was cut goes on where it was, how much is worked on at once, and that
// nobody keeps the others waiting.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ENVELOPES_BYTES, MAX_ANSWER_TURNS, MAX_ENVELOPE_BYTES, MAX_INTAKE_TURNS, MAX_OUTBOUND_SESSIONS } from '../../src/limits.ts'
import { createMemoryNetwork, type MemoryNetwork, type MemoryTransport } from '../../src/sync/memory-transport.ts'
import { createSynchroniser, type Synchroniser } from '../../src/sync/synchroniser.ts'
import { communityOf, createMemoryReplica, envelopeOf, format, genesisOf, topicOf, until, type MemoryReplica } from './memory-replica.ts'
import { createWireLog, type WireLog } from './wire-log.ts'

const test = suite('transfers')
const community = communityOf('c')

interface Peer { readonly transport: MemoryTransport, readonly replica: MemoryReplica, readonly sync: Synchroniser }
const open: Peer[] = []
const closeAll = async (): Promise<void> => {
  for (const { sync, transport } of open.splice(0)) {
    await sync.close()
    transport.close()
  }
}
test.after.each(closeAll)

function peerOf (network: MemoryNetwork, wire: WireLog, name: string, held: Record<string, readonly Uint8Array[]> = { c: [] }): Peer {
  const transport = wire.log(network.peer(name))
  const replica = createMemoryReplica()
  const sync = createSynchroniser({ transport, replica, clock: Date.now, topicOf, format, intervalMs: 3_600_000 })
  for (const [slug, envelopes] of Object.entries(held)) {
    replica.join(communityOf(slug), genesisOf(slug))
    replica.add(communityOf(slug), ...envelopes)
    sync.join(communityOf(slug))
  }
  const peer = { transport, replica, sync }
  open.push(peer)
  return peer
}
const bytesOf = (envelopes: readonly Uint8Array[]): number => envelopes.reduce((sum, { length }) => sum + length, 0)

test('a session that is cut after any frame goes on where it was: one batch is lost at most', async () => {
  const envelopes = Array.from({ length: 700 }, (_, n) => envelopeOf({ author: n % 5, kind: n % 2 === 0 ? 0 : 1, length: 6000 }))
  const total = bytesOf(envelopes)
  let isWhole = false
  let cuts = 0
  for (let cutAfter = 1; !isWhole; cutAfter++) {
    const [network, wire] = [createMemoryNetwork(), createWireLog()]
    const a = peerOf(network, wire, 'a')
    const b = peerOf(network, wire, 'b', { c: envelopes })
    let underWay = 0
    const ingest = a.replica.ingest.bind(a.replica)
    a.replica.ingest = async (...batch) => {
      underWay++
      try {
        return await ingest(...batch)
      } finally {
        underWay--
      }
    }
    let written = 0
    wire.onFrame = () => { if (written++ === cutAfter) a.transport.disconnect('b') }
    a.transport.connect('b')
    await until(() => a.sync.status(community).state === 'alone' || a.replica.count(community) === envelopes.length, 'cut, or over before')
    // What had come is taken in: in turns of the loop, of which a slow machine makes few in 20 ms.
    await new Promise(resolve => { setTimeout(resolve, 20) })
    for (let turn = 0; turn < 100; turn++) await new Promise(resolve => { setImmediate(resolve) })
    await until(() => underWay === 0, 'all is taken in')
    isWhole = a.replica.count(community) === envelopes.length && written <= cutAfter
    if (!isWhole) {
      cuts++
      const first = bytesOf(wire.envelopes('b', 'a'))
      const kept = a.replica.count(community) * 6000
      assert.ok(first - kept <= ENVELOPES_BYTES + 6000, `after ${cutAfter} frames ${first - kept} bytes are lost`)
      wire.onFrame = () => {}
      a.transport.connect('b')
      await until(() => a.sync.status(community).state === 'synced', 'met again')
      assert.equal(a.replica.digests(community), b.replica.digests(community))
      assert.is(bytesOf(wire.envelopes('b', 'a')), first + total - kept, `cut after ${cutAfter} frames`)
    }
    await closeAll()
  }
  assert.ok(cuts > 10, `${cuts} cuts`)
})

test('an answer fits its frame, whatever lengths an author chooses', async () => {
  for (const length of [MAX_ENVELOPE_BYTES, (ENVELOPES_BYTES / 3) - 1, ENVELOPES_BYTES / 3]) {
    const [network, wire] = [createMemoryNetwork(), createWireLog()]
    const envelopes = Array.from({ length: 9 }, () => {
      const envelope = envelopeOf({ length })
      for (let at = 60; at < length; at += 65_536) envelope.set(crypto.getRandomValues(new Uint8Array(Math.min(length - at, 65_536))), at) // nothing that deflates
      envelope[length - 9] = 0
      return envelope
    })
    const a = peerOf(network, wire, 'a')
    peerOf(network, wire, 'b', { c: envelopes })
    a.transport.connect('b')
    await until(() => a.sync.status(community).exchanges[0]?.lastMs != null, 'a session ended')
    assert.equal([a.sync.status(community).exchanges[0]?.error, a.replica.count(community)], [null, envelopes.length], `envelopes of ${length} bytes`)
    await closeAll()
  }
})

test('of many sessions only so many batches are worked on at once, on either side', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = peerOf(network, wire, 'm')
  const counts = { intake: 0, mostIntake: 0, answers: 0, mostAnswers: 0 }
  const ingest = a.replica.ingest.bind(a.replica)
  a.replica.ingest = async (...batch) => {
    counts.mostIntake = Math.max(counts.mostIntake, ++counts.intake)
    await new Promise(resolve => { setTimeout(resolve, 2) })
    counts.intake--
    return await ingest(...batch)
  }
  const read = a.replica.read.bind(a.replica)
  a.replica.read = async (...asked) => {
    counts.mostAnswers = Math.max(counts.mostAnswers, ++counts.answers)
    await new Promise(resolve => { setTimeout(resolve, 2) })
    counts.answers--
    return await read(...asked)
  }
  a.replica.add(community, ...Array.from({ length: 300 }, () => envelopeOf({ length: 500 })))
  const others = Array.from({ length: 12 }, (_, n) => peerOf(network, wire, `${n % 2 === 0 ? 'a' : 'z'}${n}`, { c: Array.from({ length: 300 }, () => envelopeOf({ length: 500 })) }))
  for (const { transport } of others) transport.connect('m')
  await until(() => others.every(({ replica }) => replica.count(community) >= 2 * 300) && a.replica.count(community) === 300 * 13, 'it has all, and all have what it had')
  assert.ok(counts.mostIntake > 1 && counts.mostIntake <= MAX_INTAKE_TURNS, `${counts.mostIntake} batches at once`)
  assert.ok(counts.mostAnswers > 1 && counts.mostAnswers <= MAX_ANSWER_TURNS, `${counts.mostAnswers} answers at once`)
})

test('a community whose peers take for ever does not keep a small one waiting', async () => {
  const [network, wire] = [createMemoryNetwork(), createWireLog()]
  const a = peerOf(network, wire, 'a', { big: [], small: [] })
  let stuck = 0
  for (let n = 0; n < 3 * MAX_OUTBOUND_SESSIONS; n++) {
    const { replica } = peerOf(network, wire, `big ${n}`, { big: Array.from({ length: 50 }, () => envelopeOf()) })
    replica.read = async () => {
      stuck++
      return await new Promise(() => {})
    }
    a.transport.connect(`big ${n}`)
  }
  await until(() => stuck >= MAX_OUTBOUND_SESSIONS - 1, 'sessions are stuck')
  peerOf(network, wire, 'small', { small: Array.from({ length: 50 }, () => envelopeOf()) })
  a.transport.connect('small')
  await until(() => a.replica.count(communityOf('small')) === 50, 'the small one is there', 5000)
})

test.run()
