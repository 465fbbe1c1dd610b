import type { Profile } from '@seedbed/core'
import { readIdentity } from '@seedbed/core/page'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { Author } from '../components/author.tsx'
import { CopyButton } from '../components/copy-button.tsx'
import { Confirm } from '../components/dialog.tsx'
import { tell, toastFailure } from '../components/toasts.tsx'
import { explain } from '../peer/failure.ts'
import { useCommunities, usePersonal } from '../peer/queries.ts'
import { profiles, takePhrase } from '../peer/start.ts'
import { useLiveQuery, usePeer, useStore, valueOf } from '../peer/use-peer.tsx'
import { Link } from '../routing/router.tsx'
import { THEMES, themeStore, type Theme } from '../shell/theme.ts'
import { useTitle } from './use-title.ts'

const THEME_NAMES: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' }

export function SettingsScreen (): ReactNode {
  useTitle('Settings')
  const node = usePeer()
  return (
    <>
      <h1>Settings</h1>
      <nav aria-label='Yours' className='buttons narrow-only'>
        <Link to={{ name: 'author', author: node.author }} className='button'>Profile</Link>
        <Link to={{ name: 'saved' }} className='button'>Saved</Link>
        <Link to={{ name: 'seeds' }} className='button'>What I seed</Link>
      </nav>
      <Look />
      <Identity />
      <Muted />
      <OtherIdentity />
      <ThisBrowser />
    </>
  )
}

function Look (): ReactNode {
  const theme = useStore(themeStore)
  return (
    <section className='card'>
      <fieldset className='choices'>
        <legend><h2>Look</h2></legend>
        {THEMES.map(one => <label key={one} className='check'><input type='radio' name='theme' checked={theme === one} onChange={() => { themeStore.set(one) }} /> {THEME_NAMES[one]}</label>)}
      </fieldset>
    </section>
  )
}

function Identity (): ReactNode {
  const node = usePeer()
  const [asking, setAsking] = useState(false)
  const [phrase, setPhrase] = useState<string | null>(null)

  async function show (): Promise<void> {
    try {
      const identity = await readIdentity(profiles.current().dataDir)
      if (identity !== null) setPhrase(identity.phrase)
    } catch (error) {
      toastFailure('The recovery phrase could not be read', error)
    }
  }

  return (
    <section className='card' aria-labelledby='identity-title'>
      <h2 id='identity-title'>Your identity</h2>
      <p>You are a key that was made in this browser. <Link to={{ name: 'author', author: node.author }}>Your profile</Link> says what others see.</p>
      <details><summary>Author id</summary><p className='address'>{node.author}</p></details>
      {phrase === null
        ? <div className='buttons'><button type='button' className='button' onClick={() => { setAsking(true) }}>Show recovery phrase</button></div>
        : (
            <>
              <ol className='phrase' aria-label='Recovery phrase'>{phrase.split(' ').map((word, i) => <li key={i}>{word}</li>)}</ol>
              <div className='buttons'>
                <CopyButton label='Copy' text={phrase} />
                <a className='button' download='seedbed-recovery-phrase.txt' href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${phrase}\n`)}`}>Download</a>
                <button type='button' className='button' onClick={() => { setPhrase(null) }}>Hide</button>
              </div>
              <p className='hint'>Keep it on paper or in a password manager. Nobody can give it back to you.</p>
            </>
          )}
      <Confirm open={asking} title='Show the recovery phrase?' action='Show it' onClose={() => { setAsking(false) }} onConfirm={() => { void show() }}>
        <p>Whoever sees these words can write, vote and delete as you, for ever. Make sure that nobody looks at your screen.</p>
      </Confirm>
    </section>
  )
}

function Muted (): ReactNode {
  const node = usePeer()
  const mutes = usePersonal()?.mutes
  const joined = valueOf(useCommunities())
  const [people, setPeople] = useState<readonly Profile[]>([])
  useEffect(() => {
    let wanted = true
    // Names differ between communities; the first one that an author gave stands for all.
    async function look (): Promise<void> {
      const found = await Promise.all((mutes ?? []).map(async author => {
        const profiles = await Promise.all((joined ?? []).map(async ({ address }) => await node.profiles.get(author, address)))
        return profiles.find(({ name }) => name !== null) ?? profiles[0] ?? { author, name: null, about: null, fingerprint: author.slice(0, 8) }
      }))
      if (wanted) setPeople(found)
    }
    look().catch(() => {}) // a community was left meanwhile, which asks anew
    return () => { wanted = false }
  }, [node, mutes, joined])
  if (people.length === 0) return null
  return (
    <section className='card' aria-labelledby='muted-title'>
      <h2 id='muted-title'>Authors you muted</h2>
      <ul className='rows'>
        {people.map(profile => <li key={profile.author} className='row'><span className='row-main'><Author profile={profile} /></span><button type='button' className='link' onClick={() => { void tell(node.personal.mute(profile.author, false), { done: 'No longer muted', failed: 'It was not changed' }) }}>Unmute</button></li>)}
      </ul>
    </section>
  )
}

function OtherIdentity (): ReactNode {
  const [phrase, setPhrase] = useState('')
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const others = profiles.list().slice(1)

  async function take (): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await takePhrase(phrase.trim())
      location.assign('/')
    } catch (error) {
      setFailure(explain(error))
      setBusy(false)
    }
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    setAsking(true)
  }

  return (
    <section className='card' aria-labelledby='other-title'>
      <h2 id='other-title'>Use another identity here</h2>
      <form className='form' onSubmit={submit}>
        <label className='field'>Recovery phrase<textarea rows={2} value={phrase} spellCheck={false} autoCapitalize='none' autoComplete='off' className='monospace' aria-invalid={failure !== null} onChange={event => { setPhrase(event.target.value) }} /></label>
        {failure !== null && <p className='failure' role='alert'>{failure}</p>}
        <div className='buttons'><button type='submit' className='button' disabled={busy || phrase.trim() === ''} aria-busy={busy}>{busy ? 'Opening…' : 'Use it'}</button></div>
      </form>
      {others.length > 0 && (
        <>
          <h3>Other identities in this browser</h3>
          <ul className='rows'>
            {others.map(profile => <li key={profile.dataDir} className='row'><span className='row-main address'>{profile.author ?? profile.dataDir}</span><button type='button' className='link' onClick={() => { profiles.use(profile); location.assign('/') }}>Use</button></li>)}
          </ul>
        </>
      )}
      <Confirm open={asking} title='Use this identity?' action='Use it' onClose={() => { setAsking(false) }} onConfirm={() => { void take() }}>
        <p>This page starts anew as that author. What your present identity has here stays in this browser, and you can come back to it in Settings; make sure that you have its recovery phrase all the same.</p>
      </Confirm>
    </section>
  )
}

function ThisBrowser (): ReactNode {
  const node = usePeer()
  const hosting = valueOf(useLiveQuery(node.hosting))
  const [persisted, setPersisted] = useState<boolean | null>(null)
  const kept = persisted ?? hosting?.persisted ?? null
  const place = hosting === null || hosting.place === 'starting' ? 'The peer is starting.' : hosting.place === 'here' ? 'The peer of all your tabs runs in this one.' : 'The peer runs in another tab of this browser; this one uses it.'
  return (
    <section className='card' aria-labelledby='browser-title'>
      <h2 id='browser-title'>This browser</h2>
      <p>{place}</p>
      <p>{kept === true ? 'The browser promised to keep your data when space runs short.' : 'The browser may delete your data when space runs short: it gave no promise to keep them. Keep your recovery phrase.'}</p>
      {kept !== true && 'storage' in navigator && <div className='buttons'><button type='button' className='button' onClick={() => { void navigator.storage.persist().then(setPersisted) }}>Ask it to keep them</button></div>}
    </section>
  )
}
