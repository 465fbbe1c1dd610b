// The peer's worker, for the tests of personal.test.ts.
import { servePeer } from '@seedbed/core/worker'

servePeer()
