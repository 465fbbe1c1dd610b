// One of two devices of an author.
import { createNode, type SeedbedNode } from '@seedbed/core'
import { answer } from '../support/child.ts'
import { until } from '../support/until.ts'

let node: SeedbedNode | null = null
/** When the device was back: from then on its address book may connect it by itself. */
let backMs = 0
function theNode (): SeedbedNode {
  if (node === null) throw new Error('not started')
  return node
}
const postsOf = async (): Promise<number> => (await theNode().status()).communities[0]?.posts ?? 0

answer({
  async start ({ dataDir, phrase }: { dataDir: string, phrase: string }): Promise<string | undefined> {
    node = await createNode({ dataDir, phrase, torrent: false })
    return (await node.status()).addresses[0]
  },
  create: async (): Promise<string> => (await theNode().communities.create({ slug: 'bench', difficulty: 0 })).address,
  async join ({ community, address }: { community: string, address: string }): Promise<void> {
    await theNode().connect(address)
    await theNode().communities.join(community)
    await until('the genesis is known', () => theNode().communities.list()[0]?.slug !== null)
  },
  async leaveNetwork (dataDir: string): Promise<void> {
    await theNode().close()
    node = await createNode({ dataDir, network: false, torrent: false })
  },
  async write (count: number): Promise<void> {
    for (let n = 0; n < count; n++) await theNode().posts.create({ community: 'bench', title: `post ${n}`, text: `text ${n} ${Math.random()}` })
  },
  async returnToNetwork (dataDir: string): Promise<void> {
    await theNode().close()
    node = await createNode({ dataDir, torrent: false })
    backMs = performance.now()
  },
  /** Milliseconds from being back: until it is connected, and until this device has everything of both. */
  async meet ({ address, entries }: { address: string, entries: number }): Promise<{ connectedMs: number, convergedMs: number }> {
    await theNode().connect(address)
    const connectedMs = performance.now() - backMs
    await until('both have everything', async () => await postsOf() === entries, { everyMs: 2 })
    return { connectedMs, convergedMs: performance.now() - backMs }
  }
})
