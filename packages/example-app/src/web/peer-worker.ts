// The worker in which the peer of all tabs runs.
import { servePeer } from '@seedbed/core/worker'

servePeer()
