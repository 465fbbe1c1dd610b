// The worker's end of the port to the page's WebRTC: numbers connections and channels and brings news to them.
import { MAX_RTC_CONNECTIONS } from '../../limits.ts'
import type { PostOrder, WorkerDataChannel } from './data-channel.ts'
import type { RtcNews } from './messages.ts'

type ConnectionNews = Exclude<Extract<RtcNews, { readonly connection: number }>, { t: 'gone' }>
type ChannelNews = Exclude<RtcNews, { readonly connection: number }>

export interface RtcClient {
  readonly post: PostOrder
  /** Numbers a new connection. Throws OperationError when there are too many. */
  add (take: (news: ConnectionNews) => void): number
  /** It counts no longer; the last news of its channels may still come. */
  closing (connection: number): void
  /** Numbers a channel that the worker opens. */
  open (connection: number, make: (channel: number) => WorkerDataChannel): WorkerDataChannel
  /** Takes in a channel that a peer opened. */
  adopt (connection: number, channel: number, made: WorkerDataChannel): void
}

export function createRtcClient (port: MessagePort): RtcClient {
  const connections = new Map<number, (news: ConnectionNews) => void>()
  const channels = new Map<number, { readonly connection: number, readonly channel: WorkerDataChannel }>()
  let lastConnection = 0
  let lastChannel = 0

  port.onmessage = ({ data: news }: MessageEvent<RtcNews>) => {
    if (news.t === 'gone') return forget(news.connection)
    if ('connection' in news) return connections.get(news.connection)?.(news)
    takeChannel(news)
  }

  function takeChannel (news: ChannelNews): void {
    channels.get(news.channel)?.channel.take(news)
    if (news.t === 'channelstate' && news.type === 'close') channels.delete(news.channel)
  }

  function forget (connection: number): void {
    for (const [number, known] of channels) if (known.connection === connection) channels.delete(number)
  }

  return {
    post (order, transfer = []) { port.postMessage(order, [...transfer]) },
    add (take) {
      if (connections.size >= MAX_RTC_CONNECTIONS) throw new DOMException(`a worker may have ${MAX_RTC_CONNECTIONS} connections`, 'OperationError')
      connections.set(++lastConnection, take)
      return lastConnection
    },
    closing (connection) { connections.delete(connection) },
    open (connection, make) {
      const number = ++lastChannel
      const channel = make(number)
      channels.set(number, { connection, channel })
      return channel
    },
    adopt (connection, number, channel) { channels.set(number, { connection, channel }) }
  }
}
