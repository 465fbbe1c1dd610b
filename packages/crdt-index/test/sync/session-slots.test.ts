import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_LONG_PER_COMMUNITY, MAX_LONG_SESSIONS, MAX_OUTBOUND_PER_COMMUNITY, MAX_OUTBOUND_SESSIONS, SLOT_TURN_MS } from '../../src/limits.ts'
import type { Standing } from '../../src/sync/peer-book.ts'
import { SessionSlots } from '../../src/sync/session-slots.ts'
import { communityOf } from './memory-replica.ts'

const test = suite('session slots')

function fixture (): { readonly begun: string[], readonly timers: Set<() => void>, take (name: string, standing: Standing, community?: string): { release: () => void }, turn (): void } {
  const begun: string[] = []
  const timers = new Set<() => void>()
  const slots = new SessionSlots({
    after (delayMs, call) {
      assert.is(delayMs, SLOT_TURN_MS)
      timers.add(call)
      return () => { timers.delete(call) }
    }
  })
  return {
    begun,
    timers,
    take (name, standing, community = name) {
      const session = { release: (): void => { throw new Error(`${name} has no slot`) } }
      void slots.take(communityOf(community), () => standing).then(release => {
        begun.push(name)
        session.release = release
      })
      return session
    },
    turn () {
      for (const call of [...timers]) {
        timers.delete(call)
        call()
      }
    }
  }
}
const settled = async (): Promise<void> => { await new Promise(resolve => { setImmediate(resolve) }) }

test('the good come first and the suspect last, one at a time', async () => {
  const { begun, take } = fixture()
  const first = Array.from({ length: MAX_OUTBOUND_SESSIONS }, (_, n) => take(`first ${n}`, 'unknown'))
  take('suspect 1', 'suspect')
  take('suspect 2', 'suspect')
  take('unknown', 'unknown')
  take('good', 'good')
  await settled()
  begun.length = 0
  for (const [n, name] of ['good', 'unknown', 'suspect 1'].entries()) {
    first[n]?.release()
    await settled()
    assert.is(begun.at(-1), name)
  }
  first[3]?.release()
  await settled()
  assert.is(begun.length, 3, 'the second suspect waits though a slot is free')
  take('late', 'unknown')
  await settled()
  assert.is(begun.at(-1), 'late')
})

test('a suspect follows the one before', async () => {
  const { begun, take } = fixture()
  const one = take('one', 'suspect')
  take('two', 'suspect')
  await settled()
  assert.equal(begun, ['one'])
  one.release()
  await settled()
  assert.equal(begun, ['one', 'two'])
})

test('sessions that take long let others have their turn, up to a bound, and leave no timer', async () => {
  const { begun, take, turn, timers } = fixture()
  const sessions = Array.from({ length: 3 * MAX_LONG_SESSIONS }, (_, n) => take(`${n}`, 'unknown'))
  for (let round = 0; round < 10; round++) {
    await settled()
    turn()
  }
  await settled()
  assert.is(begun.length, MAX_LONG_SESSIONS + MAX_OUTBOUND_SESSIONS)
  sessions[0]?.release()
  turn()
  await settled()
  assert.is(begun.length, MAX_LONG_SESSIONS + MAX_OUTBOUND_SESSIONS + 1)
  for (const session of sessions.slice(1)) {
    session.release()
    await settled()
  }
  assert.is(begun.length, sessions.length)
  assert.is(timers.size, 0)
})

test('one community leaves slots to the others, however many peers it has and however long they take', async () => {
  const { begun, take, turn } = fixture()
  for (let n = 0; n < 100; n++) take('big', 'good', 'big')
  await settled()
  assert.is(begun.length, MAX_OUTBOUND_PER_COMMUNITY)
  for (let round = 0; round < 20; round++) {
    turn()
    await settled()
  }
  assert.is(begun.length, MAX_OUTBOUND_PER_COMMUNITY + MAX_LONG_PER_COMMUNITY)
  take('small', 'unknown', 'small')
  await settled()
  assert.is(begun.at(-1), 'small')
})

test('of equal standing the community with the fewest sessions comes first', async () => {
  const { begun, take } = fixture()
  const first = Array.from({ length: MAX_OUTBOUND_PER_COMMUNITY }, () => take('big', 'good', 'big'))
  const other = take('other', 'good', 'other')
  take('big again', 'good', 'big')
  take('third', 'good', 'third')
  await settled()
  assert.is(begun.length, MAX_OUTBOUND_SESSIONS)
  first[0]?.release()
  await settled()
  assert.is(begun.at(-1), 'third')
  other.release()
  await settled()
  assert.is(begun.at(-1), 'big again')
})

test.run()
