import type { CommunityAddress, CommunityStatus, EquivocationProof, PeerInfo, Seedbox } from '@seedbed/core'
import { useEffect, useState, type FormEvent, type ReactNode } from 'react'
import { equivocationWords, exchangeWords, incompleteWords, olderWords, storageWords } from '../../exchange-words.ts'
import { Author } from '../components/author.tsx'
import { CommunityLink, nameOf } from '../components/community-name.tsx'
import { Foreign } from '../components/foreign.tsx'
import { Notice, Skeleton } from '../components/notice.tsx'
import { tell } from '../components/toasts.tsx'
import { useCommunities, useNetwork, usePersonal, useStatus } from '../peer/queries.ts'
import { useLiveQuery, usePeer, valueOf } from '../peer/use-peer.tsx'
import { explain } from '../peer/failure.ts'
import { SEED_SAMPLE } from '../limits.ts'
import { byteSize, count } from '../text/quantities.ts'
import { DEVICE_WORDS, transportWords } from '../text/network-words.ts'
import { seedWords } from '../text/seed-words.ts'
import { syncWords } from '../text/sync-words.ts'
import { useTitle } from './use-title.ts'

export function NetworkScreen (): ReactNode {
  useTitle('Network')
  const node = usePeer()
  const snapshot = useNetwork()
  const network = valueOf(snapshot)
  return (
    <>
      <header className='screen-head'>
        <h1>Network</h1>
        <button type='button' className='button' onClick={() => { void tell(node.sync(), { done: 'Exchanged with everybody who is connected', failed: 'The exchange did not finish' }) }}>Exchange now</button>
      </header>
      {network === null && (snapshot.state === 'failed' ? <Notice icon='warning' kind='failed' title='The network could not be read'>{explain(snapshot.error)}</Notice> : <Skeleton rows={6} kind='line' />)}
      {network !== null && <><Peers peers={network.peers} /><Communities /><Seedboxes seedboxes={network.seedboxes} /></>}
      <Contradictions />
      <Devices />
    </>
  )
}

function Peers ({ peers }: { readonly peers: readonly PeerInfo[] }): ReactNode {
  const communities = valueOf(useCommunities())
  return (
    <section aria-labelledby='peers-title'>
      <h2 id='peers-title'>{count(peers.length, 'peer')} connected</h2>
      {peers.length === 0 && <p className='faint'>Nobody yet. Pages meet each other through a seedbox or an invitation link.</p>}
      <ul className='rows'>
        {peers.map(peer => (
          <li key={peer.peerId} className='row'>
            <span className='row-main'>
              <span className='address' title={peer.peerId}>…{peer.peerId.slice(-8)}</span>
              <span className='faint'>{peer.communities.length === 0 ? 'in none of your communities' : peer.communities.map((address, i) => <span key={address}>{i > 0 && ', '}<Foreign>{nameOf(communities?.find(one => one.address === address), address)}</Foreign></span>)}</span>
            </span>
            <span className='tag'>{transportWords(peer.transports)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Communities (): ReactNode {
  const status = valueOf(useStatus())
  if (status === null || status.communities.length === 0) return null
  return (
    <section aria-labelledby='exchange-title'>
      <h2 id='exchange-title'>Your communities</h2>
      <p className='hint'>Whoever has the text of a post is its seed: you, and members who are connected.</p>
      <ul className='rows'>
        {status.communities.map(community => (
          <li key={community.address} className='row'>
            <span className='row-main'><strong><Foreign>{nameOf(community, community.address)}</Foreign></strong><span className={`sync sync-${community.sync.state}`}>{syncWords(community.sync, community.unsent)}</span><Exchanges community={community} /><Seeded community={community.address} /></span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Why something does not come: only what is not as it should be. */
function Exchanges ({ community: { sync, shards, storage } }: { readonly community: CommunityStatus }): ReactNode {
  const incomplete = incompleteWords(shards)
  const older = olderWords(shards)
  const full = storageWords(storage, byteSize)
  return (
    <>
      {incomplete !== null && <span className='faint'>{incomplete}</span>}
      {older !== null && <span className='faint'>{older}</span>}
      {full !== null && <span className='faint'>{full}</span>}
      {sync.exchanges.filter(({ state }) => state !== 'equal').map(exchange => <span key={exchange.peerId} className='faint'><span className='address' title={exchange.peerId}>…{exchange.peerId.slice(-8)}</span>: {exchangeWords(exchange, Date.now())}</span>)}
    </>
  )
}

/** A query of its own: those of many communities would drive out what is kept for going back. */
function Seeded ({ community }: { readonly community: CommunityAddress }): ReactNode {
  const { live } = usePeer()
  const snapshot = useLiveQuery(useState(() => live.feed({ communities: [community], sort: 'new', limit: SEED_SAMPLE }))[0])
  const page = valueOf(snapshot)
  return <span className='faint'>{page !== null ? seedWords(page) : snapshot.state === 'failed' ? explain(snapshot.error) : 'Looking for seeds…'}</span>
}

function Seedboxes ({ seedboxes }: { readonly seedboxes: readonly Seedbox[] }): ReactNode {
  const node = usePeer()
  const [address, setAddress] = useState('')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)

  async function add (): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await node.seedboxes.add(address.trim())
      setAddress('')
    } catch (error) {
      setFailure(explain(error))
    }
    setBusy(false)
  }

  function submit (event: FormEvent): void {
    event.preventDefault()
    if (!busy && address.trim() !== '') void add()
  }

  return (
    <section aria-labelledby='seedboxes-title'>
      <h2 id='seedboxes-title'>Seedboxes</h2>
      <p className='hint'>A seedbox is a peer that is always on: pages reach it and meet each other through it. Anybody can run one.</p>
      <ul className='rows'>
        {seedboxes.map(box => (
          <li key={box.peerId} className='row row-wrap'>
            <span className='row-main'>
              <span className='address'>{box.address}</span>
              <span className='faint'>{box.connected ? 'Connected' : 'Not connected; it is tried again'}{box.own ? ', yours' : ''}{box.connected && box.relay ? ', helps pages to meet' : ''}</span>
            </span>
            {!box.own && box.signalling !== null && (
              <label className='check' title='Your other devices then find you through it. It sees that they belong together, not what they say.'>
                <input type='checkbox' checked={box.trusted} onChange={event => { void tell(node.seedboxes.trust(box.peerId, event.target.checked), { failed: 'It was not changed' }) }} /> for my devices
              </label>
            )}
            <button type='button' className='link' aria-label={`Forget the seedbox …${box.peerId.slice(-8)}`} onClick={() => { void tell(node.seedboxes.remove(box.peerId), { done: 'Forgotten', failed: 'It was not removed' }) }}>Forget</button>
          </li>
        ))}
      </ul>
      <form className='form form-line' onSubmit={submit}>
        <label className='field'>Address of a seedbox
          <input value={address} className='monospace' spellCheck={false} autoCapitalize='none' placeholder='/dns4/example.org/tcp/443/wss/p2p/…' aria-invalid={failure !== null} onChange={event => { setAddress(event.target.value) }} />
        </label>
        <button type='submit' className='button' disabled={busy || address.trim() === ''} aria-busy={busy}>{busy ? 'Asking…' : 'Add'}</button>
      </form>
      {failure !== null && <p className='failure' role='alert'>{failure}</p>}
    </section>
  )
}

/** Authors whose key signed two pasts: their accident, or somebody else's hand. */
function Contradictions (): ReactNode {
  const node = usePeer()
  const [found, setFound] = useState<readonly EquivocationProof[]>([])
  useEffect(() => {
    let wanted = true
    const look = (): void => { node.equivocations().then(proofs => { if (wanted) setFound(proofs) }, () => {}) }
    look()
    const end = node.on('equivocation', look)
    return () => {
      wanted = false
      end()
    }
  }, [node])
  if (found.length === 0) return null
  return (
    <section aria-labelledby='contradictions-title'>
      <h2 id='contradictions-title'>Contradictions</h2>
      <ul className='rows'>
        {found.map(({ community, period, author, part, device, profile, isOwn }) => (
          <li key={`${community}:${period}:${author}:${part}:${device}`} className='row'><span className='row-main'><Author profile={profile} /><span className='faint'>{equivocationWords({ name: 'This author', period, isOwn })} In <CommunityLink address={community} />.</span></span></li>
        ))}
      </ul>
    </section>
  )
}

function Devices (): ReactNode {
  const sync = usePersonal()?.sync
  if (sync === undefined) return null
  return (
    <section aria-labelledby='devices-title'>
      <h2 id='devices-title'>Your devices</h2>
      <p>{DEVICE_WORDS[sync.state]}{sync.state === 'connected' && ` ${count(sync.devices, 'other device')} here now.`}</p>
      <p className='hint'>Communities, drafts, follows, mutes and saved posts are shared by devices with the same recovery phrase, and seen by nobody else.</p>
    </section>
  )
}
