import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createStampFinder, type StampProgress } from '../../src/envelope/stamp-finder.ts'
import { createStampJobs, type StampCommand, type StampReport } from '../../src/envelope/stamp-jobs.ts'
import type { StartStampThread } from '../../src/envelope/stamp-threads.ts'
import { checkStamp, findStamp, stampPrefix } from '../../src/envelope/stamp.ts'
import { startNodeStampThread } from '../../src/platform/node/stamp-thread.ts'
import type { AuthorId, CommunityAddress } from '../../src/model.ts'

const test = suite('stamp finder')
const community = 'c0'.repeat(32) as CommunityAddress
const author = 'a1'.repeat(32) as AuthorId
/** Nobody finds one in the time of a test. */
const NEVER = 32
const codeOf = async (call: Promise<unknown>): Promise<unknown> => await call.then(() => assert.unreachable(), (error: { code?: unknown }) => error.code ?? error)

/** Counts threads and writes down what they are told. */
function watched (start: StartStampThread = startNodeStampThread): { start: StartStampThread, told: StampCommand[], running: () => number, started: () => number } {
  const told: StampCommand[] = []
  let [running, started] = [0, 0]
  return {
    told,
    running: () => running,
    started: () => started,
    start: events => {
      const thread = start(events)
      running++
      started++
      return {
        send: command => { told.push(command); thread.send(command) },
        stop: () => { running--; thread.stop() }
      }
    }
  }
}

test('finds a stamp in a worker, tells how far it is, and ends the worker', async () => {
  const { start, running } = watched()
  const finder = createStampFinder({ startThread: start })
  const told: StampProgress[] = []
  const found = finder.find(community, author, 14, { onProgress: progress => { told.push(progress) } })
  assert.is(running(), 1)
  assert.ok(checkStamp({ community, author, stamp: await found }, 14))
  assert.is(running(), 0)
  const last = told.at(-1)
  assert.ok(last !== undefined && last.hashes > 0 && last.hashesPerSecond > 0)
  assert.is(last.expectedHashes, 2 ** 14)
  finder.close()
})

test('the caller\'s event loop goes on meanwhile', async () => {
  const finder = createStampFinder()
  let hashes = 0
  // Processor time, which other programs do not take: a million hashes in this thread would be nearly all of the process'.
  const [thread, all] = [process.threadCpuUsage(), process.cpuUsage()]
  await finder.find('c4'.repeat(32) as CommunityAddress, author, 19, { onProgress: progress => { hashes = progress.hashes } })
  const [threadMs, allMs] = [process.threadCpuUsage(thread), process.cpuUsage(all)].map(({ user, system }) => (user + system) / 1000) as [number, number]
  assert.ok(hashes > 500_000, `${hashes} hashes are too few to tell`)
  assert.ok(threadMs < allMs / 2, `${threadMs} ms of ${allMs}`)
  finder.close()
})

test('difficulty 0 needs no worker', async () => {
  const { start, started } = watched()
  assert.equal(await createStampFinder({ startThread: start }).find(community, author, 0), new Uint8Array())
  assert.is(started(), 0)
})

test('an abort ends its own search with the signal\'s reason', async () => {
  const { start, running } = watched()
  const finder = createStampFinder({ startThread: start })
  const abort = new AbortController()
  const given = finder.find(community, author, NEVER, { signal: abort.signal })
  const other = finder.find(community, author, 16)
  abort.abort(new Error('enough'))
  assert.is((await given.catch((error: unknown) => error) as Error).message, 'enough')
  assert.is(running(), 1)
  assert.ok(checkStamp({ community, author, stamp: await other }, 16))
  assert.is(running(), 0)
  assert.is((await finder.find(community, author, NEVER, { signal: abort.signal }).catch((error: unknown) => error) as Error).message, 'enough')
  finder.close()
})

test('close ends all searches, twice', async () => {
  const { start, running } = watched()
  const finder = createStampFinder({ startThread: start })
  const searches = [codeOf(finder.find(community, author, NEVER)), codeOf(finder.find(community, author, NEVER))]
  finder.close()
  finder.close()
  assert.equal(await Promise.all(searches), ['CLOSED', 'CLOSED'])
  assert.is(running(), 0)
  assert.is(await codeOf(finder.find(community, author, 0)), 'CLOSED')
})

test('searches in this thread where workers fail', async () => {
  const broken: StartStampThread[] = [
    () => { throw new Error('no workers here') },
    ({ failed }) => {
      queueMicrotask(failed)
      return { send: () => {}, stop: () => {} }
    }
  ]
  for (const startThread of broken) {
    const finder = createStampFinder({ startThread })
    const [one, two] = await Promise.all([finder.find(community, author, 12), finder.find(community, author, 13)])
    assert.ok(checkStamp({ community, author, stamp: one }, 12))
    assert.ok(checkStamp({ community, author, stamp: two }, 13))
    const abort = new AbortController()
    const given = finder.find(community, author, NEVER, { signal: abort.signal }).catch((error: unknown) => error)
    abort.abort(new Error('enough'))
    assert.is((await given as Error).message, 'enough')
    finder.close()
  }
})

test('a worker\'s word is checked', async () => {
  const finder = createStampFinder({
    startThread: ({ report }) => ({ send: command => { queueMicrotask(() => { report({ job: command.job, hashes: 1, workedMs: 1, stamp: new Uint8Array(8) }) }) }, stop: () => {} })
  })
  assert.match(String(await finder.find(community, author, NEVER).catch((error: unknown) => error)), /none/)
  finder.close()
})

test('a search that nobody waits for is told to hurry', async () => {
  const { start, told } = watched()
  const finder = createStampFinder({ startThread: start })
  const hurry = new AbortController()
  const search = codeOf(finder.find(community, author, NEVER, { hurry: hurry.signal }))
  hurry.abort()
  assert.equal(told.map(command => command.do === 'search' ? command.urgent : command.do), [false, 'hurry'])
  finder.close()
  assert.is(await search, 'CLOSED')
})

test('what is waited for comes first, and a hard one does not hold up the others', async () => {
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const order: number[] = []
  const receive = createStampJobs({
    sliceMs: 1,
    report: ({ job, stamp }: StampReport) => {
      if (stamp === null) return
      order.push(job)
      if (order.length === 2) resolve()
    }
  })
  const job = (id: number, difficulty: number, urgent: boolean): void => { receive({ do: 'search', job: id, prefix: stampPrefix(community, author), difficulty, urgent }) }
  job(1, 10, false)
  job(2, NEVER, true)
  job(3, 16, true)
  setTimeout(() => { receive({ do: 'hurry', job: 1 }) }, 30)
  await done
  assert.is(order.length, 2)
  assert.ok(order.includes(1) && order.includes(3))
  receive({ do: 'cancel', job: 2 })
})

test('the search of the worker is the one of this thread', async () => {
  const finder = createStampFinder()
  assert.equal(await finder.find(community, author, 15), findStamp(community, author, 15))
  finder.close()
})

test.run()
