// Threads that check envelopes beside this one. They are started when there is much to check and end after a rest; nobody
// waits for one to start, and nothing depends on there being any.
import { platform } from '#platform'
import { MAX_VERIFY_JOBS_PER_THREAD, MAX_VERIFY_THREADS, VERIFY_IDLE_MS, VERIFY_SILENCE_MS } from '../limits.ts'
import { packProofs } from './packed-proofs.ts'
import type { Proof } from './proof.ts'
import type { StartVerifyThread, VerifyReport, VerifyThread } from './verify-threads.ts'

export interface VerifyPool {
  /**
   * Hands the proofs to a thread and resolves with a `Flaw` a proof, in order, or with null where the thread died or hung. Null at
   * once: no thread is free (they are starting, busy, or there are none), so whoever asks does it himself.
   */
  check (proofs: readonly Proof[]): Promise<Uint8Array | null> | null
  /** Starts the threads now, where there are none. */
  warm (): void
  /** A thread listens. */
  readonly isReady: boolean
  /** Resolves when one does; false: none will. Starts none. */
  ready (): Promise<boolean>
  readonly counts: VerifyPoolCounts
  /** Ends the threads; what they were at comes back as null. May be called twice. */
  close (): void
}

export interface VerifyPoolCounts {
  /** Threads that live, and all that were started. */
  readonly threads: number
  readonly started: number
  /** Proofs that threads checked. */
  readonly checked: number
  /** Jobs that ended with their thread. */
  readonly lost: number
}

export interface VerifyPoolOptions {
  /** How many at once; default: one less than the cores, from 1 to MAX_VERIFY_THREADS. */
  readonly threads?: number
  readonly startThread?: StartVerifyThread
  /** Milliseconds without work after which they end. */
  readonly idleMs?: number
  /** Milliseconds of silence, at least, after which one with work is taken to hang. */
  readonly silenceMs?: number
}

interface Member {
  readonly thread: VerifyThread
  isReady: boolean
  readonly jobs: Map<number, { readonly count: number, readonly resolve: (flaws: Uint8Array | null) => void }>
  /** Set while it has jobs. */
  watch: ReturnType<typeof setTimeout> | undefined
}

/** After so many that died or hung there is something about this machine: the rest is checked in the caller's thread. */
const MAX_DEATHS = 3

export function createVerifyPool ({ threads: size = defaultSize(), startThread = platform.startVerifyThread, idleMs = VERIFY_IDLE_MS, silenceMs = VERIFY_SILENCE_MS }: VerifyPoolOptions = {}): VerifyPool {
  const members = new Set<Member>()
  const waiting = new Set<(isReady: boolean) => void>()
  let deaths = 0
  let closed = false
  let lastJob = 0
  let idle: ReturnType<typeof setTimeout> | undefined
  const counts = { started: 0, checked: 0, lost: 0 }

  const anyReady = (): boolean => [...members].some(({ isReady }) => isReady)

  function warm (): void {
    while (!closed && deaths < MAX_DEATHS && members.size < size) if (!start()) break
    rest()
  }

  function start (): boolean {
    let member: Member | null = null
    const failed = (): void => { if (member !== null) bury(member) }
    const report = (said: VerifyReport): void => { if (member !== null) hear(member, said) }
    try {
      const thread = startThread({ report, failed })
      thread.hold(false)
      members.add(member = { thread, isReady: false, jobs: new Map(), watch: undefined })
      counts.started++
      return true
    } catch { // a platform without threads, or a page whose rules forbid them
      deaths = MAX_DEATHS
      tell(false)
      return false
    }
  }

  function hear (member: Member, said: VerifyReport): void {
    if ('ready' in said) {
      member.isReady = true
      tell(true)
      return
    }
    const job = member.jobs.get(said.job)
    if (job === undefined) return
    member.jobs.delete(said.job)
    if (member.jobs.size === 0) member.thread.hold(false)
    watch(member)
    counts.checked += job.count
    rest()
    job.resolve(said.flaws.length === job.count ? said.flaws : null)
  }

  /** Begins the time of silence anew, in two halves: after a sleep of the machine the first one ends at once, and the thread had no time. */
  function watch (member: Member): void {
    clearTimeout(member.watch)
    member.watch = member.jobs.size === 0
      ? undefined
      : setTimeout(() => { member.watch = setTimeout(bury, silenceMs, member) }, silenceMs)
  }

  function bury (member: Member): void {
    if (!members.delete(member)) return
    member.thread.stop()
    // One that never spoke will not the next time either: a bundle without the worker's file.
    deaths = member.isReady ? deaths + 1 : MAX_DEATHS
    lose(member)
    if (members.size === 0) tell(false)
  }

  function lose (member: Member): void {
    clearTimeout(member.watch)
    for (const { resolve } of member.jobs.values()) {
      counts.lost++
      resolve(null)
    }
    member.jobs.clear()
  }

  function tell (isReady: boolean): void {
    for (const resolve of waiting) resolve(isReady)
    waiting.clear()
    for (const { thread, jobs } of members) thread.hold(jobs.size > 0)
  }

  function end (): void {
    clearTimeout(idle)
    for (const member of members) {
      member.thread.stop()
      lose(member)
    }
    members.clear()
    tell(false)
  }

  /** Begins the time without work anew. */
  function rest (): void {
    clearTimeout(idle)
    if (members.size === 0) return
    idle = setTimeout(() => {
      if ([...members].every(({ jobs }) => jobs.size === 0)) end()
    }, idleMs)
    if (typeof idle === 'object') idle.unref() // Node alone would stay alive for it
  }

  return {
    warm,
    check (proofs) {
      if (closed) return null
      warm()
      const [member] = [...members].filter(({ isReady, jobs }) => isReady && jobs.size < MAX_VERIFY_JOBS_PER_THREAD).sort((a, b) => a.jobs.size - b.jobs.size)
      if (member === undefined) return null
      const job = ++lastJob
      const buffer = packProofs(proofs)
      return new Promise(resolve => {
        member.jobs.set(job, { count: proofs.length, resolve })
        if (member.watch === undefined) watch(member)
        member.thread.hold(true)
        member.thread.send({ job, proofs: buffer })
      })
    },
    get isReady () { return anyReady() },
    async ready () {
      if (anyReady()) return true
      if (members.size === 0) return false
      return await new Promise(resolve => {
        waiting.add(resolve)
        for (const { thread } of members) thread.hold(true)
      })
    },
    get counts () { return { threads: members.size, ...counts } },
    close () {
      closed = true
      end()
    }
  }
}

function defaultSize (): number {
  const cores = (globalThis.navigator as Partial<Navigator> | undefined)?.hardwareConcurrency ?? 2
  return Math.max(1, Math.min(cores - 1, MAX_VERIFY_THREADS))
}
