// Entry of the worker thread that checks envelopes.
import { parentPort } from 'node:worker_threads'
import { createVerifyJobs } from '../../envelope/verify-threads.ts'
import { sha256, verifyMany } from './verify-many.ts'

parentPort?.on('message', createVerifyJobs({ sha256, verifyMany }, report => { parentPort?.postMessage(report, []) }))
