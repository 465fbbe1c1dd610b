// A reader in a process of its own that fetches, aborts and leaves at moments drawn from a seed, and reports what is left
// of it. Over TCP it then ends by itself, or not; libp2p keeps a timer of up to 30 s of its own after `stop`.
import { createHook } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p } from 'libp2p'
import { BT_PROTOCOL, createMemoryBlobs, createTorrentStore, streamToDuplex, tcpCandidate, TorrentStoreError, type FetchCandidate, type TorrentRef, type TorrentStore } from '../../src/index.ts'
import { until } from '../bodies.ts'

export interface LeakTask {
  readonly seed: number
  readonly rounds: number
  /** Ports of seeders, good and bad; each is a candidate. */
  readonly ports: readonly number[]
  /** A libp2p address to reach the good one by, in place of ports. */
  readonly address?: string
  readonly refs: readonly TorrentRef[]
}

/** Mulberry32: a sequence that every run repeats. */
function randomFrom (seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Longer than anything here takes, and than the wait for what is left. */
const LONG_MS = 60_000
const { seed, rounds, ports, address, refs } = JSON.parse(process.argv[2] ?? '') as LeakTask
const random = randomFrom(seed)
const libp2p: Libp2p | null = address === undefined ? null : await createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
const connection = address === undefined ? undefined : await libp2p?.dial(multiaddr(address))
// One that drops who stalls, and one whose timers would be seen long after what they were for.
const [hasty, patient] = await Promise.all([150, LONG_MS].map(async candidateTimeoutMs => await createTorrentStore({ db: createMemoryBlobs(), limits: { candidateTimeoutMs } }))) as [TorrentStore, TorrentStore]
const candidates: FetchCandidate[] = connection === undefined
  ? ports.map(port => tcpCandidate('127.0.0.1', port, { encrypt: random(2) === 0 && 'fallback' }))
  : [{ id: 'libp2p', open: async ({ signal }) => streamToDuplex(await connection.newStream(BT_PROTOCOL, { signal })) }, ...ports.map(port => tcpCandidate('127.0.0.1', port))]

/** Where timers that have not ended were made, if that was in this package. */
let timersMade = 0
const timers = new Map<number, { timer: WeakRef<object>, madeBy: string }>()
createHook({
  init (id, type, _, timer) {
    const stack = type === 'Timeout' ? new Error('a timer').stack ?? '' : ''
    if (!stack.includes('torrent-store/src/')) return
    timersMade++
    timers.set(id, { timer: new WeakRef(timer), madeBy: stack })
  },
  destroy (id) { timers.delete(id) }
}).enable()
const ownTimers = (): string[] => [...timers.values()].filter(({ timer }) => (timer.deref() as NodeJS.Timeout | undefined)?.hasRef() === true).map(({ madeBy }) => madeBy)

/** What keeps the process alive, by kind; timers only by themselves, because libp2p has many. */
function alive (): string[] {
  return process.getActiveResourcesInfo().filter(kind => kind !== 'PipeWrap' && kind !== 'Immediate' && (kind !== 'Timeout' || libp2p === null)).sort()
}
const streams = (): number => connection?.streams.filter(({ protocol }) => protocol === BT_PROTOCOL).length ?? 0

async function round (signal: AbortSignal, willAbort: boolean): Promise<void> {
  const store = random(2) === 0 ? hasty : patient
  const timeoutMs = willAbort ? LONG_MS : 50 + random(300)
  const from = candidates.filter(() => random(3) > 0)
  const wanted = refs.filter(() => random(4) > 0)
  const leaveAfter = random(3) === 0 ? random(wanted.length + 1) : Infinity
  if (random(4) === 0) {
    await store.fetch(refs[random(refs.length)] as TorrentRef, { candidates: from, hedgeDelayMs: random(30), timeoutMs, signal })
    return
  }
  let count = 0
  for await (const { infoHash } of store.fetchMany(wanted, { candidates: from, hedgeDelayMs: random(30), timeoutMs, signal })) {
    if (infoHash.length === 40 && ++count >= leaveAfter) break
  }
}

const before = alive()
const problems: string[] = []
for (let i = 0; i < rounds; i++) {
  const controller = new AbortController()
  const abortMs = random(2) === 0 ? random(40) : Infinity
  const timer = abortMs === Infinity ? undefined : setTimeout(() => { controller.abort(new Error('enough')) }, abortMs)
  await Promise.all([round(controller.signal, abortMs < Infinity), round(controller.signal, abortMs < Infinity)].map(async each => {
    await each.catch((error: unknown) => {
      const expected = controller.signal.aborted ? error === controller.signal.reason || error instanceof TorrentStoreError : error instanceof TorrentStoreError
      if (!expected) problems.push(String(error))
    })
  }))
  clearTimeout(timer)
  const listeners = getEventListeners(controller.signal, 'abort').length
  if (listeners > 0) problems.push(`${listeners} listeners left on a signal in round ${i}`)
}
await Promise.race([
  until(() => alive().join() === before.join() && streams() === 0 && ownTimers().length === 0),
  new Promise<void>(resolve => { setTimeout(resolve, 5000).unref() }).then(() => { problems.push(`left: ${alive().join()} and ${streams()} streams, at first ${before.join()}; ${ownTimers().join()}`) })
])
if (timersMade < rounds) problems.push(`only ${timersMade} timers were seen`)
await Promise.all([hasty.close(), patient.close()])
await libp2p?.stop()
process.stdout.write(`${JSON.stringify(problems)}\n`, () => { if (libp2p !== null) process.exit() })
