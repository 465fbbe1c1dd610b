// Entry of the worker that searches stamps: a worker thread of Node, or a Web Worker.
import { createStampJobs, type StampCommand } from './stamp-jobs.ts'

const SLICE_MS = 50
const port = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort

if (port !== undefined && port !== null) {
  port.on('message', createStampJobs({ sliceMs: SLICE_MS, report: report => { port.postMessage(report) } }))
} else {
  const receive = createStampJobs({ sliceMs: SLICE_MS, report: report => { globalThis.postMessage(report, {}) } })
  globalThis.addEventListener('message', ({ data }: MessageEvent<StampCommand>) => { receive(data) })
}
