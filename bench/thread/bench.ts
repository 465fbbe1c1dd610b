import { startChild } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'
import type { Way } from '../support/webtorrent.ts'

const COMMENTS = 500
const ROUNDS = 5
/** Of WebTorrent; as documented it takes most of a minute. */
const WEBTORRENT_ROUNDS = { documented: 1, tuned: 3 } as const

export const suite: Suite = {
  name: 'thread',
  async run () {
    await using folder = await createFolder()
    await using holder = startChild(new URL('peer.ts', import.meta.url))
    const { address, torrentPort } = await holder.call<{ address: string, torrentPort: number }>('start', `${folder.path}/holder`)
    const { community, id, ids } = await holder.call<{ community: string, id: string, ids: string[] }>('fill', COMMENTS)
    const cold: number[] = []
    const warm: number[] = []
    const bare: number[] = []
    const overTcp: number[] = []
    const overLibp2p: number[] = []
    for (let round = 0; round < ROUNDS; round++) { // a new reader each, by turns with the reference
      await using reader = startChild(new URL('peer.ts', import.meta.url))
      await reader.call('start', `${folder.path}/reader-${round}`)
      await reader.call('join', { community, peer: address, posts: COMMENTS })
      cold.push(await reader.call<number>('read', { id, bodies: COMMENTS + 1 }))
      warm.push(await reader.call<number>('read', { id, bodies: COMMENTS + 1 }))
      overTcp.push(await reader.call<number>('fetchTcp', { ids, port: torrentPort }))
      overLibp2p.push(await reader.call<number>('fetchLibp2p', { ids, address }))
      bare.push(await reader.call<number>('fetchBare', { ids, port: torrentPort }))
    }
    const aTorrentEach: Array<{ name: string, value: number }> = []
    const crowd = await holder.call<{ port: number, infoHashes: string[] }>('serveToCrowd', { ids, port: torrentPort })
    for (const way of ['documented', 'tuned'] as const) aTorrentEach.push({ name: `WebTorrent, ${way}`, value: await byWebTorrent(crowd, way, folder.path) })
    const reference = { name: 'a TCP connection a body, unstored and unchecked', value: quantile(bare, 0.5) }
    return [
      caseOf('500 comments read cold from one peer', quantile(cold, 0.5), 'ms', reference),
      caseOf('500 comments read again from the disk', quantile(warm, 0.5), 'ms', reference),
      caseOf('the bodies alone over one TCP connection', quantile(overTcp, 0.5), 'ms', reference),
      caseOf('the bodies alone over one libp2p stream', quantile(overLibp2p, 0.5), 'ms', reference),
      ...aTorrentEach.map(other => caseOf(`the bodies alone over one TCP connection (${other.name})`, quantile(overTcp, 0.5), 'ms', other))
    ]
  }
}

/** The same bodies by a torrent each; every round a new process. */
async function byWebTorrent (crowd: { infoHashes: string[], port: number }, way: Way, folder: string): Promise<number> {
  const tookMs: number[] = []
  for (let round = 0; round < WEBTORRENT_ROUNDS[way]; round++) {
    await using client = startChild(new URL('webtorrent.ts', import.meta.url))
    tookMs.push(await client.call<number>('download', { way, folder: `${folder}/webtorrent-${way}-${round}`, ...crowd }))
  }
  return quantile(tookMs, 0.5)
}
