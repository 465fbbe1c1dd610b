import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PATIENCE_BYTES_PER_SECOND, PATIENCE_MS } from '../../src/limits.ts'
import { SilentPeerError, withPatience, type Patience } from '../../src/sync/patience.ts'

const test = suite('patience')

interface Fixture { readonly windows: number[], readonly patience: Patience, readonly signal: AbortSignal, readonly outcome: Promise<unknown>, end (): void, fire (): void, readonly isTimed: () => boolean }
async function fixture (): Promise<Fixture> {
  const windows: number[] = []
  let timer: (() => void) | null = null
  const { promise, resolve } = Promise.withResolvers<Pick<Fixture, 'patience' | 'signal'>>()
  let end = (): void => {}
  const scheduler = {
    after (delayMs: number, call: () => void) {
      windows.push(delayMs)
      timer = call
      return () => { timer = null }
    }
  }
  const outcome = withPatience(scheduler, new AbortController().signal, async (signal, patience) => {
    await new Promise<void>((done, fail) => {
      end = done
      signal.addEventListener('abort', () => { fail(new Error('some other words of the transport')) })
      resolve({ patience, signal })
    })
    return 'done'
  }).catch((error: unknown) => error)
  const { patience, signal } = await promise
  return { windows, patience, signal, outcome, end: () => { end() }, fire: () => { timer?.() }, isTimed: () => timer !== null }
}

test('who moves nothing is given up, with that reason', async () => {
  const { fire, outcome, windows, signal } = await fixture()
  fire()
  assert.ok(signal.aborted)
  assert.instance(await outcome, SilentPeerError)
  assert.equal(windows, [PATIENCE_MS])
})

test('what is moved earns time, not more than at first, and not twice', async () => {
  const { fire, outcome, windows, patience } = await fixture()
  patience.earn(5 * PATIENCE_BYTES_PER_SECOND)
  fire()
  patience.earn(1000 * PATIENCE_BYTES_PER_SECOND)
  fire()
  patience.restore()
  fire()
  fire()
  assert.equal(windows, [PATIENCE_MS, 5000, PATIENCE_MS, PATIENCE_MS])
  assert.instance(await outcome, SilentPeerError)
})

test('own work is nobody\'s silence, and leaves what was earned', async () => {
  const { fire, outcome, windows, patience, end, isTimed } = await fixture()
  const { promise: stored, resolve: store } = Promise.withResolvers<void>()
  const work = patience.own(stored)
  patience.earn(3 * PATIENCE_BYTES_PER_SECOND)
  fire()
  store()
  await work
  fire()
  assert.equal(windows, [PATIENCE_MS, PATIENCE_MS, 3000])
  end()
  assert.is(await outcome, 'done')
  assert.not(isTimed())
})

test.run()
