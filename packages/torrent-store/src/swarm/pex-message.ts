// What a connected peer says of others (ut_pex, BEP 11), read and never sent:
//   d 5:added <IPv4 address 4, port 2>... 7:added.f <flags 1>... 6:added6 <IPv6 address 16, port 2>... e
import { MAX_PEX_PEERS } from '../limits.ts'
import { decodeBencode } from '../wire/bencode.ts'
import { readCompactPeers, type PeerAddress } from './tracker-message.ts'

/** The addresses that it adds, up to 50 of each kind, which is what BEP 11 allows; none if it is malformed. */
export function readPexMessage (message: Uint8Array): PeerAddress[] {
  const dict = decodeBencode(message)?.value
  if (!(dict instanceof Map)) return []
  const [added, added6] = [dict.get('added'), dict.get('added6')]
  return [
    ...(added instanceof Uint8Array ? readCompactPeers(added.subarray(0, 6 * MAX_PEX_PEERS), 4) : []),
    ...(added6 instanceof Uint8Array ? readCompactPeers(added6.subarray(0, 18 * MAX_PEX_PEERS), 16) : [])
  ]
}
