import { randomBytes } from 'node:crypto'
import { startChild, type Child } from '../support/child.ts'
import { createFolder } from '../support/folder.ts'
import { caseOf, quantile, type Suite } from '../support/suite.ts'

const POSTS = 100
const WARM_UP = 10
const TEXT_BYTES = 500
/** An envelope of one post is about this long, and so is the body file around the text. */
const ENVELOPE_BYTES = 330
const BODY_BYTES = 850

export const suite: Suite = {
  name: 'latency',
  async run () {
    const seedbed = await measureSeedbed()
    const bare = await measureBare()
    const network = 'gossipsub message, then a request and its response'
    return [
      caseOf('posts.create to verified body elsewhere, median', quantile(seedbed.arrived, 0.5), 'ms', { name: network, value: quantile(bare, 0.5) }),
      caseOf('posts.create to verified body elsewhere, p95', quantile(seedbed.arrived, 0.95), 'ms', { name: network, value: quantile(bare, 0.95) }),
      caseOf('posts.create returns (durable), median', quantile(seedbed.returned, 0.5), 'ms', { name: network, value: quantile(bare, 0.5) })
    ]
  }
}

async function measureSeedbed (): Promise<{ arrived: number[], returned: number[] }> {
  await using folder = await createFolder()
  await using writer: Child = startChild(new URL('peer.ts', import.meta.url))
  await using reader: Child = startChild(new URL('peer.ts', import.meta.url))
  const peer = await writer.call<string>('start', `${folder.path}/writer`)
  await reader.call('start', `${folder.path}/reader`)
  const community = await writer.call<string>('create', 'bench')
  await reader.call('join', { community, peer })
  const arrived: number[] = []
  const returned: number[] = []
  for (let n = 0; n < POSTS + WARM_UP; n++) {
    const text = randomBytes(TEXT_BYTES / 2).toString('hex')
    const { id, beganMs, returnedMs } = await writer.call<{ id: string, beganMs: number, returnedMs: number }>('post', { community, title: `Post ${n}`, text })
    const arrivedMs = await reader.call<number>('arrival', id)
    if (n < WARM_UP) continue
    arrived.push(arrivedMs - beganMs)
    returned.push(returnedMs - beganMs)
  }
  return { arrived, returned }
}

async function measureBare (): Promise<number[]> {
  await using writer: Child = startChild(new URL('bare-peer.ts', import.meta.url))
  await using reader: Child = startChild(new URL('bare-peer.ts', import.meta.url))
  const peer = await writer.call<string>('start', BODY_BYTES)
  await reader.call('start', BODY_BYTES)
  await reader.call('connect', peer)
  await writer.call('ready')
  const samples: number[] = []
  for (let n = 0; n < POSTS + WARM_UP; n++) {
    const message = new Uint8Array(randomBytes(ENVELOPE_BYTES))
    const beganMs = await writer.call<number>('publish', message)
    const arrivedMs = await reader.call<number>('arrival', Buffer.from(message).toString('hex'))
    if (n >= WARM_UP) samples.push(arrivedMs - beganMs)
  }
  return samples
}
