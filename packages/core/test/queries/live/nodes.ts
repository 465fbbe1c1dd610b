// Real nodes on loopback in folders of their own.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNode } from '../../../src/create-node.ts'
import type { SeedbedNode } from '../../../src/node.ts'
import type { CommonNodeOptions } from '../../../src/options.ts'

export type StartNode = (name: string, options?: CommonNodeOptions & { phrase?: string }) => Promise<SeedbedNode>

/** Runs the work with nodes that end with it. The same name opens the same folder again. */
export async function withNodes (work: (start: StartNode) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-live-'))
  const nodes: SeedbedNode[] = []
  try {
    await work(async (name, options = {}) => {
      const node = await createNode({ torrent: false, ...options, dataDir: path.join(folder, name) })
      nodes.push(node)
      return node
    })
  } finally {
    await Promise.all(nodes.map(async node => { await node.close() }))
    await rm(folder, { recursive: true, force: true })
  }
}

export async function connect (from: SeedbedNode, to: SeedbedNode): Promise<void> {
  const [address] = (await to.status()).addresses
  if (address === undefined) throw new Error('the node has no address')
  await from.connect(address)
}

/** Waits until something holds; fails loudly, since a test must end. */
export async function until (what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`not within a minute: ${what}`)
    await sleep(5)
  }
}
