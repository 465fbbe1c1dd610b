import type { Profile } from '@seedbed/core'
import type { ReactNode } from 'react'
import { useFollowed } from '../peer/queries.ts'
import { usePeer } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { Foreign } from './foreign.tsx'

/** A name anybody may choose, and the words from the key that nobody can. */
/** `tag`: what else there is to say of them here. */
export function Author ({ profile, tag }: { readonly profile: Profile, readonly tag?: string | undefined }): ReactNode {
  const { author } = usePeer()
  const followed = useFollowed(profile.author)
  const { name, fingerprint } = profile
  return (
    <span className='author'>
      <Link to={{ name: 'author', author: profile.author }} className='author-name' title={`${fingerprint} (these words are made from the key)`}>
        {name === null ? <span className='fingerprint'>{fingerprint}</span> : <><Foreign>{name}</Foreign> <span className='fingerprint'>{shortPrint(fingerprint)}</span></>}
      </Link>
      {profile.author === author && <span className='tag'>you</span>}
      {followed && <span className='tag'>followed</span>}
      {tag !== undefined && <span className='tag'>{tag}</span>}
    </span>
  )
}

/** Two of the four words beside a chosen name; all four are on the author's page. */
function shortPrint (fingerprint: string): string {
  return fingerprint.split('-').slice(0, 2).join('-')
}
