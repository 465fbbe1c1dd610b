import type { FeedPost } from '@seedbed/core'
import type { ReactNode } from 'react'
import { Icon } from '../components/icon.tsx'
import { usePeer } from '../peer/use-peer.tsx'
import { count } from '../text/quantities.ts'

/** Who has the text, and whether it is you. */
export function SeedFacts ({ post }: { readonly post: Pick<FeedPost, 'seeds' | 'seeding' | 'vote' | 'author'> }): ReactNode {
  const { author } = usePeer()
  const mine = post.author === author ? 'yours' : post.vote === 1 ? 'you seed it' : null
  return (
    <>
      {post.seeds !== null && (
        <span className={`fact ${post.seeds === 0 ? 'fact-faint' : ''}`} title='Peers that are known to have the text: you, and connected members'>
          <Icon name='sprout' /> {post.seeds === 0 ? 'nobody connected has it' : count(post.seeds, 'seed')}
        </span>
      )}
      {mine !== null && <span className='tag tag-seed'>{mine}</span>}
    </>
  )
}
