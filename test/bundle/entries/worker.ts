// What the worker of a page loads: the peer itself.
import { servePeer } from '@seedbed/core/worker'

servePeer()
