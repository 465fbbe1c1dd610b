import type { FeedPost, Profile } from '@seedbed/core'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { CommunityLink } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { tell } from '../components/toasts.tsx'
import { PostRow } from '../feed/post-row.tsx'
import { MAX_FEED } from '../limits.ts'
import { lookThrough } from '../peer/look-through.ts'
import { useCommunities, usePersonal } from '../peer/queries.ts'
import { usePeer, valueOf } from '../peer/use-peer.tsx'
import { Markdown } from '../text/markdown-view.tsx'
import { useTitle } from './use-title.ts'

interface Known {
  /** One for each community in which the author said something about themselves, the newest joined first. */
  readonly profiles: ReadonlyArray<{ readonly community: string, readonly profile: Profile }>
  readonly fingerprint: string | null
  readonly posts: readonly FeedPost[]
}

export function AuthorScreen ({ author }: { readonly author: string }): ReactNode {
  const node = usePeer()
  const known = useKnown(author)
  const personal = usePersonal()
  const own = node.author === author
  const first = known?.profiles[0]?.profile
  useTitle(first?.name ?? known?.fingerprint ?? 'Author')
  const follows = personal?.follows.some(one => one === author) ?? false
  const mutes = personal?.mutes.some(one => one === author) ?? false
  return (
    <>
      <header className='screen-head'>
        <div>
          <h1>{first?.name == null ? known?.fingerprint ?? 'Author' : <Foreign>{first.name}</Foreign>}{own && <span className='tag'>you</span>}</h1>
          {known?.fingerprint != null && first?.name != null && <p className='fingerprint' title='Made from the key: nobody can choose them. Compare all four.'>{known.fingerprint}</p>}
        </div>
        {!own && (
          <div className='buttons'>
            <button type='button' className='button' aria-pressed={follows} onClick={() => { void tell(node.personal.follow(author, !follows), { failed: 'It was not changed' }) }}>{follows ? 'Following' : 'Follow'}</button>
            <button type='button' className='button' aria-pressed={mutes} onClick={() => { void tell(node.personal.mute(author, !mutes), { done: mutes ? 'No longer muted' : 'Muted: what they write is no longer shown', failed: 'It was not changed' }) }}>{mutes ? 'Muted' : 'Mute'}</button>
          </div>
        )}
      </header>
      {own && <ProfileForm name={first?.name ?? ''} about={first?.about ?? ''} key={`${first?.name}:${first?.about}`} />}
      {!own && known?.profiles.map(({ community, profile }) => profile.about !== null && <section key={community} className='card' aria-label='About'><Markdown text={profile.about} /><p className='hint'>Said in <CommunityLink address={community} /></p></section>)}
      <h2>Posts</h2>
      {known === null && <Skeleton rows={4} kind='post' />}
      {known?.posts.length === 0 && <Notice icon='sprout' title={own ? 'You have not posted yet' : 'No posts known here'}>{!own && <p>Only posts in communities that you joined are known.</p>}</Notice>}
      {known !== null && known.posts.length > 0 && <ol className='posts'>{known.posts.map(post => <li key={post.id}><PostRow post={post} showCommunity read={false} gone={false} /></li>)}</ol>}
    </>
  )
}

/** All known posts are looked through once; whenever something changed, the newest ones again. */
function useKnown (author: string): Known | null {
  const node = usePeer()
  const joined = valueOf(useCommunities())
  const [known, setKnown] = useState<{ readonly author: string, readonly what: Known } | null>(null)
  useEffect(() => {
    if (joined === null) return
    let wanted = true
    let timer: ReturnType<typeof setTimeout> | undefined
    let held: readonly FeedPost[] | null = null
    async function look (): Promise<void> {
      const profiles = await Promise.all((joined ?? []).map(async ({ address }) => ({ community: address as string, profile: await node.profiles.get(author, address) })))
      const said = profiles.filter(({ profile }) => profile.name !== null || profile.about !== null)
      const show = (posts: readonly FeedPost[]): void => {
        if (wanted) setKnown({ author, what: { profiles: said, fingerprint: profiles[0]?.profile.fingerprint ?? null, posts } })
      }
      const posts: FeedPost[] = []
      for await (const page of lookThrough(node, { mutes: 'show' })) {
        if (!wanted) return
        posts.push(...page.filter(post => post.author === author))
        if (held === null) {
          show([...posts])
          continue
        }
        const last = page.at(-1)
        if (page.length === MAX_FEED && last !== undefined) posts.push(...held.filter(({ createdAtMs }) => createdAtMs < last.createdAtMs))
        break
      }
      held = posts
      show(posts)
    }
    const failed = (): void => { setKnown(before => before ?? { author, what: { profiles: [], fingerprint: null, posts: [] } }) }
    let last = look().catch(failed)
    const end = node.on('change', () => { timer ??= setTimeout(() => { timer = undefined; last = last.then(look).catch(failed) }, 1000) })
    return () => {
      wanted = false
      clearTimeout(timer)
      end()
    }
  }, [node, author, joined])
  return known?.author === author ? known.what : null
}

function ProfileForm ({ name: oldName, about: oldAbout }: { readonly name: string, readonly about: string }): ReactNode {
  const node = usePeer()
  const [name, setName] = useState(oldName)
  const [about, setAbout] = useState(oldAbout)
  const [busy, setBusy] = useState(false)
  async function save (): Promise<void> {
    setBusy(true)
    await tell(node.profiles.set({ ...(name === oldName ? {} : { name }), ...(about === oldAbout ? {} : { about }) }), { done: 'Saved for all your communities', failed: 'The profile was not saved' })
    setBusy(false)
  }
  function submit (event: FormEvent): void {
    event.preventDefault()
    void save()
  }
  return (
    <form className='form card' onSubmit={submit} aria-label='Your profile'>
      <label className='field'>Name<input value={name} dir='auto' maxLength={100} autoComplete='nickname' onChange={event => { setName(event.target.value) }} /></label>
      <label className='field'>About you<textarea value={about} dir='auto' rows={3} maxLength={2000} onChange={event => { setAbout(event.target.value) }} /></label>
      <p className='hint'>Everybody in your communities can read this. Others may choose the same name; the four words tell you apart.</p>
      <div className='buttons'><button type='submit' className='button button-main' disabled={busy || (name === oldName && about === oldAbout)}>Save</button></div>
    </form>
  )
}
