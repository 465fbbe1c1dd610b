// Entry of the worker thread that searches stamps.
import { parentPort } from 'node:worker_threads'
import { createStampJobs } from '../../envelope/stamp-jobs.ts'
import { STAMP_SLICE_MS } from '../../limits.ts'

parentPort?.on('message', createStampJobs({ sliceMs: STAMP_SLICE_MS, report: report => { parentPort?.postMessage(report, []) } }))
