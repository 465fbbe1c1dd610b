// Who may connect to a listener, over whatever transport, and at what rates. A full listener makes room for whoever has
// less than others: of the address with the most connections goes the one that took nothing for longest. Clients keep
// connections of finished downloads open: those go before, also for one more of the same address when it has its share.
// They are not closed sooner, because some dial again as often as they are.
// The same holds between networks before it holds between addresses: who has a /48 has 65,536 addresses to come from.
// Time comes in as an argument; there is no clock and no timer here.
import { CROWDED_IDLE_MS, FINISHED_GRACE_MS, MAX_REMEMBERED_ADDRESSES, NETWORK_SHARE, RATE_BURST_SECONDS, type TorrentStoreLimits } from '../limits.ts'
import { addressGroup } from './address-group.ts'
import { createTokenBucket, type TokenBucket } from '../token-bucket.ts'

/** What one connection shares with others: rates of its address and of the listener. */
export interface ConnectionQuota {
  /** Asked before the key exchange, which costs CPU. */
  mayEncrypt (): boolean
  /** Counts bytes that came; false: too many. */
  mayReceive (bytes: number): boolean
  /** Milliseconds to wait until so many bytes may be sent; they count as sent. */
  sendDelayMs (bytes: number): number
}

/** The part of a served connection that decides who goes. */
export interface Admitted {
  /** When it was last sent something, or began. */
  readonly lastSentMs: number
  /** Needs nothing more. */
  readonly finished: boolean
  readonly close: () => void
}

export interface Seat {
  readonly quota: ConnectionQuota
  /** Says what sits here; an empty seat is never taken away. */
  take (connection: Admitted): void
  /** May be called twice. */
  leave (): void
}

export interface Admission {
  readonly size: number
  /** Addresses that are remembered. */
  readonly addresses: number
  /** A seat for a connection from this address; null: there is none. */
  enter (address: string): Seat | null
}

interface Rates { readonly encrypt: TokenBucket, readonly inbound: TokenBucket, readonly outbound: TokenBucket }
interface Group extends Rates { readonly members: Set<Member>, readonly network: Network }
interface Network extends Rates {
  readonly key: string
  /** Of those with members. */
  readonly present: Set<Group>
  /** Groups that are remembered. */
  groups: number
  size: number
}
interface Member { readonly group: Group, connection: Admitted | null, readonly leave: () => void }

/** `nowMs` is a clock that does not run backwards. */
export function createAdmission (limits: TorrentStoreLimits, nowMs: () => number): Admission {
  const groups = new Map<string, Group>()
  const all = ratesOf(limits.maxEncryptedHandshakesPerSecond, limits.maxInboundBytesPerSecond, limits.maxServeBytesPerSecond)
  /** Those with remembered groups. */
  const networks = new Map<string, Network>()
  /** Those with members. */
  const present = new Set<Group>()
  const ofNetwork = (all: number, address: number): number => Math.max(address, Math.floor(all * NETWORK_SHARE))
  const maxConnectionsPerNetwork = ofNetwork(limits.maxConnections, limits.maxConnectionsPerAddress)
  let size = 0

  function groupOf (address: string): Group {
    const { host, network: networkKey } = addressGroup(address)
    let group = groups.get(host)
    if (group !== undefined) return group
    if (groups.size >= MAX_REMEMBERED_ADDRESSES) forget()
    const network = networks.get(networkKey) ?? {
      key: networkKey, present: new Set(), groups: 0, size: 0,
      ...ratesOf(
        ofNetwork(limits.maxEncryptedHandshakesPerSecond, limits.maxEncryptedHandshakesPerSecondPerAddress),
        ofNetwork(limits.maxInboundBytesPerSecond, limits.maxInboundBytesPerSecondPerAddress),
        ofNetwork(limits.maxServeBytesPerSecond, limits.maxServeBytesPerSecondPerAddress)
      )
    }
    networks.set(networkKey, network)
    network.groups++
    group = {
      members: new Set(),
      network,
      ...ratesOf(limits.maxEncryptedHandshakesPerSecondPerAddress, limits.maxInboundBytesPerSecondPerAddress, limits.maxServeBytesPerSecondPerAddress)
    }
    groups.set(host, group)
    return group
  }

  /** Who came first and is gone; there are more remembered addresses than seats. */
  function forget (): void {
    for (const [key, { members, network }] of groups) {
      if (members.size > 0) continue
      groups.delete(key)
      if (--network.groups === 0) networks.delete(network.key)
      return
    }
  }

  /** Frees a seat for one more of `newcomer`; false: nobody has to go for it. */
  function makeRoom (newcomer: Group): boolean {
    let crowd = newcomer.network
    for (const { network } of present) if (network.size > crowd.size) crowd = network
    if (crowd.size > newcomer.network.size + 1) {
      const most = mostCrowded(crowd.present)
      if (most !== null && (sendAway(longestFinished(most.members) ?? longestFinished(membersOf(crowd.present)) ?? longestUnserved(most.members)))) return true
    }
    return makeRoomAmong(present, newcomer)
  }

  /** The same where the newcomer's network has its share, or none has more than others. */
  function makeRoomAmong (present: ReadonlySet<Group>, newcomer: Group): boolean {
    const most = mostCrowded(present)
    const crowd = most !== null && most.members.size > newcomer.members.size ? most : newcomer
    if (sendAway(longestFinished(crowd.members))) return true
    if (crowd.members.size > newcomer.members.size + 1) return sendAway(longestUnserved(crowd.members))
    const everybody = membersOf(present)
    return sendAway(longestFinished(everybody) ?? longestUnserved(everybody, nowMs() - CROWDED_IDLE_MS))
  }

  /** Some time after the last bytes: who comes again at once, being sent away, must not drive the others out in a circle. */
  function longestFinished (members: Iterable<Member>): Member | null {
    return longestUnserved(members, nowMs() - FINISHED_GRACE_MS, ({ finished }) => finished)
  }

  function sendAway (victim: Member | null): boolean {
    if (victim?.connection == null) return false
    victim.leave()
    victim.connection.close()
    return true
  }

  return {
    get size () { return size },
    get addresses () { return groups.size },
    enter (address) {
      const group = groupOf(address)
      if (group.members.size >= limits.maxConnectionsPerAddress && !sendAway(longestFinished(group.members))) return null
      const { network } = group
      if (network.size >= maxConnectionsPerNetwork && !makeRoomAmong(network.present, group)) return null
      if (size >= limits.maxConnections && !makeRoom(group)) return null
      const member: Member = {
        group,
        connection: null,
        leave () {
          if (!group.members.delete(member)) return
          if (group.members.size === 0) {
            present.delete(group)
            network.present.delete(group)
          }
          network.size--
          size--
        }
      }
      group.members.add(member)
      present.add(group)
      network.present.add(group)
      network.size++
      size++
      return {
        quota: quotaOf([group, network, all], nowMs),
        take (connection) { member.connection = connection },
        leave: member.leave
      }
    }
  }
}

function longestUnserved (members: Iterable<Member>, beforeMs = Infinity, isFit: (connection: Admitted) => boolean = () => true): Member | null {
  let longest: Member | null = null
  let sinceMs = beforeMs
  for (const member of members) {
    const { connection } = member
    if (connection === null || connection.lastSentMs >= sinceMs || !isFit(connection)) continue
    longest = member
    sinceMs = connection.lastSentMs
  }
  return longest
}

function ratesOf (encryptPerSecond: number, inboundPerSecond: number, outboundPerSecond: number): Rates {
  return {
    encrypt: createTokenBucket(encryptPerSecond, encryptPerSecond * RATE_BURST_SECONDS),
    inbound: createTokenBucket(inboundPerSecond, inboundPerSecond * RATE_BURST_SECONDS),
    outbound: createTokenBucket(outboundPerSecond, outboundPerSecond * RATE_BURST_SECONDS)
  }
}

/** The address first, then its network: what one is refused costs the others nothing. */
function quotaOf (rates: readonly Rates[], nowMs: () => number): ConnectionQuota {
  return {
    mayEncrypt: () => rates.every(({ encrypt }) => encrypt.take(1, nowMs())),
    mayReceive: bytes => rates.every(({ inbound }) => inbound.take(bytes, nowMs())),
    sendDelayMs: bytes => Math.max(...rates.map(({ outbound }) => outbound.spend(bytes, nowMs())))
  }
}

function mostCrowded (groups: Iterable<Group>): Group | null {
  let most: Group | null = null
  for (const group of groups) if (most === null || group.members.size > most.members.size) most = group
  return most
}

function membersOf (groups: Iterable<Group>): Member[] {
  return [...groups].flatMap(({ members }) => [...members])
}
