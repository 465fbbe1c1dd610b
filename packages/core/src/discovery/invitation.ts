// Invitation links: `seedbed:COMMUNITY?peer=MULTIADDR&peer=MULTIADDR&post=ID`.
//
//   link      = "seedbed:" community [ "?" parameter *( "&" parameter ) ]
//   community = 64 hex characters
//   parameter = "peer=" multiaddr that ends in /p2p/ID, at most 8 | "post=" 40 hex characters, at most one
//
// Percent-encoding as in RFC 3986. A link passes through chats, mails and hands, so reading forgives white space
// around it, capitals in the scheme and in hex, `//` after the scheme and `/` before the query, and it leaves out
// parameters that it does not know and a fragment. Writing has one form: lowercase, peers in the order given and each
// once, the post last, everything percent-encoded but unreserved characters, `/` and `:`.
import { parseCommunityAddress, parseContentId, type CommunityAddress, type ContentId } from '@seedbed/crdt-index'
import { SeedbedError } from '../errors.ts'
import { MAX_INVITATION_CHARS, MAX_INVITATION_PEERS } from '../limits.ts'
import { formatPeerAddress, parsePeerAddress } from './peer-address.ts'

export interface Invitation {
  readonly community: CommunityAddress
  /** Multiaddrs that end in /p2p/ID, at most 8. */
  readonly peers: readonly string[]
  /** A post or comment to open first. */
  readonly post: ContentId | null
}

const SCHEME = 'seedbed:'

/** Whether a text is meant as an invitation link rather than an address. */
export function looksLikeInvitation (text: string): boolean {
  return text.trimStart().slice(0, SCHEME.length).toLowerCase() === SCHEME
}

/** Errors: BAD_LINK, with what is wrong in it. */
export function parseInvitation (text: string): Invitation {
  if (text.length > MAX_INVITATION_CHARS) throw bad(`it has more than ${MAX_INVITATION_CHARS} characters`)
  if (!looksLikeInvitation(text)) throw bad(`it does not start with ${SCHEME}`)
  const [link = ''] = text.trim().slice(SCHEME.length).split('#')
  const end = link.indexOf('?')
  const path = (end === -1 ? link : link.slice(0, end)).replace(/^\/\//, '').replace(/\/$/, '')
  const peers = new Set<string>()
  let post: ContentId | null = null
  for (const parameter of end === -1 ? [] : link.slice(end + 1).split('&')) {
    const equals = parameter.indexOf('=')
    const name = decode(equals === -1 ? parameter : parameter.slice(0, equals))
    if (name !== 'peer' && name !== 'post') continue
    const value = decode(equals === -1 ? '' : parameter.slice(equals + 1))
    if (name === 'peer') {
      peers.add(peerOf(value))
      if (peers.size > MAX_INVITATION_PEERS) throw bad(`it names more than ${MAX_INVITATION_PEERS} peers`)
    } else {
      if (post !== null) throw bad('it names two posts')
      post = attempt(() => parseContentId(value.toLowerCase()), 'its post is not an id of 40 hex characters')
    }
  }
  return { community: communityOf(decode(path)), peers: [...peers], post }
}

/** Errors: BAD_LINK when a part is none that a link can carry. */
export function formatInvitation ({ community, peers, post }: Invitation): string {
  const named = [...new Set(peers.map(peerOf))]
  if (named.length > MAX_INVITATION_PEERS) throw bad(`it names more than ${MAX_INVITATION_PEERS} peers`)
  const parameters = [...named.map(peer => `peer=${encode(peer)}`), ...(post === null ? [] : [`post=${encode(post)}`])]
  return `${SCHEME}${communityOf(community)}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`
}

function communityOf (text: string): CommunityAddress {
  return attempt(() => parseCommunityAddress(text.toLowerCase()), 'its community is not an address of 64 hex characters')
}

function peerOf (text: string): string {
  const parsed = parsePeerAddress(text)
  if (parsed === null) throw bad(`${JSON.stringify(text.slice(0, 80))} is not a peer's address such as /ip4/192.0.2.1/tcp/4001/p2p/ID`)
  return formatPeerAddress(parsed)
}

function attempt<T> (parse: () => T, otherwise: string): T {
  try {
    return parse()
  } catch (cause) {
    throw bad(otherwise, cause)
  }
}

function decode (text: string): string {
  return attempt(() => decodeURIComponent(text), 'its percent-encoding is broken')
}

function encode (text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':')
}

function bad (reason: string, cause?: unknown): SeedbedError {
  return new SeedbedError('BAD_LINK', `this is not an invitation link: ${reason}`, cause === undefined ? {} : { cause })
}
