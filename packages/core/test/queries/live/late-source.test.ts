import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LiveSource } from '../../../src/queries/live/create-live-query.ts'
import { createLateSource } from '../../../src/queries/live/late-source.ts'

const test = suite('queries/live/late-source')

/** Sources that count who watches them, and the loading of them. */
function lateSource (): { readonly late: LiveSource<number>, readonly loads: Array<PromiseWithResolvers<void>>, readonly watchers: Array<Set<() => void>> } {
  const loads: Array<PromiseWithResolvers<void>> = []
  const watchers: Array<Set<() => void>> = []
  const late = createLateSource(100, async () => {
    const loading = Promise.withResolvers<void>()
    loads.push(loading)
    await loading.promise
    const own = new Set<() => void>()
    const made = watchers.push(own)
    return {
      intervalMs: 100,
      start (changed) {
        own.add(changed)
        return () => { own.delete(changed) }
      },
      read: async () => await Promise.resolve(made),
      refresh () {}
    }
  })
  return { late, loads, watchers }
}

test('who comes back while it loads is told by the source that is read', async () => {
  const { late, loads, watchers } = lateSource()
  late.start(() => { throw new Error('this one has left') })()
  const before = late.read()
  let told = 0
  const leave = late.start(() => { told++ })
  const reading = late.read()
  for (const { resolve } of loads) resolve()
  assert.equal([await before, await reading, await late.read()], [1, 1, 1])
  assert.is(watchers.length, 1)
  for (const changed of watchers[0] ?? []) changed()
  assert.is(told, 1)
  leave()
  assert.is(watchers[0]?.size, 0)
})

test('who leaves while it loads is not watched for', async () => {
  const { late, loads, watchers } = lateSource()
  const leave = late.start(() => {})
  const reading = late.read()
  leave()
  loads[0]?.resolve()
  await reading
  assert.is(watchers[0]?.size, 0)
})

test('what could not be loaded is loaded by the next reading', async () => {
  const { late, loads, watchers } = lateSource()
  late.start(() => {})
  const failing = late.read()
  loads[0]?.reject(new Error('no network'))
  assert.is(await failing.then(() => '', (error: Error) => error.message), 'no network')
  const reading = late.read()
  loads[1]?.resolve()
  assert.is(await reading, 1)
  assert.is(watchers[0]?.size, 1)
})

test.run()
