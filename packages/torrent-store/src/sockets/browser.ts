import { TorrentStoreError } from '../errors.ts'
import type { Sockets } from './sockets.ts'

export const sockets: Sockets = {
  async listen () { throw unsupported('a port cannot be opened') },
  tcpCandidate () { throw unsupported('TCP peers cannot be dialled') },
  utpCandidate () { throw unsupported('uTP peers cannot be dialled') },
  createSwarm () { throw unsupported('trackers over UDP or HTTP and the DHT cannot be reached; createWebSwarm finds peers over WebRTC') }
}

function unsupported (what: string): TorrentStoreError {
  return new TorrentStoreError('UNSUPPORTED', `${what} in a browser`)
}
