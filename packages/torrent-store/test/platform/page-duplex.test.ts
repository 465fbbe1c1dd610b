// The stream of pages, against a source that takes and gives bytes as it likes.
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { PageDuplex } from '../../src/platform/page-duplex.ts'
import type { DuplexSource } from '../../src/platform/platform.ts'

const test = suite('page duplex')
const KB = 1024

interface Source extends DuplexSource {
  readonly written: Uint8Array[]
  readonly calls: string[]
  /** Says that the piece under way was taken. */
  take: (error?: Error) => void
  destroyed: Error | null | undefined
}

/** `holds`: every piece waits for `take`. */
function source ({ holds = false, onRead = () => {} }: { holds?: boolean, onRead?: () => void } = {}): Source {
  const made: Source = {
    written: [], calls: [], take: () => {}, destroyed: undefined,
    read: onRead,
    write (bytes, done) {
      made.written.push(Uint8Array.from(bytes))
      made.calls.push('write')
      if (holds) made.take = done
      else done()
    },
    final (done) { made.calls.push('final'); done() },
    destroy (error) { made.calls.push('destroy'); made.destroyed = error }
  }
  return made
}

function eventsOf (duplex: PageDuplex): string[] {
  const events: string[] = []
  for (const name of ['end', 'close', 'error', 'drain']) duplex.on(name, () => { events.push(name) })
  return events
}

const turn = async (): Promise<void> => { await new Promise(resolve => { setImmediate(resolve) }) }
const bytes = (...lengths: number[]): Uint8Array[] => lengths.map((length, i) => new Uint8Array(length).fill(i + 1))

test('bytes wait for a listener and for the end of a pause, and the end comes after them', async () => {
  const duplex = new PageDuplex(source())
  const events = eventsOf(duplex)
  for (const part of bytes(3, 4, 5)) assert.is(duplex.push(part), true)
  duplex.push(null)
  assert.is(duplex.push(new Uint8Array(1)), false)
  await turn()
  assert.equal(events, [])
  const got: number[] = []
  duplex.on('data', (part: unknown) => {
    got.push((part as Uint8Array).length)
    if (got.length === 2) duplex.pause()
  })
  assert.equal(got, [], 'not while it is listened for')
  await turn()
  assert.equal([got, events], [[3, 4], []])
  duplex.resume()
  await turn()
  assert.equal([got, events], [[3, 4, 5], ['end']])
})

test('who pushes is asked to wait at 64 KiB, and for more once the reader is through', async () => {
  let reads = 0
  const duplex = new PageDuplex(source({ onRead: () => { reads++ } }))
  assert.is(duplex.push(new Uint8Array(64 * KB - 1)), true)
  assert.is(duplex.push(new Uint8Array(1)), false)
  await turn()
  assert.is(reads, 0)
  duplex.on('data', () => {})
  await turn()
  assert.is(reads, 1)
})

test('what is written in one turn leaves as one piece', async () => {
  const to = source()
  const duplex = new PageDuplex(to)
  for (const part of bytes(1, 2)) duplex.write(part)
  await turn()
  assert.equal(to.written.map(piece => [...piece]), [[1, 2, 2]])
})

test('who writes is asked to wait at 64 KiB, and told once everything was taken', async () => {
  const to = source({ holds: true })
  const duplex = new PageDuplex(to)
  const events = eventsOf(duplex)
  assert.is(duplex.write(new Uint8Array(64 * KB - 1)), true)
  await turn()
  assert.is(duplex.write(new Uint8Array(1)), false)
  assert.is(duplex.writableLength, 64 * KB)
  await turn()
  to.take()
  assert.equal([events, duplex.writableLength], [[], 1])
  to.take()
  assert.equal([events, duplex.writableLength], [['drain'], 0])
})

test('an end waits for what was written, and with both ends done the stream destroys itself', async () => {
  const to = source({ holds: true })
  const duplex = new PageDuplex(to)
  const events = eventsOf(duplex)
  duplex.on('data', () => {})
  duplex.end(Uint8Array.of(1))
  assert.is(duplex.write(Uint8Array.of(2)), false)
  await turn()
  assert.equal(to.calls, ['write'])
  to.take()
  assert.equal(to.calls, ['write', 'final'])
  assert.is(duplex.destroyed, false)
  duplex.push(null)
  await turn()
  assert.equal([to.calls, to.destroyed, events], [['write', 'final', 'destroy'], null, ['end', 'close']])
})

test('destroying does not wait for a piece that nobody takes, and drops the rest', async () => {
  const to = source({ holds: true })
  const duplex = new PageDuplex(to)
  const events = eventsOf(duplex)
  const got: unknown[] = []
  duplex.on('data', part => { got.push(part) })
  duplex.write(Uint8Array.of(1))
  await turn()
  duplex.write(Uint8Array.of(2))
  duplex.push(Uint8Array.of(3))
  const error = new Error('enough')
  duplex.destroy(error).destroy()
  assert.is(to.destroyed, error)
  assert.equal([duplex.destroyed, duplex.writableLength, events], [true, 0, []])
  to.take()
  await turn()
  assert.equal([to.calls, got, events], [['write', 'destroy'], [], ['error', 'close']])
})

test('a write that fails destroys it', async () => {
  const to = source({ holds: true })
  const duplex = new PageDuplex(to)
  const events = eventsOf(duplex)
  duplex.write(Uint8Array.of(1))
  await turn()
  to.take(new Error('gone'))
  await turn()
  assert.equal([to.destroyed?.message, events], ['gone', ['error', 'close']])
})

test('both ways every byte arrives once and in order, whatever is paused and held when', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
    fc.record({ do: fc.constant('write' as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
    fc.record({ do: fc.constantFrom('pause' as const, 'resume' as const, 'take' as const, 'turn' as const) })
  )
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
    const to = source({ holds: true })
    const duplex = new PageDuplex(to)
    const events = eventsOf(duplex)
    const [pushed, written, got]: number[][] = [[], [], []] as const
    duplex.on('data', part => { got?.push(...part as Uint8Array) })
    const take = (): void => {
      const { take: done } = to
      to.take = () => {}
      done()
    }
    for (const each of steps) {
      if (each.do === 'push') { pushed?.push(...each.bytes); duplex.push(each.bytes) }
      else if (each.do === 'write') { written?.push(...each.bytes); duplex.write(each.bytes) }
      else if (each.do === 'take') take()
      else if (each.do === 'turn') await turn()
      else duplex[each.do]()
    }
    duplex.resume().end()
    duplex.push(null)
    for (let i = 0; i < 70 && !duplex.destroyed; i++) {
      take()
      await turn()
    }
    assert.equal(got, pushed)
    assert.equal(to.written.flatMap(piece => [...piece]), written)
    assert.equal(to.calls.slice(-2), ['final', 'destroy'])
    assert.equal(events.filter(name => name !== 'drain'), ['end', 'close'])
  }), { numRuns: 300 })
})

test.run()
