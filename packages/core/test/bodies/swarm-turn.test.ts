import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { swarmTurn } from '../../src/bodies/swarm-turn.ts'

const test = suite('the open swarm\'s turn')
const never = new AbortController().signal
const endless = async (signal: AbortSignal): Promise<string> => await new Promise((_, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) })

test('ends when a member has what is searched for', async () => {
  let asked = 0
  assert.is(await swarmTurn({ search: endless, isHeld: async () => ++asked === 3, signal: never, pauseMs: 1 }), null)
  assert.is(asked, 3)
})

test('gives what the search finds, and asks nobody any more', async () => {
  let asked = 0
  const isHeld = async (): Promise<boolean> => { asked++; return false }
  assert.is(await swarmTurn({ search: async () => 'found', isHeld, signal: never, pauseMs: 1 }), 'found')
  assert.is(await swarmTurn({ search: async () => null, isHeld, signal: never, pauseMs: 1 }), null)
  await new Promise(resolve => { setTimeout(resolve, 20) })
  assert.is(asked, 0)
})

test('fails as the search does, and when it is given up', async () => {
  const failing = swarmTurn({ search: async () => { throw new Error('no disk') }, isHeld: async () => false, signal: never, pauseMs: 1 })
  assert.is(await failing.catch((error: Error) => error.message), 'no disk')
  const aborted = new AbortController()
  const turn = swarmTurn({ search: endless, isHeld: async () => false, signal: aborted.signal, pauseMs: 1 })
  aborted.abort(new Error('enough'))
  assert.is(await turn.catch((error: Error) => error.message), 'enough')
})

test.run()
