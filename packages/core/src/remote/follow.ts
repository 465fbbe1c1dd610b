// A tab that does not lead: reaches the worker of the tab that does, over a channel that only the two know.
import { HELLO_INTERVAL_MS } from '../limits.ts'
import { channelLink } from './link.ts'
import { hasLocks, holdLock } from './locks.ts'
import { hostLock, sessionChannel, type CommonMessage } from './protocol.ts'
import type { TabLink } from './tab-node.ts'

export interface FollowOptions {
  readonly name: string
  readonly host: string
  readonly tab: string
  readonly version: number
  /** To everybody. */
  post (message: CommonMessage): void
  /** The worker is gone for good. */
  onGone (): void
}

export interface Following {
  readonly link: TabLink
  /** The worker answered; it is no longer greeted. */
  welcomed (): void
  close (): void
}

export function follow ({ name, host, tab, version, post, onGone }: FollowOptions): Following {
  const link: TabLink = channelLink(new BroadcastChannel(sessionChannel(name, host, tab)))
  const ending = new AbortController()
  // Whether a message that is sent right after a channel was opened arrives is the browser's affair: it is repeated.
  const greet = (): void => { post({ t: 'hello', host, tab, version }) }
  const timer = setInterval(greet, HELLO_INTERVAL_MS)
  greet()
  if (hasLocks()) {
    holdLock(hostLock(name, host), { mode: 'shared', signal: ending.signal }).then(
      release => {
        release()
        if (!ending.signal.aborted) onGone()
      },
      () => {}) // the wait ended because this tab has what it needs
  }
  return {
    link,
    welcomed () { clearInterval(timer) },
    close () {
      clearInterval(timer)
      ending.abort()
      link.close()
    }
  }
}
