// One Seedbed node: the writer and the reader are both this program.
import { createNode, type SeedbedNode } from '@seedbed/core'
import { answer, sharedNowMs } from '../support/child.ts'
import { until } from '../support/until.ts'

let node: SeedbedNode | null = null
const arrivals = new Map<string, number>()

function theNode (): SeedbedNode {
  if (node === null) throw new Error('not started')
  return node
}

answer({
  async start (dataDir: string): Promise<string | undefined> {
    node = await createNode({ dataDir })
    node.on('entry', ({ id, own }) => {
      if (own) return
      theNode().bodies.read(id).then(() => { arrivals.set(id, sharedNowMs()) }, (error: unknown) => { console.error(error) })
    })
    return (await node.status()).addresses[0]
  },
  async create (slug: string): Promise<string> {
    return (await theNode().communities.create({ slug, difficulty: 0 })).address
  },
  async join ({ community, peer }: { community: string, peer: string }): Promise<void> {
    await theNode().connect(peer)
    await theNode().communities.join(community)
    await until('the community knows its peer', async () => (await theNode().status()).communities.some(({ sync }) => sync.state === 'synced'))
  },
  /** When the call began, and when it returned. */
  async post ({ community, title, text }: { community: string, title: string, text: string }): Promise<{ id: string, beganMs: number, returnedMs: number }> {
    const beganMs = sharedNowMs()
    const { id } = await theNode().posts.create({ community, title, text })
    return { id, beganMs, returnedMs: sharedNowMs() }
  },
  /** When the verified body was held here. */
  async arrival (id: string): Promise<number | undefined> {
    await until(`${id} arrives`, () => arrivals.has(id), { everyMs: 1 })
    return arrivals.get(id)
  }
})
