// The laws of a document, on real Yjs: devices of one author write, partly offline from each other; peers receive
// random subsets in random order, reduce early, then exchange what they hold.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import * as Y from 'yjs'
import { entriesOf, materialize } from '../../src/documents/materialize.ts'
import { compareCanonically, isNext, reduce, type ReduceBounds } from '../../src/documents/reduce.ts'
import { EnvelopeKind } from '../../src/model.ts'
import { pick, seeded, type Published, type Random } from './devices.ts'
import { forge, history, shuffled } from './histories.ts'
import { PERIOD } from './updates.ts'

const test = suite('laws of a document')
const RUNS = 2000
/** Small, so that random histories reach them. */
const TIGHT: ReduceBounds = { devices: 3, deltasPerDevice: 6, snapshotsPerDevice: 2, bytes: 500 }

const hashesOf = (envelopes: readonly Published[]): string => envelopes.map(({ hash }) => hash).join()

function stateOf (envelopes: readonly Published[]): unknown {
  const { entries, waiting, excess } = materialize(envelopes, { period: PERIOD })
  return { entries: [...entries].map(([root, keys]) => [root, [...keys].sort(([a], [b]) => a < b ? -1 : 1)]), waiting, excess }
}

/** Three peers with random subsets that cover the whole, delivered one by one, then exchanged until nothing moves. */
function exchange (published: readonly Published[], random: Random, bounds?: ReduceBounds): Published[][] {
  const peers = Array.from({ length: 3 }, () => ({ held: [] as Published[] }))
  for (const one of shuffled(published, random)) {
    for (const to of new Set([pick(peers, random), pick(peers, random)])) to.held = reduce([...to.held, one], bounds)
  }
  for (let round = 0; ; round++) {
    const before = peers.map(({ held }) => hashesOf(held)).join('|')
    for (const a of shuffled(peers, random)) {
      for (const b of shuffled(peers, random)) {
        const union = [...a.held, ...b.held]
        a.held = reduce(union, bounds)
        b.held = reduce(shuffled(union, random), bounds)
        assert.is(hashesOf(a.held), hashesOf(b.held), 'two peers that exchanged hold the same')
      }
    }
    if (peers.map(({ held }) => hashesOf(held)).join('|') === before) return peers.map(({ held }) => held)
    assert.ok(round < 20, 'exchange comes to rest')
  }
}

test(`${RUNS / 4} histories: what comes next is appended as reduce would, and nothing leaves for it`, () => {
  let appended = 0
  for (let run = 0; run < RUNS / 4; run++) {
    const random = seeded(run)
    const { published } = history(random)
    const bounds = run % 2 === 0 ? TIGHT : undefined
    let held: Published[] = []
    for (const one of random(3) === 0 ? published : shuffled(published, random)) {
      const reduced = reduce([...held, one], bounds)
      if (!held.includes(one) && isNext(held, one, bounds)) {
        appended++
        assert.is(hashesOf(reduced), hashesOf([...held, one]), `run ${run}`)
      } else if (run % 2 === 1) { // within its bounds it misses nothing
        assert.ok(one.header.kind === EnvelopeKind.snapshot || hashesOf(reduced) !== hashesOf([...held, one]), `run ${run}: not seen to come next`)
      }
      held = reduced
    }
  }
  assert.ok(appended > RUNS / 4, `${appended} appended`)
})

test(`honest devices: ${RUNS} histories, nothing lost, nothing waiting, equal on all peers`, () => {
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run)
    const { published } = history(random)
    const oracle = new Y.Doc()
    oracle.clientID = 0
    for (const { update } of published) Y.applyUpdate(oracle, update)
    const wanted = { entries: [...entriesOf(oracle, PERIOD)].map(([root, keys]) => [root, [...keys].sort(([a], [b]) => a < b ? -1 : 1)]), waiting: [], excess: [] }
    const peers = exchange(published, random)
    assert.equal(stateOf(pick(peers, random)), wanted, `run ${run}: a peer`)
    assert.is(new Set(peers.map(hashesOf)).size, 1, `run ${run}: sets`)
    assert.equal(stateOf(reduce(published)), wanted, `run ${run}: all at once`)
  }
})

for (const [name, bounds, runs] of [['the real bounds', undefined, RUNS], ['tight bounds', TIGHT, RUNS / 2]] as const) {
  test(`an author who equivocates, ${name}: ${runs} histories, equal on all peers`, () => {
    let forged = 0
    for (let run = 0; run < runs; run++) {
      const random = seeded(run + 10_000)
      const { published } = history(random, (device, devices) => {
        const made = forge(random, device, devices)
        forged += made.length
        return made
      })
      const peers = exchange(published, random, bounds)
      assert.is(new Set(peers.map(hashesOf)).size, 1, `run ${run}: sets`)
      const states = peers.map(peer => JSON.stringify(stateOf(reduce(shuffled(peer, random), bounds))))
      assert.is(new Set(states).size, 1, `run ${run}: states`)
      const peer = pick(peers, random)
      assert.is(hashesOf(reduce(peer, bounds)), hashesOf(peer), `run ${run}: idempotent`)
      assert.equal(peer, [...peer].sort(compareCanonically), `run ${run}: canonical order`)
    }
    assert.ok(forged > runs, `${forged} forged`)
  })
}

test.run()
