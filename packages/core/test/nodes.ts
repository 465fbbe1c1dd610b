// Real nodes for the tests: own data folders, real sockets on loopback, closed and removed at the end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode } from '../src/create-node.ts'
import type { SeedbedNode } from '../src/node.ts'
import type { CommonNodeOptions } from '../src/options.ts'

export interface TestNodes extends AsyncDisposable {
  /** Starts a node, connected to the given ones. */
  start (connect?: readonly SeedbedNode[], options?: CommonNodeOptions & { phrase?: string }): Promise<SeedbedNode>
}

export async function createTestNodes (): Promise<TestNodes> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-core-'))
  const nodes: SeedbedNode[] = []
  return {
    async start (connect = [], options = {}) {
      const addresses = (await Promise.all(connect.map(async node => (await node.status()).addresses))).flat()
      const node = await createNode({ dataDir: path.join(folder, String(nodes.length)), network: { connect: addresses }, ...options })
      nodes.push(node)
      return node
    },
    async [Symbol.asyncDispose] () {
      await Promise.all(nodes.map(async node => { await node.close() }))
      await rm(folder, { recursive: true, force: true })
    }
  }
}

export async function until (what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (Date.now() < end) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`never: ${what}`)
}

/** The code that a call fails with; null when it does not fail. */
export async function codeOf (call: Promise<unknown>): Promise<string | null> {
  return await call.then(() => null, (error: unknown) => typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error))
}
