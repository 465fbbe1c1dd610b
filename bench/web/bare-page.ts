// The references in the browser: the same rows and the same connections without Seedbed. Each function is sent to a page
// as text and stands alone.

export interface BareRows {
  readonly posts: ReadonlyArray<{ readonly id: string, readonly title: string, readonly author: string, readonly createdMs: number }>
  readonly votes: ReadonlyArray<{ readonly author: string, readonly post: string, readonly value: number }>
}

/** As plain JSON would carry them. */
export function bareRows (posts: number): BareRows {
  const hex = (n: number, characters: number): string => n.toString(16).padStart(8, '0').repeat(8).slice(0, characters)
  return {
    posts: Array.from({ length: posts }, (_, n) => ({ id: hex(n, 40), title: `Post ${n}, with a title as long as titles are`, author: hex(n % (posts / 10), 64), createdMs: 1_790_000_000_000 + n })),
    votes: Array.from({ length: 10 * posts }, (_, n) => ({ author: hex(n % (posts / 10), 64), post: hex(n * 7 % posts, 40), value: n % 5 === 4 ? -1 : 1 }))
  }
}

/** The feed of a page without a peer: JSON over HTTP at the first visit, kept in IndexedDB, drawn from there later. */
export function drawBareFeed (): void {
  interface Post { readonly id: string, readonly title: string, readonly author: string, score: number }
  const answerOf = async <T> (request: IDBRequest<T>): Promise<T> => await new Promise((resolve, reject) => {
    request.addEventListener('success', () => { resolve(request.result) })
    request.addEventListener('error', () => { reject(request.error ?? new Error('failed')) })
  })
  void (async () => {
    const opening = indexedDB.open('bare', 1)
    opening.addEventListener('upgradeneeded', () => { for (const store of ['posts', 'votes']) opening.result.createObjectStore(store) })
    const db = await answerOf(opening)
    let posts = await answerOf(db.transaction('posts').objectStore('posts').getAll() as IDBRequest<Post[]>)
    let votes = await answerOf(db.transaction('votes').objectStore('votes').getAll() as IDBRequest<Array<BareRows['votes'][number]>>)
    if (posts.length === 0) {
      const rows = await (await fetch('/rows.json')).json() as { posts: Post[], votes: Array<BareRows['votes'][number]> }
      ;({ posts, votes } = rows)
      const writing = db.transaction(['posts', 'votes'], 'readwrite')
      for (const post of posts) writing.objectStore('posts').put(post, post.id)
      for (const vote of votes) writing.objectStore('votes').put(vote, `${vote.author} ${vote.post}`)
      await new Promise(resolve => { writing.addEventListener('complete', resolve) })
    }
    const byId = new Map(posts.map(post => [post.id, post]))
    for (const post of posts) post.score = 0
    for (const { post, value } of votes) byId.get(post)!.score += value
    const list = document.createElement('ol')
    list.className = 'posts'
    const draw = (): void => {
      list.replaceChildren(...posts.sort((a, b) => b.score - a.score).slice(0, 40).map(({ id, title, author, score }) => {
        const row = document.createElement('li')
        row.dataset['post'] = id
        row.textContent = `${score} ${title} by ${author}`
        return row
      }))
    }
    draw()
    addEventListener('click', draw)
    document.body.append(list)
    ;(globalThis as { kept?: unknown }).kept = { posts, votes }
  })()
}

/** Milliseconds until the texts of a thread that come as one JSON document are painted. */
export async function drawBareThread (): Promise<number> {
  const beganMs = performance.now()
  const texts = await (await fetch('/texts.json')).json() as string[]
  document.body.append(...texts.map(text => Object.assign(document.createElement('p'), { textContent: text })))
  await new Promise(resolve => { requestAnimationFrame(() => { setTimeout(resolve, 0) }) })
  return performance.now() - beganMs
}

/** One end of a bare WebRTC connection; the caller carries what the functions return to the other page. */
export interface BareEnd {
  offer (): Promise<string>
  answer (offer: string): Promise<string>
  accept (answer: string): Promise<void>
  /** Milliseconds from the constructor to the open channel. */
  connected (): Promise<number>
  /** Unix milliseconds of every message. */
  readonly sent: number[]
  readonly received: number[]
  send (): void
}

declare global {
  var bare: BareEnd // oxlint-disable-line no-var -- how TypeScript declares a global
}

export function openBareEnd (): void {
  const beganMs = performance.now()
  const connection = new RTCPeerConnection()
  const open = Promise.withResolvers<{ channel: RTCDataChannel, ms: number }>()
  const nowMs = (): number => performance.timeOrigin + performance.now()
  const sent: number[] = []
  const received: number[] = []
  const take = (channel: RTCDataChannel): void => {
    channel.addEventListener('open', () => { open.resolve({ channel, ms: performance.now() - beganMs }) })
    channel.addEventListener('message', () => { received.push(nowMs()) })
  }
  connection.addEventListener('datachannel', ({ channel }) => { take(channel) })
  const gathered = async (): Promise<string> => {
    while (connection.iceGatheringState !== 'complete') await new Promise(resolve => { connection.addEventListener('icegatheringstatechange', resolve, { once: true }) })
    return JSON.stringify(connection.localDescription)
  }
  globalThis.bare = {
    sent, received,
    async offer () {
      take(connection.createDataChannel('bare'))
      await connection.setLocalDescription()
      return await gathered()
    },
    async answer (offer) {
      await connection.setRemoteDescription(JSON.parse(offer) as RTCSessionDescriptionInit)
      await connection.setLocalDescription()
      return await gathered()
    },
    accept: async answer => { await connection.setRemoteDescription(JSON.parse(answer) as RTCSessionDescriptionInit) },
    connected: async () => (await open.promise).ms,
    send () {
      void open.promise.then(({ channel }) => {
        sent.push(nowMs())
        channel.send('vote')
      })
    }
  }
}
