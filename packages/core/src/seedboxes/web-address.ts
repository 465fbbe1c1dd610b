// From the multiaddr of a WebSocket listener to the URLs beside it.
import { multiaddr } from '@multiformats/multiaddr'

/** `ws://HOST:PORT` or `wss://HOST:PORT`, without a path; null for an address of another kind. */
export function webOrigin (address: string): string | null {
  try {
    const [host, port, ...rest] = multiaddr(address).getComponents()
    const names = new Set(rest.map(({ name }) => name))
    if (host?.value === undefined || port?.name !== 'tcp' || port.value === undefined || names.has('p2p-circuit')) return null
    const isSecure = names.has('wss') || (names.has('tls') && names.has('ws'))
    if (!isSecure && !names.has('ws')) return null
    return `${isSecure ? 'wss' : 'ws'}://${host.name === 'ip6' ? `[${host.value}]` : host.value}:${port.value}`
  } catch {
    return null
  }
}
