// What every Transport has to do; each test gets three peers in a line: first - middle - last.
import * as assert from 'uvu/assert'
import { suite, type Test } from 'uvu'
import { MAX_FRAME_BYTES } from '../../src/limits.ts'
import type { Channel, Transport, Verdict } from '../../src/model.ts'
import { until } from './memory-replica.ts'

export interface Line {
  readonly first: Transport
  readonly middle: Transport
  readonly last: Transport
  /** Ends the connection of the first and the middle peer. */
  disconnect (): Promise<void>
  close (): Promise<void>
}

const ACCEPT: Verdict = { verdict: 'accept' }
const TOPIC = 'a/topic'
const PROTOCOL = '/test/1'
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export function transportSuite (name: string, createLine: () => Promise<Line>): Test {
  const test = suite(`transport: ${name}`)
  const withLine = (title: string, run: (line: Line) => Promise<void>): void => {
    test(title, async () => {
      const line = await createLine()
      try {
        await run(line)
      } finally {
        await line.close()
      }
    })
  }
  /** Subscribes all three; what each received, as `text from`. */
  const listen = async ({ first, middle, last }: Line, verdictOf: (text: string) => Verdict = () => ACCEPT): Promise<{ middle: string[], last: string[] }> => {
    const heard = { middle: [] as string[], last: [] as string[] }
    const collect = (list: string[]) => async (data: Uint8Array, from: string): Promise<Verdict> => {
      list.push(`${textOf(data)} ${from}`)
      return verdictOf(textOf(data))
    }
    first.subscribe(TOPIC, async () => ACCEPT)
    middle.subscribe(TOPIC, collect(heard.middle))
    last.subscribe(TOPIC, collect(heard.last))
    await until(() => first.peers(TOPIC).length === 1 && middle.peers(TOPIC).length === 2 && last.peers(TOPIC).length === 1, 'everybody subscribed')
    return heard
  }
  /** A channel from the first peer to the middle one, and its other end. */
  const connect = async ({ first, middle }: Line): Promise<[Channel, Channel]> => {
    const far = new Promise<Channel>(resolve => { middle.handle(PROTOCOL, async channel => { resolve(channel) }) })
    await new Promise(resolve => { setTimeout(resolve, 20) })
    const near = await first.open(middle.self, PROTOCOL)
    await near.write(bytesOf('hello'))
    const other = await far
    assert.is(textOf(await other.read({ maxBytes: 10 }) as Uint8Array), 'hello')
    return [near, other]
  }
  const failure = async (work: Promise<unknown>): Promise<Error> => await work.then(() => { throw new assert.Assertion({ message: 'it did not fail', details: '', generated: false, operator: 'failure', expects: 'an error', actual: 'none' }) }, (error: unknown) => error as Error)

  withLine('a message crosses peers that accept it, and comes from whom passed it on', async line => {
    const heard = await listen(line)
    await line.first.publish(TOPIC, bytesOf('news'))
    await until(() => heard.last.length > 0, 'the message crossed')
    assert.equal(heard.middle, [`news ${line.first.self}`])
    assert.equal(heard.last, [`news ${line.middle.self}`])
  })

  withLine('a message that is rejected or ignored goes no further', async line => {
    const heard = await listen(line, text => text === 'good' ? ACCEPT : { verdict: text === 'bad' ? 'reject' : 'ignore', reason: text })
    for (const text of ['bad', 'old', 'good']) await line.first.publish(TOPIC, bytesOf(text))
    await until(() => heard.last.length > 0, 'the good one crossed')
    assert.is(heard.middle.length, 3)
    assert.equal(heard.last, [`good ${line.middle.self}`])
  })

  withLine('publishing twice or to nobody does not fail, and a copy is heard once', async line => {
    await line.last.publish('nobody/listens', bytesOf('x'))
    const heard = await listen(line)
    await line.first.publish(TOPIC, bytesOf('again'))
    await line.first.publish(TOPIC, bytesOf('again'))
    await line.first.publish(TOPIC, bytesOf('end'))
    await until(() => heard.last.length >= 2, 'both messages crossed')
    assert.is(heard.middle.length, 2)
  })

  withLine('tells who joins and leaves a topic', async line => {
    const events: string[] = []
    line.first.subscribe(TOPIC, async () => ACCEPT)
    const stop = line.first.onPeer(({ topic, peer, joined }) => { if (topic === TOPIC) events.push(`${peer === line.middle.self ? 'middle' : peer} ${joined}`) })
    line.middle.subscribe(TOPIC, async () => ACCEPT)
    await until(() => events.length === 1, 'middle joined')
    line.middle.unsubscribe(TOPIC)
    await until(() => events.length === 2, 'middle left')
    assert.equal(line.first.peers(TOPIC), [])
    line.middle.subscribe(TOPIC, async () => ACCEPT)
    await until(() => events.length === 3, 'middle joined again')
    await line.disconnect()
    await until(() => events.length === 4, 'middle was disconnected')
    assert.equal(events, ['middle true', 'middle false', 'middle true', 'middle false'])
    assert.equal(line.first.peers(TOPIC), [])
    stop()
  })

  withLine('carries frames both ways, up to the bound, and empty ones', async line => {
    const [near, far] = await connect(line)
    const big = new Uint8Array(MAX_FRAME_BYTES).map((_, index) => index * 7)
    const writing = (async () => { for (const frame of [new Uint8Array(0), big, bytesOf('end')]) await near.write(frame) })()
    assert.equal(await far.read({ maxBytes: MAX_FRAME_BYTES }), new Uint8Array(0))
    const read = await far.read({ maxBytes: MAX_FRAME_BYTES })
    assert.ok(read !== null && Buffer.from(big).equals(read))
    assert.is(textOf(await far.read({ maxBytes: 3 }) as Uint8Array), 'end')
    await writing
    await far.write(bytesOf('answer'))
    assert.is(textOf(await near.read({ maxBytes: 10 }) as Uint8Array), 'answer')
    await Promise.all([near.close(), far.close()])
  })

  withLine('an orderly end reads as null after what was written, and twice is fine', async line => {
    const [near, far] = await connect(line)
    await near.write(bytesOf('last'))
    await near.close()
    await near.close()
    assert.is(textOf(await far.read({ maxBytes: 10 }) as Uint8Array), 'last')
    assert.is(await far.read({ maxBytes: 10 }), null)
    await far.close()
  })

  withLine('a frame over the reader\'s bound fails with BAD_FRAME', async line => {
    const [near, far] = await connect(line)
    await near.write(new Uint8Array(101))
    assert.is((await failure(far.read({ maxBytes: 100 })) as Error & { code?: string }).code, 'BAD_FRAME')
    near.abort(new Error('done'))
  })

  withLine('an abort fails the other side, a disconnect ends both, a signal fails the call', async line => {
    const [near, far] = await connect(line)
    const reading = failure(far.read({ maxBytes: 10 }))
    near.abort(new Error('enough'))
    await reading
    await failure(near.write(bytesOf('more')))

    const [, silent] = await connect(line)
    const controller = new AbortController()
    const waiting = failure(silent.read({ maxBytes: 10, signal: controller.signal }))
    controller.abort(new Error('too long'))
    await waiting

    const [left, right] = await connect(line)
    const both = Promise.all([left, right].map(async channel => await channel.read({ maxBytes: 10 }).catch(() => null)))
    await line.disconnect() // a network may close channels in order before it goes
    assert.equal(await both, [null, null])
    await failure(line.first.open(line.middle.self, PROTOCOL))
  })

  withLine('a protocol that nobody handles, or no longer, fails to open or at the first read', async line => {
    const attempt = async (): Promise<Uint8Array | null> => {
      const channel = await line.first.open(line.middle.self, PROTOCOL)
      return await channel.read({ maxBytes: 10 })
    }
    await failure(attempt())
    const stop = line.middle.handle(PROTOCOL, async channel => {
      await channel.write(bytesOf('here'))
      await channel.close()
    })
    await new Promise(resolve => { setTimeout(resolve, 20) })
    assert.is(textOf(await attempt() as Uint8Array), 'here')
    stop()
    await new Promise(resolve => { setTimeout(resolve, 20) })
    await failure(attempt())
  })

  return test
}
