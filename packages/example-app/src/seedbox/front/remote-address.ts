// Whom a limit counts for.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** The address as far as it names one customer: an IPv4 address, or the /64 of an IPv6 one (RFC 6177). */
export function customerOf (address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '')
  return isIP(plain) === 6 ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain
}

/** Of a request that a proxy of ours hands on: the last address in X-Forwarded-For, which that proxy wrote itself. */
export function forwardedFor ({ headers, socket }: IncomingMessage): string {
  const last = headers['x-forwarded-for']?.toString().split(',').at(-1)?.trim() ?? ''
  return isIP(last) === 0 ? socket.remoteAddress ?? '' : last
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf (address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::')
  const parts = (text: string): string[] => text === '' ? [] : text.split(':').map(group => group.replace(/^0+(?=.)/, ''))
  if (tail === undefined) return parts(head)
  const [before, after] = [parts(head), parts(tail)]
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0'), ...after]
}
