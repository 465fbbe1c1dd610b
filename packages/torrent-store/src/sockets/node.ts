import { createSwarm } from '../swarm/swarm.ts'
import { listenTcp } from '../wire/listener.ts'
import { tcpCandidate } from '../wire/tcp-candidate.ts'
import type { Sockets } from './sockets.ts'

export const sockets: Sockets = { listenTcp, tcpCandidate, createSwarm }
