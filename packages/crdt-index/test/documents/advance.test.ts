// A document that takes envelopes in as they come, warm or cold, against the same set applied by Yjs in canonical order.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { advance, createDocument, settle, stage, warm, type LoadEnvelopes } from '../../src/documents/document.ts'
import { materialize, type MaterializedDocument } from '../../src/documents/materialize.ts'
import { EnvelopeKind, type AuthorId, type CommunityAddress, type EntryChange, type EnvelopeHash, type VerifiedEnvelope } from '../../src/model.ts'
import { envelope, pick, seeded, type Published, type Random } from './devices.ts'
import { forge, history, shuffled } from './histories.ts'
import { item, itemKey, PERIOD, SECONDS, set, uint, update, type Id, type Write } from './updates.ts'

const test = suite('a document that goes on')
const RUNS = 300
const ID = { community: '00'.repeat(32) as CommunityAddress, period: PERIOD, author: '11'.repeat(32) as AuthorId, part: 0 }

const sorted = (entries: Iterable<readonly [string, unknown]>): Array<readonly [string, unknown]> => [...entries].sort(([a], [b]) => a < b ? -1 : 1)

function entriesIn ({ entries }: MaterializedDocument): Array<readonly [string, unknown]> {
  return sorted([...entries].flatMap(([root, keys]) => [...keys].map(([key, value]) => [`${root}/${key}`, value] as const)))
}

/** Some one by one, some together, in the order they were written or in any other. */
function deliveries (published: readonly Published[], random: Random): Published[][] {
  const order = random(2) === 0 ? published : shuffled(published, random)
  const groups: Published[][] = []
  for (const one of order) {
    const last = groups.at(-1)
    if (last !== undefined && random(4) === 0) last.push(one)
    else groups.push([one])
  }
  return groups
}

async function follow (published: readonly Published[], random: Random, run: number): Promise<number> {
  const document = createDocument(ID)
  const stored = new Map<EnvelopeHash, VerifiedEnvelope>()
  const load: LoadEnvelopes = async (_, hashes) => hashes.flatMap(hash => stored.get(hash) ?? [])
  const mirror = new Map<string, unknown>()
  const mirrored = ({ root, key, before, after }: EntryChange): void => {
    assert.equal(mirror.get(`${root}/${key}`), before, `run ${run}: before`)
    if (after === undefined) mirror.delete(`${root}/${key}`)
    else mirror.set(`${root}/${key}`, after)
  }
  let inPlace = 0
  for (const fresh of deliveries(published, random)) {
    const staged = stage(document, fresh)
    if (staged.added.length === 0) continue
    if (random(3) === 0) document.state = null
    if (random(2) === 0) await warm(document, staged, load)
    const before = document.state
    const advanced = await advance(document, staged, load)
    if (before !== null && advanced.state === before) inPlace++
    for (const { hash } of staged.added) stored.set(hash, fresh.find(envelope => envelope.hash === hash)!)
    settle(document, staged, advanced)
    advanced.changes.forEach(mirrored)
    const oracle = materialize([...document.held.keys()].map(hash => stored.get(hash)!), { period: PERIOD, needsDoc: true })
    assert.equal(entriesIn(advanced.state), entriesIn(oracle), `run ${run}: entries`)
    assert.equal(sorted(mirror), entriesIn(oracle), `run ${run}: changes`)
    assert.equal(new Map(advanced.state.stateVector), oracle.stateVector, `run ${run}: clocks`)
    assert.equal([...advanced.state.waiting].sort(), [...oracle.waiting].sort(), `run ${run}: waiting`)
    assert.equal(advanced.state.excess, oracle.excess, `run ${run}: excess`)
    assert.equal(advanced.state.usage, oracle.usage, `run ${run}: usage`)
  }
  return inPlace
}

test(`${RUNS} honest histories: entries, changes, clocks and what waits are Yjs'`, async () => {
  let inPlace = 0
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run)
    inPlace += await follow(history(random).published, random, run)
  }
  assert.ok(inPlace > RUNS, `${inPlace} in place`)
})

test(`${RUNS} histories of an author who equivocates: the same`, async () => {
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run + 10_000)
    await follow(history(random, (device, devices) => forge(random, device, devices)).published, random, run)
  }
})

/** Envelopes that no Yjs wrote: runs of deleted items, several items at once, origins and deletions anywhere, values of other roots. */
function forgeries (random: Random): Published[] {
  const clocks = new Map([[7, 0], [8, 0]])
  const ends: Id[] = []
  const made: Published[] = []
  let keys = 0
  for (let seq = 1; seq <= 24; seq++) {
    const device = random(5) === 0 ? 8 : 7
    const from = clocks.get(device) ?? 0
    const structs: Write[] = []
    const fresh: Id[] = []
    let clock = from
    for (let count = random(4); count > 0; count--) {
      const at = random(3) === 0 || ends.length + fresh.length === 0 ? null : pick([...ends, ...fresh], random)
      const run = random(4) === 0 ? 1 + random(3) : 0
      const place = at === null ? { key: itemKey(random(8) === 0 ? random(9) : keys++), root: pick(['votes', 'deletions'], random) } : { origin: at }
      structs.push(run > 0 ? item(1, uint(run), place) : set(pick([[1, SECONDS], [-1, SECONDS - random(9)], [SECONDS]], random), place))
      clock += Math.max(1, run)
      // Mostly what is overwritten is over, as it is for an honest device.
      for (const list of [ends, fresh]) if (at !== null && list.includes(at) && random(9) > 0) list.splice(list.indexOf(at), 1)
      fresh.push([device, random(12) === 0 ? clock - 1 - random(Math.max(1, run)) : clock - 1])
    }
    const target = random(2) === 0 ? device : 7
    const reach = target === device ? clock : clocks.get(target) ?? 0
    const start = random(Math.max(1, reach))
    const deletions = random(2) === 0 && reach > 0 ? [{ client: target, ranges: [[start, 1 + random(reach - start)] as const] }] : []
    const one = envelope({ device, seq, kind: EnvelopeKind.delta, seen: new Map() }, update(structs.length === 0 ? [] : [{ client: device, clock: from, structs }], deletions))
    if (one === null) continue
    made.push(one)
    clocks.set(device, clock)
    ends.push(...fresh)
  }
  return made
}

test(`${RUNS} histories made by hand: the same`, async () => {
  let inPlace = 0
  let taken = 0
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run + 20_000)
    const made = forgeries(random)
    taken += made.length
    inPlace += await follow(made, random, run)
  }
  assert.ok(taken > RUNS * 5, `${taken} taken by the guard`)
  assert.ok(inPlace > RUNS, `${inPlace} in place`)
})

test.run()
