import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_FOREGROUND_RUN } from '../../src/limits.ts'
import { createTurns, type Turn, type Turns } from '../../src/sync/turns.ts'
import { communityOf } from './memory-replica.ts'

const test = suite('turns')
const turnOf = (community: string, peer: string, isForeground = false): Turn => ({ community: communityOf(community), peer, isForeground: () => isForeground })
const settle = async (): Promise<void> => { for (let n = 0; n < 10; n++) await Promise.resolve() }

/** Holds every turn until it is told to go on; `done` names them in their order. */
function held (turns: Turns): { readonly order: string[], open: () => number, wait: (name: string, turn: Turn, signal?: AbortSignal) => Promise<void>, end: () => Promise<void> } {
  const order: string[] = []
  const ends: Array<() => void> = []
  return {
    order,
    open: () => ends.length,
    wait: async (name, turn, signal) => {
      await turns.take(turn, signal, async () => {
        order.push(name)
        await new Promise<void>(resolve => { ends.push(resolve) })
      })
    },
    async end () {
      ends.shift()?.()
      await settle()
    }
  }
}

test('no more are open than there may be', async () => {
  const { open, wait, end, order } = held(createTurns(2))
  const waits = [1, 2, 3, 4, 5].map(async n => { await wait(String(n), turnOf('c', String(n))) })
  await settle()
  for (let left = 5; left > 0; left--) {
    assert.is(open(), Math.min(2, left))
    await end()
  }
  await Promise.all(waits)
  assert.equal(order, ['1', '2', '3', '4', '5'])
})

test('communities take turns, and peers within them, however many sessions each has', async () => {
  const { wait, end, order } = held(createTurns(1))
  const waits = [wait('first', turnOf('x', 'x'))]
  for (const peer of ['a', 'b', 'c']) for (let n = 0; n < 3; n++) waits.push(wait(`big ${peer}`, turnOf('big', peer)))
  for (let n = 0; n < 3; n++) waits.push(wait('small', turnOf('small', 'a')))
  await settle()
  for (let n = 0; n < waits.length; n++) await end()
  await Promise.all(waits)
  assert.equal(order, ['first', 'big a', 'small', 'big b', 'small', 'big c', 'small', 'big a', 'big b', 'big c', 'big a', 'big b', 'big c'])
})

test('ever new peers keep nobody waiting who had turns before', async () => {
  const { wait, end, order } = held(createTurns(1))
  const waits = [wait('old', turnOf('c', 'old')), wait('old', turnOf('c', 'old'))]
  for (let n = 0; n < 5; n++) waits.push(wait('new', turnOf('c', `new ${n}`)))
  for (let n = 5; n < 20; n++) {
    await settle()
    await end()
    waits.push(wait('new', turnOf('c', `new ${n}`)))
  }
  await settle()
  for (let n = 0; n < waits.length; n++) await end()
  await Promise.all(waits)
  assert.ok(order.lastIndexOf('old') <= 6, order.join(' '))
})

test('what somebody waits for goes first, but not for ever', async () => {
  const { wait, end, order } = held(createTurns(1))
  const waits = [wait('b', turnOf('c', 'p'))]
  for (let n = 0; n < 3; n++) waits.push(wait('b', turnOf('c', 'p')))
  for (let n = 0; n < 2 * MAX_FOREGROUND_RUN; n++) waits.push(wait('f', turnOf('c', 'p', true)))
  await settle()
  for (let n = 0; n < waits.length; n++) await end()
  await Promise.all(waits)
  assert.is(order.join(''), `b${'f'.repeat(MAX_FOREGROUND_RUN)}b${'f'.repeat(MAX_FOREGROUND_RUN)}bb`)
})

test('who gives up waiting loses its turn, and nobody else does; work that fails gives its turn back', async () => {
  const turns = createTurns(1)
  const { wait, end, order } = held(turns)
  const controller = new AbortController()
  const first = wait('1', turnOf('c', '1'))
  const second = wait('2', turnOf('c', '2'), controller.signal)
  const third = wait('3', turnOf('c', '3'))
  await settle()
  controller.abort(new Error('enough'))
  try {
    await second
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'enough')
  }
  await end()
  await end()
  await Promise.all([first, third])
  assert.equal(order, ['1', '3'])
  try {
    await turns.take(turnOf('c', '4'), undefined, async () => { throw new Error('failed') })
    assert.unreachable()
  } catch (error) {
    assert.is((error as Error).message, 'failed')
  }
  assert.is(await turns.take(turnOf('c', '5'), undefined, async () => 5), 5)
})

test('of any crowd everybody has a turn, and between two turns of one community each other that waits has one', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 1, maxLength: 40 }), async crowd => {
    const { wait, end, order } = held(createTurns(1))
    const waits = crowd.map(async ([community, peer]) => { await wait(String(community), turnOf(String(community), String(peer))) })
    await settle()
    for (let n = 0; n < crowd.length; n++) await end()
    await Promise.all(waits)
    assert.is(order.length, crowd.length)
    for (let at = 2; at < order.length; at++) { // the first came before the others waited
      const waiting = new Set(order.slice(at))
      const since = order.slice(0, at).lastIndexOf(order[at] ?? '')
      if (since < 1) continue
      for (const other of waiting) assert.ok(order.slice(since, at + 1).includes(other), `${other} waits: ${order.join(' ')}`)
    }
  }), { numRuns: 200 })
})

test.run()
