// Whom a stranger may make us dial. Trackers, DHT nodes and peers name any address they like; dialling what only this
// machine or this network reaches would carry their words past a firewall. So nobody names an address that is nearer
// than itself: who is out in the world names the world, who is in this network may name that too. A link or a .torrent
// file comes from the world.

/** How far an address reaches: this machine, this network, the world. */
export const AddressScope = { machine: 0, network: 1, world: 2 } as const
export type AddressScope = typeof AddressScope[keyof typeof AddressScope]

/**
 * Of an IP address, or null for what no peer has: "this network", multicast, broadcast (RFC 6890). Of a host name, which
 * may lead anywhere, the world, but for `localhost`.
 */
export function scopeOf (host: string): AddressScope | null {
  const bare = host.replace(/^\[|\]$/g, '')
  if (bare.includes(':')) return scopeOfIp6(bare)
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(bare)) return scopeOfIp4(bare.split('.').map(Number))
  return /(?:^|\.)localhost\.?$/i.test(bare) ? AddressScope.machine : AddressScope.world
}

/** Whether who is found at `by` may name `host`, an IP address. */
export function mayName (by: string, host: string): boolean {
  const [near, far] = [scopeOf(by), scopeOf(host)]
  return near !== null && far !== null && far >= near
}

/** Loopback; private use, link local and shared address space. */
function scopeOfIp4 ([a = 0, b = 0]: readonly number[]): AddressScope | null {
  if (a === 0 || a >= 224) return null
  if (a === 127) return AddressScope.machine
  const isNear = a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128)
  return isNear ? AddressScope.network : AddressScope.world
}

/** The same, with IPv4 addresses in IPv6 form: mapped, compatible, and behind NAT64 and 6to4. */
function scopeOfIp6 (text: string): AddressScope | null {
  const groups = groupsOf(text)
  if (groups.length !== 8 || groups.some(group => !(group >= 0 && group <= 0xffff))) return null
  const [first = 0, second = 0] = groups
  const [high = 0, low = 0] = groups.slice(6)
  const ip4 = (high: number, low: number): AddressScope | null => scopeOfIp4([high >> 8, high & 255, low >> 8, low & 255])
  if (groups.slice(0, 7).every(group => group === 0) && low <= 1) return low === 1 ? AddressScope.machine : null
  if (groups.slice(0, 5).every(group => group === 0) && (groups[5] === 0 || groups[5] === 0xffff)) return ip4(high, low)
  if (first === 0x64 && second === 0xff9b) return ip4(high, low)
  if (first === 0x2002) return ip4(second, groups[2] ?? 0)
  if (first >= 0xff00) return null
  const isNear = (first >= 0xfc00 && first < 0xfe00) || (first >= 0xfe80 && first < 0xff00)
  return isNear ? AddressScope.network : AddressScope.world
}

/** Eight numbers of 16 bits, if `text` is an IPv6 address. */
function groupsOf (text: string): number[] {
  const plain = text.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, quad => {
    const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
    return `${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`
  })
  const [left = [], right, more] = plain.split('::').map(part => part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16)))
  if (more !== undefined) return []
  return right === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0), ...right]
}
