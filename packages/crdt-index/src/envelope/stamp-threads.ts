// Where stamps are searched: beside this thread where the platform has workers, else in short slices of it.
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

/** About half a frame: a page stays fluent. */
const INLINE_SLICE_MS = 8

/** Looked up at run time: a static import of node:worker_threads would keep this package out of browsers. */
const nodeThreads = globalThis.process?.getBuiltinModule?.('node:worker_threads')

/** Source runs with type stripping, the build as JavaScript: the worker is of the same kind as this file. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './stamp-worker.ts' : './stamp-worker.js', import.meta.url)

/** A worker thread of Node. It needs none of the process's own flags, some of which no worker takes. */
function startNodeThread ({ Worker }: NonNullable<typeof nodeThreads>, { report, failed }: StampThreadEvents): StampThread {
  const worker = new Worker(entry, { name: 'stamps', execArgv: [] })
  worker.on('message', report)
  worker.on('error', failed)
  return {
    send: command => { worker.postMessage(command, []) },
    stop () {
      worker.off('error', failed)
      worker.on('error', () => {})
      void worker.terminate()
    }
  }
}

function startWebWorker ({ report, failed }: StampThreadEvents): StampThread {
  const worker = new Worker(entry, { name: 'stamps', type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<StampReport>) => { report(data) })
  worker.addEventListener('error', failed)
  return {
    send: command => { worker.postMessage(command, []) },
    stop: () => { worker.terminate() }
  }
}

export const startStampThread: StartStampThread = events => {
  if (nodeThreads !== undefined) return startNodeThread(nodeThreads, events)
  return typeof Worker === 'undefined' ? startInline(events) : startWebWorker(events)
}

/** In this thread, a slice at a time. */
export const startInline: StartStampThread = ({ report }) => {
  let stopped = false
  const jobs = new Set<number>()
  const receive = createStampJobs({
    sliceMs: INLINE_SLICE_MS,
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
