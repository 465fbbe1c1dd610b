import { peerIdFromString } from '@libp2p/peer-id'
import type { CommunityAddress } from '@seedbed/crdt-index'

/** Peer ids of ed25519 keys: identity multihash (0x00 0x24) of the protobuf key (type 1, 32 bytes), base58. */
export function peerIdOf (n: number): string {
  const key = new Uint8Array(32)
  new DataView(key.buffer).setUint32(28, n)
  const bytes = Uint8Array.from([0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...key])
  return peerIdFromString(base58(bytes)).toString()
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function base58 (bytes: Uint8Array): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (; value > 0n; value /= 58n) text = (ALPHABET[Number(value % 58n)] ?? '') + text
  return '1'.repeat(bytes.findIndex(byte => byte !== 0)) + text
}

export const communityOf = (n: number): CommunityAddress => n.toString(16).padStart(64, '0') as CommunityAddress
