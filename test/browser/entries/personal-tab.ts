// A tab whose peer runs in a worker, for the tests of personal.test.ts.
import { openPeer } from '@seedbed/core/page'

Object.assign(globalThis, {
  openPeer: async (connect: readonly string[], phrase: string) => {
    const worker = (): Worker => new Worker('/personal-worker.js', { type: 'module' })
    const node = await openPeer({ dataDir: 'seedbed', phrase, network: { connect }, torrent: false, worker })
    const live = node.live.personal()
    live.subscribe(() => {})
    Object.assign(globalThis, { node, live })
  }
})
