// The peer's worker, as an app has it.
import { servePeer } from '../../../packages/core/src/worker.ts'

servePeer()
