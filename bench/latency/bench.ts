import { randomBytes } from 'node:crypto'
import { startChild } from '../support/child.ts'
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
    await using folder = await createFolder()
    await using seedbed = await openSeedbed(folder.path)
    await using bare = await openBare(folder.path)
    const arrived: number[] = []
    const returned: number[] = []
    const exchanged: number[] = []
    const stored: number[] = []
    for (let n = 0; n < POSTS + WARM_UP; n++) { // by turns, so that whatever else the machine does meets both alike
      const post = await seedbed.post(n)
      const exchange = await bare.exchange()
      const store = await bare.store()
      if (n < WARM_UP) continue
      arrived.push(post.arrivedMs)
      returned.push(post.returnedMs)
      exchanged.push(exchange)
      stored.push(store)
    }
    const reference = (q: number): { name: string, value: number } => ({ name: 'gossipsub message, then a request and its response', value: quantile(exchanged, q) })
    return [
      caseOf('posts.create to verified body elsewhere, median', quantile(arrived, 0.5), 'ms', reference(0.5)),
      caseOf('posts.create to verified body elsewhere, p95', quantile(arrived, 0.95), 'ms', reference(0.95)),
      caseOf('posts.create returns (durable), median', quantile(returned, 0.5), 'ms', { name: 'two synced writes to level', value: quantile(stored, 0.5) })
    ]
  }
}

interface SeedbedPair extends AsyncDisposable {
  /** Milliseconds from the call. */
  post (n: number): Promise<{ arrivedMs: number, returnedMs: number }>
}

async function openSeedbed (folder: string): Promise<SeedbedPair> {
  await using opened = new AsyncDisposableStack()
  const writer = opened.use(startChild(new URL('peer.ts', import.meta.url)))
  const reader = opened.use(startChild(new URL('peer.ts', import.meta.url)))
  const peer = await writer.call<string>('start', `${folder}/writer`)
  await reader.call('start', `${folder}/reader`)
  const community = await writer.call<string>('create', 'bench')
  await reader.call('join', { community, peer })
  const owned = opened.move()
  return {
    async post (n) {
      const text = randomBytes(TEXT_BYTES / 2).toString('hex')
      const { id, beganMs, returnedMs } = await writer.call<{ id: string, beganMs: number, returnedMs: number }>('post', { community, title: `Post ${n}`, text })
      return { arrivedMs: await reader.call<number>('arrival', id) - beganMs, returnedMs: returnedMs - beganMs }
    },
    [Symbol.asyncDispose]: async () => { await owned.disposeAsync() }
  }
}

interface BarePair extends AsyncDisposable {
  /** Milliseconds from the publish to the response. */
  exchange (): Promise<number>
  /** Milliseconds of two synced writes. */
  store (): Promise<number>
}

async function openBare (folder: string): Promise<BarePair> {
  await using opened = new AsyncDisposableStack()
  const writer = opened.use(startChild(new URL('bare-peer.ts', import.meta.url)))
  const reader = opened.use(startChild(new URL('bare-peer.ts', import.meta.url)))
  const peer = await writer.call<string>('start', { folder: `${folder}/bare-writer`, bodyBytes: BODY_BYTES })
  await reader.call('start', { folder: `${folder}/bare-reader`, bodyBytes: BODY_BYTES })
  await reader.call('connect', peer)
  await writer.call('ready')
  const owned = opened.move()
  return {
    async exchange () {
      const message = new Uint8Array(randomBytes(ENVELOPE_BYTES))
      const beganMs = await writer.call<number>('publish', message)
      return await reader.call<number>('arrival', Buffer.from(message).toString('hex')) - beganMs
    },
    store: async () => await writer.call<number>('store', new Uint8Array(randomBytes(ENVELOPE_BYTES))),
    [Symbol.asyncDispose]: async () => { await owned.disposeAsync() }
  }
}
