// Where stamps are searched: in a thread that the platform starts, or in short slices of this one.
import { STAMP_INLINE_SLICE_MS } from '../limits.ts'
import { createStampJobs, type StampCommand, type StampReport } from './stamp-jobs.ts'

export interface StampThread {
  send (command: StampCommand): void
  stop (): void
}

export interface StampThreadEvents {
  report (report: StampReport): void
  /** The thread is gone, and its jobs with it. */
  failed (): void
}

export type StartStampThread = (events: StampThreadEvents) => StampThread

/** In this thread, a slice at a time. */
export const startInline: StartStampThread = ({ report }) => {
  let stopped = false
  const jobs = new Set<number>()
  const receive = createStampJobs({
    sliceMs: STAMP_INLINE_SLICE_MS,
    report: found => {
      if (found.stamp !== null) jobs.delete(found.job)
      if (!stopped) report(found)
    }
  })
  return {
    send (command) {
      if (command.do === 'search') jobs.add(command.job)
      if (command.do === 'cancel') jobs.delete(command.job)
      receive(command)
    },
    stop () {
      stopped = true
      for (const job of jobs) receive({ do: 'cancel', job })
    }
  }
}
