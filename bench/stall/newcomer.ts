// The peer that has nothing. Its process is up, its libp2p node listens and its database is open when the clock starts.
import { multiaddr } from '@multiformats/multiaddr'
import { createCrdtIndex, createLibp2pTransport, type CommunityAddress } from '@seedbed/crdt-index'
import { Level } from 'level'
import { createBareLibp2p } from '../support/bare-libp2p.ts'
import { answer } from '../support/child.ts'
import { watchStalls, type Stalls } from '../support/stalls.ts'
import { until } from '../support/until.ts'

export interface Joining { readonly folder: string, readonly community: CommunityAddress, readonly peer: string, readonly digest: string, readonly votes: number, readonly threads: boolean }
export interface Joined extends Stalls { readonly seconds: number }

const libp2p = await createBareLibp2p()

answer({
  /** Until all is here; `close`, which saves a checkpoint, and starting again are watched too. */
  async join ({ folder, community, peer, digest, votes: wanted, threads }: Joining): Promise<{ readonly joining: Joined, readonly closing: Joined, readonly opening: Joined }> {
    const db = new Level(folder)
    await db.open()
    const noThreads = (): never => { throw new Error('no threads') }
    const open = async (transport: boolean) => await createCrdtIndex({ db: db.sublevel('index'), ...threads ? {} : { openVerifyPool: noThreads }, ...transport ? { transport: createLibp2pTransport(libp2p) } : {} })
    const index = await open(true)
    let votes = 0
    index.on('change', ({ changes }) => { for (const { root, before, after } of changes) if (root === 'votes') votes += Number(after !== undefined) - Number(before !== undefined) })
    const joining = await watched(async () => {
      await index.join(community)
      await libp2p.dial(multiaddr(peer))
      await until('all votes are here', () => votes === wanted, { timeoutMs: 120_000 })
      await until('the digests are equal', () => index.status(community).digest === digest, { everyMs: 50 })
    })
    const closing = await watched(async () => { await index.close() })
    let digestAgain = ''
    const opening = await watched(async () => { digestAgain = (await open(false)).status(community).digest })
    if (digestAgain !== digest) throw new Error('another digest after the start')
    return { joining, closing, opening }
  }
})

async function watched (act: () => Promise<void>): Promise<Joined> {
  const stalls = watchStalls()
  const beganMs = performance.now()
  await act()
  return { seconds: (performance.now() - beganMs) / 1000, ...stalls.end() }
}
