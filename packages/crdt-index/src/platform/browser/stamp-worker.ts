// Entry of the Web Worker that searches stamps.
import { createStampJobs, type StampCommand } from '../../envelope/stamp-jobs.ts'
import { STAMP_SLICE_MS } from '../../limits.ts'

const receive = createStampJobs({ sliceMs: STAMP_SLICE_MS, report: report => { globalThis.postMessage(report, {}) } })
globalThis.addEventListener('message', ({ data }: MessageEvent<StampCommand>) => { receive(data) })
