import { AddressScope, scopeOf } from '../swarm/address-scope.ts'

export interface AddressGroup {
  /** An IPv4 address, or the /64 of an IPv6 one: whoever has one address there has them all. */
  readonly host: string
  /**
   * What one customer gets from a provider or a tunnel broker: the /48 of an IPv6 address (RFC 6177), the /24 of an IPv4 one. Of this
   * machine's and this network's addresses, of which a whole house or office is one /24, the same as `host`.
   */
  readonly network: string
}

/** To whom an address belongs, as far as one can see it. */
export function addressGroup (address: string): AddressGroup {
  const scope = scopeOf(address)
  const isNear = scope === AddressScope.machine || scope === AddressScope.network
  const ip4 = /^(?:::ffff:)?((\d+\.\d+\.\d+)\.\d+)$/i.exec(address)
  if (ip4?.[1] !== undefined) return { host: ip4[1], network: ip4[isNear ? 1 : 2] ?? ip4[1] }
  if (!address.includes(':')) return { host: address, network: address }
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0'), ...right]
  const plain = groups.slice(0, 4).map(group => group.replace(/^0+(?=.)/, ''))
  return { host: plain.join(':'), network: plain.slice(0, isNear ? 4 : 3).join(':') }
}
