import { createSwarm } from '../swarm/swarm.ts'
import { listen } from '../wire/listener.ts'
import { tcpCandidate } from '../wire/tcp-candidate.ts'
import { utpCandidate } from '../wire/utp-candidate.ts'
import type { Sockets } from './sockets.ts'

export const sockets: Sockets = { listen, tcpCandidate, utpCandidate, createSwarm }
