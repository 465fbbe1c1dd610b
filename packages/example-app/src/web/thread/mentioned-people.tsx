import type { Profile, ThreadNode } from '@seedbed/core'
import { createContext, use, useCallback, useEffect, useState, type Context, type ReactNode } from 'react'
import { Foreign } from '../components/foreign.tsx'
import { usePeer } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { Mentioned } from '../text/markdown-view.tsx'

export interface Writers {
  readonly community: string
  readonly profiles: ReadonlyMap<string, Profile>
}

/** Who wrote in the thread that is shown: most who are mentioned did. */
export const ThreadWriters: Context<Writers> = createContext<Writers>({ community: '', profiles: new Map() })

/**
 * Within it, a mention links to the profile of whom the comment names. The words alone are no proof: keys with the same
 * four can be searched for, so only authors whom the comment's own entry mentions are linked.
 */
export function MentionedPeople ({ node: { mentions }, children }: { readonly node: Pick<ThreadNode, 'mentions'>, readonly children: ReactNode }): ReactNode {
  const peer = usePeer()
  const { community, profiles } = use(ThreadWriters)
  const [others, setOthers] = useState<readonly Profile[]>([])
  const unknown = mentions.filter(author => !profiles.has(author)).join(' ')
  useEffect(() => {
    if (unknown === '') return
    let wanted = true
    Promise.all(unknown.split(' ').map(async author => await peer.profiles.get(author, community))).then(found => { if (wanted) setOthers(found) }, () => {}) // the words stay words
    return () => { wanted = false }
  }, [peer, community, unknown])
  const draw = useCallback((words: string): ReactNode | undefined => {
    const all = [...mentions.flatMap(author => profiles.get(author) ?? []), ...others]
    const profile = all.find(({ fingerprint }) => fingerprint === words)
    return profile && <Link to={{ name: 'author', author: profile.author }} className='mention' title={words}>@{profile.name === null ? words : <Foreign>{profile.name}</Foreign>}</Link>
  }, [mentions, profiles, others])
  return <Mentioned value={draw}>{children}</Mentioned>
}
