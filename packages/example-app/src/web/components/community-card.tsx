import type { Community } from '@seedbed/core'
import { useState, type ReactNode } from 'react'
import { useStatus } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { DEFAULT_SORTING } from '../routing/routes.ts'
import { Link, useRouter } from '../routing/router.tsx'
import { isOnlyHere, webAddress } from '../routing/web-address.ts'
import { count, grouped } from '../text/quantities.ts'
import { syncWords } from '../text/sync-words.ts'
import { nameOf } from './community-name.tsx'
import { CopyButton } from './copy-button.tsx'
import { Confirm } from './dialog.tsx'
import { Foreign } from './foreign.tsx'
import { Moment } from './moment.tsx'
import { tell } from './toasts.tsx'

/** What a community is, who is there, and how to invite others or to leave. */
export function CommunityCard ({ community }: { readonly community: Community }): ReactNode {
  const node = usePeer()
  const { go } = useRouter()
  const [leaving, setLeaving] = useState(false)
  const { address } = community
  const status = valueOf(useStatus())?.communities.find(one => one.address === address)

  async function leave (): Promise<void> {
    const { href } = location
    const left = await tell(node.communities.leave(address), { done: `You left ${nameOf(community, address)}`, failed: 'You did not leave' })
    if (left && location.href === href) go({ name: 'home', sorting: DEFAULT_SORTING }) // whoever went on meanwhile stays there
  }

  return (
    <section className='card' aria-label='About this community'>
      <h2><Foreign>{community.title ?? nameOf(community, address)}</Foreign></h2>
      <dl className='facts'>
        {status !== undefined && <><dt>Posts</dt><dd>{grouped(status.posts)}</dd><dt>Comments</dt><dd>{grouped(status.comments)}</dd><dt>Authors</dt><dd>{grouped(status.authors)}</dd></>}
        <dt>Joined</dt><dd><Moment ms={community.joinedAtMs} /></dd>
      </dl>
      {status !== undefined && <p className={`sync sync-${status.sync.state}`}>{syncWords(status.sync, status.unsent)}</p>}
      <div className='buttons buttons-stacked'>
        <CopyButton label='Copy invite link' text={async () => (await node.invitations.create({ community: address })).link} />
        <CopyButton label='Copy web address' text={async () => webAddress((await node.invitations.create({ community: address })).link, location.origin)} />
      </div>
      <p className='hint'>Both invite others: the link works in every Seedbed app, the web address in any browser{isOnlyHere(location.hostname) ? ' of this machine' : ''}.</p>
      <details><summary>Address</summary><p className='address'>{address}</p>{community.founder === null ? null : <p className='hint'>Begun by <span className='address'>{community.founder}</span></p>}</details>
      <div><Link to={{ name: 'moderators', address }} className='link'>Moderators</Link></div>
      <div><button type='button' className='link' onClick={() => { setLeaving(true) }}>Leave this community</button></div>
      <Confirm danger open={leaving} title={`Leave ${nameOf(community, address)}?`} action='Leave' onClose={() => { setLeaving(false) }} onConfirm={() => { void leave() }}>
        <p>This browser forgets the posts and votes of this community. What you wrote stays with others; here it stays only until the space is needed.{status !== undefined && status.unsent > 0 && ` ${count(status.unsent, 'thing')} of yours were not sent to anybody yet and would be lost.`}</p>
      </Confirm>
    </section>
  )
}
