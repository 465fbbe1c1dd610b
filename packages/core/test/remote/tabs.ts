// Tabs of one profile in one process: each has a worker of its own that is only a pair of ports away.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createNode } from '../../src/create-node.ts'
import type { SeedbedNode } from '../../src/node.ts'
import type { PeerWorker } from '../../src/remote/leadership.ts'
import { beginPeerWith, type OpenPeerOptions, type PeerOpening } from '../../src/remote/open-peer.ts'
import { REMOTE_VERSION, type WorkerNews, type WorkerOrder } from '../../src/remote/protocol.ts'
import type { RemoteNode } from '../../src/remote/remote-node.ts'
import { servePeerWith, type PeerScope } from '../../src/remote/serve-peer.ts'

export interface Tabs extends AsyncDisposable {
  open (options?: Partial<OpenPeerOptions>, version?: number): Promise<RemoteNode>
  /** The same, before its peer is up. */
  begin (options?: Partial<OpenPeerOptions>, version?: number): PeerOpening
  /** Nodes that were started so far, by whichever tab. */
  readonly nodes: readonly SeedbedNode[]
  /** The worker that was made last goes, and nobody asked it to. */
  loseWorker (): void
}

export async function openTabs (): Promise<Tabs> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seedbed-tabs-'))
  const opened: RemoteNode[] = []
  const nodes: SeedbedNode[] = []
  const workers: PeerWorker[] = []
  const make = (version: number): PeerWorker => {
    const worker = nearWorker(version, started => { nodes.push(started) })
    workers.push(worker)
    return worker
  }
  const begin: Tabs['begin'] = (options = {}, version = REMOTE_VERSION) => {
    const opening = beginPeerWith({
      dataDir: path.join(folder, 'data'), network: false, torrent: false,
      worker: () => make(version), ...options
    }, version)
    opened.push(opening.node)
    return opening
  }
  return {
    nodes,
    loseWorker () { workers.at(-1)?.postMessage({ t: 'stop' }, []) },
    begin,
    open: async (options, version) => await begin(options, version).opened,
    async [Symbol.asyncDispose] () {
      for (const node of opened) await node.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function nearWorker (version: number, onStart: (node: SeedbedNode) => void): PeerWorker {
  const scope: PeerScope = {
    onmessage: null,
    postMessage (news) { setImmediate(() => { worker.onmessage?.(new MessageEvent<WorkerNews>('message', { data: structuredClone(news) })) }) }
  }
  const worker: PeerWorker = {
    onmessage: null,
    onerror: null,
    postMessage (order, transfer) {
      const data = structuredClone(order, { transfer })
      setImmediate(() => { scope.onmessage?.(new MessageEvent<WorkerOrder>('message', { data })) })
    },
    terminate () {}
  }
  servePeerWith({
    scope, version, installRtc () {},
    async startNode (options) {
      const node = await createNode(options)
      onStart(node)
      return node
    }
  })
  return worker
}
