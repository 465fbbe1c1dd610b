import { StrictNoSign, type GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import type { PeerScoreParams } from '@chainsafe/libp2p-gossipsub/score'
import { sha256 } from '../identity/sha256.ts'
import { MAX_GOSSIP_BUFFER_BYTES, MAX_GOSSIP_RPC_BYTES } from '../limits.ts'

/**
 * Options for `gossipsub()` of a node that carries this package's topics; spread others after them with care.
 *
 * Messages bear no gossipsub signature, because an envelope is signed by its author. Their id is the sha256 of all
 * their bytes: an id that covered less (the envelope's hash, say) would let a garbled copy that arrives first be
 * remembered under the real message's id and shadow it.
 */
export function gossipsubOptions (): Partial<GossipsubOpts> {
  return {
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: message => sha256(message.data),
    emitSelf: false,
    fallbackToFloodsub: false, // floodsub peers are not scored
    floodPublish: true, // own messages to every subscribed peer: in small networks the mesh may not have formed yet
    allowPublishToZeroTopicPeers: true, // reconciliation brings it
    ignoreDuplicatePublishError: true,
    mcacheLength: 12, // heartbeats of a second; an announced envelope is pulled before its message is passed on
    maxInboundDataLength: MAX_GOSSIP_RPC_BYTES,
    maxOutboundBufferSize: MAX_GOSSIP_BUFFER_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: 1000,
      maxMessages: 1000,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxControlMessages: 1000,
      maxPeerInfos: 16
    },
    // One rejected message costs 20 points, two 80, five 500: an honest bug is heard less, a flood is cut off.
    // Nobody is believed about third peers on a PRUNE: an hour in a mesh would buy dials to wherever the pruner likes.
    scoreThresholds: { gossipThreshold: -100, publishThreshold: -200, graylistThreshold: -400, acceptPXThreshold: Infinity, opportunisticGraftThreshold: 1 },
    scoreParams: {
      topics: {}, // filled as topics are subscribed to
      behaviourPenaltyWeight: -10,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
      IPColocationFactorWeight: -5,
      IPColocationFactorThreshold: 20, // a household or a relay behind one address
      IPColocationFactorWhitelist: new Set(['127.0.0.1', '::1']),
      retainScore: 10 * 60_000
    }
  }
}

/**
 * Score parameters of a community's topic. Quiet topics are the rule, so nothing is expected of a peer's delivery
 * rate; first deliveries count for it and invalid messages, squared, against it until they fade over minutes.
 */
export function topicScoreParams (): PeerScoreParams['topics'][string] {
  return {
    topicWeight: 1,
    timeInMeshWeight: 0.01,
    timeInMeshQuantum: 1000,
    timeInMeshCap: 3600,
    firstMessageDeliveriesWeight: 0.5,
    firstMessageDeliveriesDecay: 0.9,
    firstMessageDeliveriesCap: 100,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 10,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: -20,
    invalidMessageDeliveriesDecay: 0.99
  }
}
