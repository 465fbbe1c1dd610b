// What a tab may ask of the peer, by name. The types make the lists complete: a function of the SDK that is missing here
// does not compile.
import type { NodeEvents, SeedbedNode } from '../node.ts'
import type { RemoteCalls } from './remote-node.ts'

/** Names of the functions in an object and in the objects in it, with dots between. */
type FunctionNames<T, Before extends string = ''> = {
  [Name in keyof T & string]: T[Name] extends (...args: never[]) => unknown
    ? `${Before}${Name}`
    : T[Name] extends object ? FunctionNames<T[Name], `${Before}${Name}.`> : never
}[keyof T & string]

export type CallName = FunctionNames<RemoteCalls>

/**
 * What happens to a call whose peer goes away before it answered. `repeat`: it only reads, or does the same when done
 * twice, and is sent again; `once`: it is rejected with HOST_LOST; `stream`: it answers in parts and fails with HOST_LOST.
 */
export type CallKind = 'repeat' | 'once' | 'stream'

export const CALLS: Readonly<Record<CallName, CallKind>> = {
  'archives.export': 'stream',
  'archives.import': 'once',
  authored: 'repeat',
  'bodies.magnet': 'repeat',
  'bodies.read': 'repeat',
  'bodies.torrentFile': 'repeat',
  'comments.create': 'once',
  'communities.budget': 'repeat',
  'communities.create': 'once',
  'communities.join': 'once',
  'communities.leave': 'once',
  'communities.list': 'repeat',
  'communities.resolve': 'repeat',
  'communities.retain': 'repeat',
  connect: 'repeat',
  delete: 'once',
  equivocations: 'repeat',
  feed: 'repeat',
  import: 'repeat',
  'invitations.create': 'repeat',
  'labels.clear': 'once',
  'labels.list': 'repeat',
  'labels.set': 'once',
  'moderators.appoint': 'once',
  'moderators.dismiss': 'once',
  'moderators.list': 'repeat',
  notifications: 'repeat',
  peers: 'repeat',
  'personal.follow': 'repeat',
  'personal.followModerators': 'repeat',
  'personal.markRead': 'repeat',
  'personal.mute': 'repeat',
  'personal.save': 'repeat',
  'personal.setDraft': 'repeat',
  'personal.state': 'repeat',
  'posts.create': 'once',
  'profiles.find': 'repeat',
  'profiles.get': 'repeat',
  'profiles.set': 'once',
  reweigh: 'repeat',
  'revisions.create': 'once',
  'revisions.list': 'repeat',
  'revisions.read': 'repeat',
  'seedboxes.add': 'repeat',
  'seedboxes.list': 'repeat',
  'seedboxes.remove': 'repeat',
  'seedboxes.trust': 'repeat',
  'seeds.drop': 'once',
  'seeds.list': 'repeat',
  status: 'repeat',
  sync: 'repeat',
  thread: 'repeat',
  'votes.clear': 'once',
  'votes.down': 'once',
  'votes.up': 'once'
}

export type LiveName = keyof SeedbedNode['live']
export const LIVE: Readonly<Record<LiveName, true>> = { authored: true, communities: true, feed: true, network: true, notifications: true, personal: true, status: true, thread: true }

export type EventName = keyof NodeEvents
export const EVENTS: Readonly<Record<EventName, true>> = {
  change: true, entry: true, equivocation: true, label: true, 'peer:connect': true, 'peer:disconnect': true, seeds: true, stamp: true, sync: true, vote: true
}

export function isCallName (name: string): name is CallName { return Object.hasOwn(CALLS, name) }
export function isLiveName (name: string): name is LiveName { return Object.hasOwn(LIVE, name) }
export function isEventName (name: string): name is EventName { return Object.hasOwn(EVENTS, name) }
