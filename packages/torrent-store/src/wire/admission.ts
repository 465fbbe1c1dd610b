// Who may connect to a listener, over whatever transport, and at what rates. A full listener makes room for whoever has
// less than others: of the address with the most connections goes the one that took nothing for longest. Clients keep
// connections of finished downloads open: those go before, also for one more of the same address when it has its share.
// They are not closed sooner, because some dial again as often as they are.
// Time comes in as an argument; there is no clock and no timer here.
import { CROWDED_IDLE_MS, FINISHED_GRACE_MS, MAX_REMEMBERED_ADDRESSES, RATE_BURST_SECONDS, type TorrentStoreLimits } from '../limits.ts'
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
interface Group extends Rates { readonly members: Set<Member> }
interface Member { readonly group: Group, connection: Admitted | null, readonly leave: () => void }

/** `nowMs` is a clock that does not run backwards. */
export function createAdmission (limits: TorrentStoreLimits, nowMs: () => number): Admission {
  const groups = new Map<string, Group>()
  const all = ratesOf(limits.maxEncryptedHandshakesPerSecond, limits.maxInboundBytesPerSecond, limits.maxServeBytesPerSecond)
  /** Those with members. */
  const present = new Set<Group>()
  let size = 0

  function groupOf (address: string): Group {
    const key = addressGroup(address)
    let group = groups.get(key)
    if (group !== undefined) return group
    if (groups.size >= MAX_REMEMBERED_ADDRESSES) forget()
    group = {
      members: new Set(),
      ...ratesOf(limits.maxEncryptedHandshakesPerSecondPerAddress, limits.maxInboundBytesPerSecondPerAddress, limits.maxServeBytesPerSecondPerAddress)
    }
    groups.set(key, group)
    return group
  }

  /** Who came first and is gone; there are more remembered addresses than seats. */
  function forget (): void {
    for (const [key, group] of groups) {
      if (group.members.size > 0) continue
      groups.delete(key)
      return
    }
  }

  /** Frees a seat for one more of `newcomer`; false: nobody has to go for it. */
  function makeRoom (newcomer: Group): boolean {
    let crowd = newcomer
    for (const group of present) if (group.members.size > crowd.members.size) crowd = group
    if (sendAway(longestFinished(crowd.members))) return true
    if (crowd.members.size > newcomer.members.size + 1) return sendAway(longestUnserved(crowd.members))
    const everybody = [...present].flatMap(group => [...group.members])
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
      if (size >= limits.maxConnections && !makeRoom(group)) return null
      const member: Member = {
        group,
        connection: null,
        leave () {
          if (!group.members.delete(member)) return
          if (group.members.size === 0) present.delete(group)
          size--
        }
      }
      group.members.add(member)
      present.add(group)
      size++
      return {
        quota: quotaOf(group, all, nowMs),
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

/** The address first: what it is refused costs the others nothing. */
function quotaOf (own: Rates, all: Rates, nowMs: () => number): ConnectionQuota {
  return {
    mayEncrypt: () => own.encrypt.take(1, nowMs()) && all.encrypt.take(1, nowMs()),
    mayReceive: bytes => own.inbound.take(bytes, nowMs()) && all.inbound.take(bytes, nowMs()),
    sendDelayMs: bytes => Math.max(own.outbound.spend(bytes, nowMs()), all.outbound.spend(bytes, nowMs()))
  }
}
