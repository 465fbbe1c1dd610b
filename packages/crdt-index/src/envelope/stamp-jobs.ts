// What a stamp worker does: jobs in turn, those that somebody waits for first, in slices between which it listens.
import { createStampSearch, type StampSearch } from './stamp-search.ts'

export type StampCommand =
  | { readonly do: 'search', readonly job: number, readonly prefix: Uint8Array, readonly difficulty: number, readonly urgent: boolean }
  | { readonly do: 'hurry', readonly job: number }
  | { readonly do: 'cancel', readonly job: number }

export interface StampReport {
  readonly job: number
  /** Tried so far. */
  readonly hashes: number
  /** Milliseconds of them; rests are left out. */
  readonly workedMs: number
  /** Null while the search goes on. */
  readonly stamp: Uint8Array | null
}

interface Job {
  readonly search: StampSearch
  urgent: boolean
  hashes: number
  workedMs: number
  reportedMs: number
}

/** Hashes between two looks at the clock: half a millisecond, and a few on a slow phone. */
const ROUND = 512
const REPORT_MS = 250

/** `sliceMs`: how long it works before it listens again. A job that nobody waits for gets half of one core. */
export function createStampJobs ({ sliceMs, report }: { sliceMs: number, report: (report: StampReport) => void }): (command: StampCommand) => void {
  const jobs = new Map<number, Job>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function work (): void {
    timer = undefined
    const [id, job] = [...jobs].find(([, { urgent }]) => urgent) ?? [...jobs][0] ?? []
    if (id === undefined || job === undefined) return
    const startedMs = performance.now()
    let stamp: Uint8Array | null = null
    while (stamp === null && performance.now() - startedMs < sliceMs) {
      stamp = job.search(ROUND)
      job.hashes += ROUND
    }
    const sliceWorkedMs = performance.now() - startedMs
    job.workedMs += sliceWorkedMs
    jobs.delete(id)
    if (stamp === null) jobs.set(id, job) // at the end, so that a hard one does not hold up the others
    if (stamp !== null || job.workedMs - job.reportedMs >= REPORT_MS) {
      job.reportedMs = job.workedMs
      report({ job: id, hashes: job.hashes, workedMs: job.workedMs, stamp })
    }
    schedule(job.urgent ? 0 : sliceWorkedMs)
  }

  function schedule (pauseMs: number): void {
    clearTimeout(timer)
    timer = jobs.size === 0 ? undefined : setTimeout(work, pauseMs)
  }

  return command => {
    if (command.do === 'search') {
      jobs.set(command.job, { search: createStampSearch(command.prefix, command.difficulty), urgent: command.urgent, hashes: 0, workedMs: 0, reportedMs: 0 })
    } else if (command.do === 'hurry') {
      const job = jobs.get(command.job)
      if (job !== undefined) job.urgent = true
    } else {
      jobs.delete(command.job)
    }
    schedule(0)
  }
}
