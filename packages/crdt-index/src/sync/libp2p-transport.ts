import { TopicValidatorResult, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { PeerScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { MAX_SYNC_STREAMS } from '../limits.ts'
import type { AbortOptions, Channel, Transport, Verdict } from '../model.ts'
import { keepGossipStreams } from './gossip-streams.ts'
import { topicScoreParams } from './gossipsub-options.ts'
import { idleScheduler, type Scheduler } from './scheduler.ts'
import { createStreamChannel } from './stream-channel.ts'

/** A libp2p node whose service `pubsub` is gossipsub, made with `gossipsubOptions()`. */
export type PubsubLibp2p = Pick<Libp2p<{ pubsub: GossipSub }>, 'peerId' | 'services' | 'handle' | 'unhandle' | 'getConnections' | 'addEventListener' | 'removeEventListener'>

export interface Libp2pTransport extends Transport {
  /** Takes back its subscriptions, handlers and listeners; the node stays with its owner. */
  close (): Promise<void>
}

const RESULTS: Readonly<Record<Verdict['verdict'], TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject
}

/** Peers are named by their peer id in base58; a message comes from the peer that passed it on. */
export function createLibp2pTransport (node: PubsubLibp2p, { scheduler = idleScheduler }: { readonly scheduler?: Scheduler } = {}): Libp2pTransport {
  const { pubsub } = node.services
  const listeners = new Set<Parameters<Transport['onPeer']>[0]>()
  const present = new Map<string, Set<string>>()
  const protocols = new Map<string, object>()

  const connectionTo = (peer: string): Connection | undefined => {
    const open = node.getConnections().filter(connection => connection.remotePeer.toString() === peer && connection.status === 'open')
    return open.find(connection => connection.limits === undefined) ?? open[0]
  }

  const connectedPeers = (): Set<string> => new Set(node.getConnections().map(connection => connection.remotePeer.toString()))
  const peers = (topic: string): string[] => {
    const connected = connectedPeers()
    return pubsub.getSubscribers(topic).map(peer => peer.toString()).filter(peer => connected.has(peer))
  }

  /** Gossipsub tells of subscriptions and not of what a disconnect, or a stream's end, ends, so both are found by comparison. */
  const refresh = (): void => {
    for (const [topic, known] of present) {
      const now = new Set(peers(topic))
      present.set(topic, now)
      for (const peer of known) if (!now.has(peer)) tell(topic, peer, false)
      for (const peer of now) if (!known.has(peer)) tell(topic, peer, true)
    }
  }
  const tell = (topic: string, peer: string, joined: boolean): void => {
    for (const listener of listeners) listener({ topic, peer, joined })
  }
  pubsub.addEventListener('subscription-change', refresh)
  node.addEventListener('peer:disconnect', refresh)
  const stopKeeping = keepGossipStreams({
    pubsub,
    connected: () => {
      refresh()
      return connectedPeers()
    },
    connectionTo,
    // As if it had just come: whoever listens brings it up to date.
    onRevived: peer => { for (const [topic, known] of present) if (known.has(peer)) tell(topic, peer, true) },
    scheduler
  })

  const unsubscribe = (topic: string): void => {
    if (!present.delete(topic)) return
    pubsub.unsubscribe(topic)
    pubsub.topicValidators.delete(topic)
  }

  return {
    self: node.peerId.toString(),
    subscribe (topic, onMessage) {
      pubsub.topicValidators.set(topic, async (peer, message) => RESULTS[(await onMessage(message.data, peer.toString())).verdict])
      if (present.has(topic)) return
      setTopicScore(pubsub, topic)
      present.set(topic, new Set(peers(topic)))
      pubsub.subscribe(topic)
    },
    unsubscribe,
    async publish (topic, data) {
      return (await pubsub.publish(topic, data)).recipients.length
    },
    peers,
    onPeer (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    handle (protocol, handler) {
      const owner = {}
      protocols.set(protocol, owner)
      const onStream = async (stream: Stream, connection: Connection): Promise<void> => {
        const channel = createStreamChannel(stream)
        try {
          await handler(channel, connection.remotePeer.toString())
        } catch (error) {
          channel.abort(error instanceof Error ? error : new Error(String(error)))
        }
      }
      // Fails only where the protocol is taken already; force takes it over.
      node.handle(protocol, onStream, { maxInboundStreams: MAX_SYNC_STREAMS, maxOutboundStreams: MAX_SYNC_STREAMS, force: true }).catch(() => {})
      return () => {
        if (protocols.get(protocol) !== owner) return
        protocols.delete(protocol)
        node.unhandle(protocol).catch(() => {}) // a node that was stopped before
      }
    },
    async open (peer: string, protocol: string, { signal }: AbortOptions = {}): Promise<Channel> {
      const connection = connectionTo(peer)
      if (connection === undefined) throw new Error(`no connection to ${peer}`)
      return createStreamChannel(await connection.newStream(protocol, { maxOutboundStreams: MAX_SYNC_STREAMS, ...signal === undefined ? {} : { signal } }))
    },
    async close () {
      stopKeeping()
      pubsub.removeEventListener('subscription-change', refresh)
      node.removeEventListener('peer:disconnect', refresh)
      for (const topic of [...present.keys()]) unsubscribe(topic)
      listeners.clear()
      const handled = [...protocols.keys()]
      protocols.clear()
      await Promise.allSettled(handled.map(async protocol => { await node.unhandle(protocol) }))
    }
  }
}

/**
 * Gossipsub takes topic scores at construction only, when no community is joined yet; its score book is a public
 * field of the class that the interface does not name. They stay after leaving, as counters of peers refer to them.
 */
function setTopicScore (pubsub: GossipSub, topic: string): void {
  const { score } = pubsub as { score?: { params?: Partial<PeerScoreParams> } }
  if (score?.params?.topics !== undefined) score.params.topics[topic] ??= topicScoreParams()
}
