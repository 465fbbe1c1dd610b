// Addresses at which a peer can be dialled: a host, a port, whatever transport follows, and the peer's id last, so that
// nobody else who answers there is taken for it. Between the two may stand one relay, for peers that nobody can dial:
// `/ip4/192.0.2.1/tcp/443/wss/p2p/RELAY/p2p-circuit/webrtc/p2p/ID`.
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import { MAX_PEER_ADDRESS_CHARS } from '../limits.ts'

const P2P_CODE = 421
/** The library below reads more than it can write again; what a link or a table keeps has one form. */
const PLAIN = /^[\w./:-]+$/
const HOSTNAME = /^(?!-)[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63})*$/i

/** How far away an address means anything: this machine, this network, everywhere. */
export const AddressScope = { machine: 0, network: 1, world: 2 } as const
export type AddressScope = typeof AddressScope[keyof typeof AddressScope]

export interface PeerAddress {
  /** Peer id in base58. */
  readonly peer: string
  /** Without the peer id: `/ip4/192.0.2.1/tcp/4001`. */
  readonly address: string
  readonly scope: AddressScope
}

/** Reads a multiaddr that ends in `/p2p/ID`, or one without it where `peer` says whose it is; null for anything else. */
export function parsePeerAddress (text: string, peer?: string): PeerAddress | null {
  if (text.length > MAX_PEER_ADDRESS_CHARS || !PLAIN.test(text)) return null
  try {
    const whole = multiaddr(text)
    const last = whole.getComponents().at(-1)
    const named = last?.code === P2P_CODE ? last.value : undefined
    const id = named ?? peer
    if (id === undefined || (peer !== undefined && peer !== id) || peerIdFromString(id).toString() !== id) return null
    const host = named === undefined ? whole : whole.decapsulateCode(P2P_CODE)
    const scope = scopeOf(host, id)
    return scope === null ? null : { peer: id, address: host.toString(), scope }
  } catch {
    return null
  }
}

export function formatPeerAddress ({ peer, address }: Pick<PeerAddress, 'peer' | 'address'>): string {
  return `${address}/p2p/${peer}`
}

/** Of an address without any peer's id; null for what nobody can dial. */
export function scopeOfHost (host: string): AddressScope | null {
  return scopeOf(multiaddr(host), '')
}

/** That of the relay, where there is one. Null for what nobody can dial. */
function scopeOf (host: Multiaddr, peer: string): AddressScope | null {
  const [first, second, ...rest] = host.getComponents()
  const value = first?.value
  if (value === undefined || second === undefined || !/^(?:tcp|udp)$/.test(second.name) || Number(second.value) === 0) return null
  const relayed = rest.findIndex(({ name }) => name === 'p2p' || name === 'p2p-circuit')
  if (relayed !== -1 && !isRelayed(rest.slice(relayed), peer)) return null
  if (first?.name === 'ip4') return scopeOfIp4(value)
  if (first?.name === 'ip6') return scopeOfIp6(value)
  if (!/^dns[46]?$/.test(first?.name ?? '') || !HOSTNAME.test(value)) return null
  return /(?:^|\.)localhost$/i.test(value) ? AddressScope.machine : /\.local$/i.test(value) ? AddressScope.network : AddressScope.world
}

/** `/p2p/RELAY/p2p-circuit`, with or without `/webrtc`, and a relay that is not the peer itself. */
function isRelayed ([relay, circuit, last, ...more]: ReadonlyArray<{ readonly name: string, readonly value?: string }>, peer: string): boolean {
  return relay?.name === 'p2p' && relay.value !== undefined && relay.value !== peer && peerIdFromString(relay.value).toString() === relay.value &&
    circuit?.name === 'p2p-circuit' && (last === undefined || last.name === 'webrtc') && more.length === 0
}

/** RFC 6890: loopback, private use, link local and shared address space; "this network", multicast and above are none. */
function scopeOfIp4 (text: string): AddressScope | null {
  const [a = 0, b = 0] = text.split('.').map(Number)
  if (a === 0 || a >= 224) return null
  if (a === 127) return AddressScope.machine
  const local = a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128)
  return local ? AddressScope.network : AddressScope.world
}

/** RFC 6890; link-local addresses need a zone and are left out. */
function scopeOfIp6 (text: string): AddressScope | null {
  if (text === '::' || /^f[ef]/i.test(text)) return null
  if (text === '::1') return AddressScope.machine
  const [, high = '', low = ''] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(text) ?? [] // an IPv4 address in IPv6 form
  if (high !== '') return scopeOfIp4([high, low].flatMap(part => [parseInt(part, 16) >> 8, parseInt(part, 16) & 255]).join('.'))
  return /^f[cd]/i.test(text) ? AddressScope.network : AddressScope.world
}
