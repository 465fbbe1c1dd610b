import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RETRIES, RETRY_FIRST_MS, SECOND_INITIATOR_DELAY_MS } from '../../src/limits.ts'
import { createAgenda, type Agenda } from '../../src/sync/agenda.ts'
import type { SessionResult } from '../../src/sync/session.ts'
import { communityOf } from './memory-replica.ts'

const test = suite('agenda')
const community = communityOf('c')
const NONE = { received: 0, sent: 0, rejected: 0, ignored: 0, early: 0, missing: 0, covered: 0 }
const AGREED: SessionResult = { ...NONE, status: 'done', shards: [] }
const DIFFERS: SessionResult = { ...NONE, status: 'done', shards: [{ period: 202601, equal: false, missing: 0 }] }
const KEEPS_LESS: SessionResult = { ...NONE, status: 'done', shards: [{ period: 202601, equal: false, missing: 0, partial: true }] }
const EARLY: SessionResult = { ...DIFFERS, ignored: 1, early: 1 }
const FAILED: SessionResult = { ...NONE, status: 'failed', shards: [], error: 'the stream was reset' }
const BUSY: SessionResult = { ...NONE, status: 'busy', shards: [] }
const UNKNOWN: SessionResult = { ...NONE, status: 'unknown', shards: [] }

interface Fixture {
  readonly agenda: Agenda
  /** When sessions were begun, in milliseconds from the start. */
  readonly begun: number[]
  readonly timers: ReadonlySet<object>
  readonly nowMs: () => number
  /** Ends the session that this side began. */
  readonly end: (result: SessionResult) => Promise<void>
  readonly pass: (ms: number) => Promise<void>
  isPresent: boolean
  againMs: number | null
  /** How far the clock on the wall was moved. */
  offsetMs: number
  /** No turn to begin. */
  isFull: boolean
}

/** One peer in virtual time; delays as they are without chance. */
function fixture (random: () => number = () => 0.5): Fixture {
  const timers = new Set<{ readonly atMs: number, readonly call: () => void }>()
  const begun: number[] = []
  let nowMs = 0
  let finish: ((result: SessionResult) => void) | null = null
  let turn: (() => void) | null = null
  const agenda = createAgenda({
    scheduler: {
      after (delayMs, call) {
        assert.ok(delayMs >= 0)
        const timer = { atMs: nowMs + delayMs, call }
        timers.add(timer)
        return () => { timers.delete(timer) }
      }
    },
    clock: () => nowMs + self.offsetMs,
    random,
    isPresent: () => self.isPresent,
    againMs: () => self.againMs !== null && self.againMs > nowMs ? self.againMs : null,
    async start (community, peer, isWanted) {
      if (self.isFull) await new Promise<void>(resolve => { turn = resolve })
      if (finish !== null || !isWanted()) return
      begun.push(nowMs)
      const ended = agenda.begin(community, peer, 'outbound')
      await new Promise<void>(resolve => {
        finish = result => {
          finish = null
          ended(result)
          resolve()
        }
      })
    }
  })
  const self: Fixture = {
    agenda, begun, timers, isPresent: true, againMs: null, offsetMs: 0, isFull: false,
    nowMs: () => nowMs,
    async end (result) {
      assert.ok(finish !== null, 'a session is under way')
      finish?.(result)
      await settled()
    },
    async pass (ms) {
      const untilMs = nowMs + ms
      for (;;) {
        if (!self.isFull) turn?.()
        await settled()
        const [next] = [...timers].sort((a, b) => a.atMs - b.atMs)
        if (next === undefined || next.atMs > untilMs) break
        timers.delete(next)
        nowMs = next.atMs
        next.call()
      }
      nowMs = untilMs
    }
  }
  return self
}
const settled = async (): Promise<void> => { await new Promise(resolve => { setImmediate(resolve) }) }

test('wishes gather, and the earliest counts', async () => {
  const { agenda, begun, pass, end, timers } = fixture()
  for (const delayMs of [3000, 700, 2000]) agenda.want(community, 'a', delayMs)
  assert.is(timers.size, 1)
  await pass(60_000)
  assert.equal(begun, [700])
  await end(AGREED)
  await pass(60_000)
  assert.equal(begun, [700], 'one session met them all')
})

test('a session that the peer begins meets the wishes that came before it, not those that come while it is under way', async () => {
  const { agenda, begun, pass, end } = fixture()
  agenda.want(community, 'a', 2000)
  await pass(1000)
  const ended = agenda.begin(community, 'a', 'inbound')
  await pass(60_000)
  ended(AGREED)
  await pass(60_000)
  assert.equal(begun, [])
  const again = agenda.begin(community, 'a', 'inbound')
  agenda.want(community, 'a', 0)
  await pass(60_000)
  assert.equal(begun, [], 'not beside it')
  again(AGREED)
  await pass(60_000)
  assert.equal(begun, [181_000 + RETRY_FIRST_MS])
  agenda.want(community, 'a', 0)
  await end(AGREED)
  await pass(60_000)
  assert.is(begun.length, 2)
})

test('a session without agreement is repeated after growing pauses, a few times', async () => {
  for (const result of [DIFFERS, FAILED, BUSY, UNKNOWN]) {
    const { agenda, begun, pass, end } = fixture()
    agenda.want(community, 'a', 0)
    await pass(0)
    for (let n = 0; n < RETRIES; n++) {
      await end(result)
      await pass(RETRY_FIRST_MS * 2 ** n)
      assert.is(begun.length, n + 2)
      await pass(10)
    }
    await end(result)
    await pass(3_600_000)
    assert.is(begun.length, 1 + RETRIES)
    agenda.want(community, 'a', 0)
    await pass(0)
    await end(AGREED)
    agenda.want(community, 'a', 0)
    await pass(RETRY_FIRST_MS)
    await end(result)
    await pass(RETRY_FIRST_MS)
    assert.is(begun.length, 4 + RETRIES, 'agreement makes it a good peer again')
  }
})

test('a repeat is of no use where the peer keeps less, or sends what is not due yet', async () => {
  for (const result of [EARLY, KEEPS_LESS]) {
    const { agenda, begun, pass, end } = fixture()
    agenda.want(community, 'a', 0)
    await pass(0)
    await end(result)
    await pass(3_600_000)
    assert.is(begun.length, 1)
  }
})

test('a peer with which sessions fail is not asked sooner because more is wanted; one that only differs is', async () => {
  for (const [result, expectedMs] of [[FAILED, 4000], [DIFFERS, 10]] as const) {
    const { agenda, begun, pass, end, nowMs } = fixture()
    agenda.want(community, 'a', 0)
    await pass(0)
    for (let n = 0; n < 2; n++) {
      await end(result)
      await pass(RETRY_FIRST_MS * 2 ** n)
    }
    await end(result)
    const endedMs = nowMs()
    for (let n = 0; n < 10; n++) agenda.want(community, 'a', 10)
    await pass(60_000)
    assert.is(begun.at(-1), endedMs + expectedMs)
  }
})

test('a clock that is put back or forward does not prolong a pause', async () => {
  for (const offsetMs of [-3_600_000, 3_600_000]) {
    const peer = fixture()
    peer.agenda.want(community, 'a', 0)
    await peer.pass(0)
    await peer.end(FAILED)
    peer.offsetMs = offsetMs
    peer.agenda.want(community, 'a', 0)
    await peer.pass(RETRY_FIRST_MS)
    assert.is(peer.begun.length, 2)
    await peer.end(FAILED)
    peer.offsetMs = 0
    peer.agenda.want(community, 'a', 0)
    await peer.pass(RETRY_FIRST_MS * 2)
    assert.is(peer.begun.length, 3)
  }
})

test('who answered lets the other side repeat first', async () => {
  const { agenda, begun, pass } = fixture()
  agenda.begin(community, 'a', 'inbound')(DIFFERS)
  await pass(RETRY_FIRST_MS + SECOND_INITIATOR_DELAY_MS - 1)
  assert.equal(begun, [])
  await pass(1)
  assert.is(begun.length, 1)
})

test('of two sessions at once the one that agrees counts, in whatever order they end', async () => {
  for (const order of ['busy first', 'busy last']) {
    const { agenda, begun, pass, end } = fixture()
    agenda.want(community, 'a', 0)
    await pass(0)
    const ended = agenda.begin(community, 'a', 'inbound')
    if (order === 'busy first') await end(BUSY)
    ended(AGREED)
    if (order === 'busy last') await end(BUSY)
    await pass(3_600_000)
    assert.is(begun.length, 1, order)
  }
})

test('a peer that is left alone is asked when that is over', async () => {
  const peer = fixture()
  peer.againMs = 10_000
  peer.agenda.want(community, 'a', 0)
  await peer.pass(10_000)
  assert.equal(peer.begun, [])
  await peer.pass(RETRY_FIRST_MS)
  assert.is(peer.begun.length, 1)
})

test('a peer that is blamed while it waits for its turn is not forgotten', async () => {
  const peer = fixture()
  peer.isFull = true
  peer.agenda.want(community, 'a', 0)
  await peer.pass(1000)
  peer.againMs = 20_000
  peer.isFull = false
  await peer.pass(19_000)
  assert.equal(peer.begun, [])
  await peer.pass(2000)
  assert.is(peer.begun.length, 1)
})

test('a peer that went is not asked, and leaves nothing behind', async () => {
  const peer = fixture()
  peer.agenda.want(community, 'a', 1000)
  peer.agenda.forgetPeer(community, 'a')
  assert.is(peer.timers.size, 0)
  peer.agenda.want(community, 'a', 1000)
  peer.agenda.forget(community)
  assert.is(peer.timers.size, 0)
  const ended = peer.agenda.begin(community, 'a', 'inbound')
  peer.agenda.forget(community)
  ended(FAILED)
  assert.is(peer.timers.size, 0)
  peer.isPresent = false
  peer.agenda.want(community, 'a', 0)
  await peer.pass(3_600_000)
  assert.equal(peer.begun, [])
  assert.is(peer.timers.size, 0)
})

test('whatever happens, a wish is followed by a session, one at a time, and a peer that never agrees is not hammered', async () => {
  type Step = { readonly kind: 'want', readonly delayMs: number } | { readonly kind: 'pass', readonly ms: number } | { readonly kind: 'end', readonly result: SessionResult } | { readonly kind: 'inbound' | 'turns' | 'blame' }
  const results = fc.constantFrom(AGREED, DIFFERS, FAILED, BUSY, EARLY, UNKNOWN)
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('want' as const), delayMs: fc.nat(5000) }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(8000) }),
    fc.record({ kind: fc.constant('end' as const), result: results }),
    fc.record({ kind: fc.constantFrom('inbound' as const, 'turns' as const, 'blame' as const) })
  )
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), async (steps, chance) => {
    const peer = fixture(() => chance.next().value as number)
    let inbound: ((result: SessionResult) => void) | null = null
    let wishes = 0
    let isOpen = false // a wish that no session began after
    let begun = 0
    const see = (): void => {
      if (peer.begun.length > begun) isOpen = false
      begun = peer.begun.length
    }
    for (const step of steps) {
      switch (step.kind) {
        case 'want':
          peer.agenda.want(community, 'a', step.delayMs)
          wishes++
          isOpen = true
          break
        case 'pass': await peer.pass(step.ms); break
        case 'end':
          if (inbound !== null) {
            inbound(step.result)
            inbound = null
          } else await peer.end(step.result).catch(() => {}) // nothing is under way
          break
        case 'inbound':
          if (inbound !== null) break
          inbound = peer.agenda.begin(community, 'a', 'inbound')
          isOpen = false
          break
        case 'turns': peer.isFull = !peer.isFull; break
        case 'blame': peer.againMs = peer.nowMs() + 10_000
      }
      see()
    }
    assert.ok(peer.timers.size <= 1)
    peer.isFull = false
    inbound?.(AGREED)
    await peer.end(AGREED).catch(() => {})
    await peer.pass(60_000)
    see()
    assert.not.ok(isOpen, 'the wish was met')
    await peer.end(AGREED).catch(() => {})
    await peer.pass(3_600_000)
    assert.is(peer.timers.size, 0, 'and then there is rest')
    assert.ok(peer.begun.length <= (wishes + steps.filter(({ kind }) => kind === 'inbound').length + 1) * (1 + RETRIES))
  }), { numRuns: Number(process.env['SEEDBED_TEST_RUNS'] ?? 300) })
})

test.run()
