// The libp2p node of a page: WebSocket to whoever can be reached, and WebRTC, agreed on through a relay, to other pages.
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { PrivateKey } from '@libp2p/interface'
import { webRTC } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createLibp2p } from 'libp2p'
import { SeedbedError } from '../errors.ts'
import type { NetworkOptions } from '../options.ts'
import { boundSignals } from './bounded-signals.ts'
import { libp2pSettings, type SeedbedLibp2p } from './libp2p-settings.ts'
import { listenFailed } from './listen-failed.ts'
import type { NearDials } from './near-dials.ts'
import { rtcConfigurationOf } from './rtc-configuration.ts'

/** Started when it resolves. Errors: NETWORK_FAILED, USAGE. */
export async function createBrowserLibp2p (privateKey: PrivateKey, { iceServers = [], ...options }: NetworkOptions, { mayDial }: Pick<NearDials, 'mayDial'>): Promise<SeedbedLibp2p> {
  const unusable = (['listen', 'announce', 'seedbox'] as const).find(name => options[name] !== undefined) ?? (['relay', 'mdns'] as const).find(name => options[name] === true)
  if (unusable !== undefined) throw new SeedbedError('USAGE', `the network option ${unusable} needs sockets, which a page does not have`)
  try {
    return await createLibp2p({
      ...libp2pSettings(privateKey),
      // A reservation at any connected relay, and what can be dialled through it.
      addresses: { listen: ['/p2p-circuit', '/webrtc'] },
      transports: [
        webSockets(),
        boundSignals(webRTC({ rtcConfiguration: rtcConfigurationOf(iceServers) })),
        circuitRelayTransport()
      ],
      // By default a page dials neither its own machine nor its own network, where a seedbox may well be.
      connectionGater: { denyDialMultiaddr: address => !mayDial(address.toString()) }
    })
  } catch (cause) {
    throw listenFailed('a relay', cause)
  }
}
