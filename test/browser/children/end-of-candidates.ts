// webrtc-polyfill never says that there are no more candidates, and simple-peer waits five seconds for that.
import { RTCPeerConnection } from 'webrtc-polyfill'

interface Polyfilled extends EventTarget {
  readonly iceGatheringState: string
  onicecandidate: ((event: { candidate: null }) => void) | null
  setLocalDescription (...given: unknown[]): Promise<void>
}

const { prototype } = RTCPeerConnection as unknown as { prototype: Polyfilled }
// eslint-disable-next-line typescript/unbound-method -- it is called on the connection, below
const original = prototype.setLocalDescription
prototype.setLocalDescription = async function (this: Polyfilled, ...given: unknown[]) {
  let said = false
  const say = (): void => {
    if (said || this.iceGatheringState !== 'complete') return
    said = true
    this.onicecandidate?.({ candidate: null })
  }
  this.addEventListener('icegatheringstatechange', say)
  await original.apply(this, given)
  setTimeout(say, 0)
}
