// What a tab and the peer's worker say to each other. Both ends are this code, but not always of the same release: a tab
// that was left open meets the worker of a newer one. The version in the first message tells them apart.
import type { AuthorId } from '@seedbed/crdt-index'
import type { Patch } from './patch.ts'

/** Raise it with every change of these messages or of what a call means; the higher one wins, the other tab must reload. */
export const REMOTE_VERSION: number = 3

export interface WireError { readonly code: string, readonly message: string }

/** One part of a stream, in either direction. The reader pulls: one answer (`part`, `end` or `fail`) for each `pull`. */
export type StreamMessage =
  | { readonly t: 'pull' | 'stop' | 'end', readonly stream: string }
  | { readonly t: 'part', readonly stream: string, readonly value: unknown }
  | { readonly t: 'fail', readonly stream: string, readonly error: WireError }

export type TabMessage =
  | StreamMessage
  /** `signal`: index of the argument that takes an AbortSignal. `streams`: indexes of arguments that come as streams. */
  | { readonly t: 'call', readonly id: number, readonly name: string, readonly args: readonly unknown[], readonly signal: number | null, readonly streams: readonly number[] }
  | { readonly t: 'abort', readonly id: number }
  | { readonly t: 'listen' | 'unlisten', readonly event: string }
  | { readonly t: 'watch', readonly id: number, readonly name: string, readonly args: readonly unknown[] }
  /** `seen`: the last `live` message of this query was taken in; the next one may come. */
  | { readonly t: 'unwatch' | 'refresh' | 'seen', readonly id: number }

export type HostMessage =
  | StreamMessage
  | { readonly t: 'welcome', readonly author: AuthorId }
  /** The worker is of another release. */
  | { readonly t: 'mismatch', readonly version: number }
  /** The worker ends in order; what it did not answer by now it will not. */
  | { readonly t: 'bye' }
  | { readonly t: 'result', readonly id: number, readonly value: unknown }
  | { readonly t: 'error', readonly id: number, readonly error: WireError }
  | { readonly t: 'event', readonly event: string, readonly details: unknown }
  /** `patch` leads from the value sent before (at first null) to this one; `error` is set while the query fails. */
  | { readonly t: 'live', readonly id: number, readonly patch: Patch, readonly updatedAtMs: number, readonly error: WireError | null }

/** What all tabs and workers of one peer hear. */
export type CommonMessage =
  /** A tab looks for the worker. */
  | { readonly t: 'who', readonly tab: string, readonly version: number }
  /** The worker serves. `sinceMs`: when its tab took the lead, Unix milliseconds. */
  | { readonly t: 'up', readonly host: string, readonly version: number, readonly sinceMs: number }
  /** A tab asks this worker for a channel of their own, named by both. */
  | { readonly t: 'hello', readonly host: string, readonly tab: string, readonly version: number }

/** From the page to its own worker, once; with it go the port of the tab's session and the port of the WebRTC proxy. */
export interface StartMessage {
  readonly t: 'start'
  readonly name: string
  readonly host: string
  /** When the page took the lead, Unix milliseconds. */
  readonly sinceMs: number
  readonly options: Readonly<Record<string, unknown>>
  readonly session: MessagePort
  /** Null where the page has no WebRTC. */
  readonly rtc: MessagePort | null
}
export type WorkerOrder = StartMessage | { readonly t: 'stop' }
export type WorkerNews =
  | { readonly t: 'up' | 'stopped' }
  | { readonly t: 'failed', readonly error: WireError }

/** Names of the shared channel, the locks and the channels of a peer's name. */
export const commonChannel = (name: string): string => `seedbed:${name}`
export const sessionChannel = (name: string, host: string, tab: string): string => `seedbed:${name}:${host}:${tab}`
/** Held by the tab whose worker runs the peer. */
export const leadLock = (name: string): string => `seedbed:${name}:lead`
/** Held by the worker while it has the database open: a dying worker and the next one never have it both. */
export const databaseLock = (name: string): string => `seedbed:${name}:database`
/** Held by the worker as long as it lives; a tab that gets it knows that the worker is gone. */
export const hostLock = (name: string, host: string): string => `seedbed:${name}:host:${host}`
/** Held by a tab as long as it lives; the worker that gets it knows that the tab is gone. */
export const tabLock = (name: string, tab: string): string => `seedbed:${name}:tab:${tab}`
