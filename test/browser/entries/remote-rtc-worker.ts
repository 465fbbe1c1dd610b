// Worker of the WebRTC proxy's test: raw connections, and the libraries that the peer uses, all on the proxy.
import { installRtc } from '../../../packages/core/src/remote/rtc/install-rtc.ts'

interface Order { readonly rtc?: MessagePort, readonly id: number, readonly call: string, readonly args: readonly unknown[] }

async function connectPair (): Promise<{ a: RTCPeerConnection, b: RTCPeerConnection, ours: RTCDataChannel, theirs: RTCDataChannel, log: string[] }> {
  const log: string[] = []
  const a = new RTCPeerConnection({ iceServers: [] })
  const b = new RTCPeerConnection()
  a.addEventListener('negotiationneeded', () => { log.push('negotiationneeded') })
  a.onicecandidate = ({ candidate }) => { log.push(candidate === null ? 'end of candidates' : 'candidate'); if (candidate !== null) void b.addIceCandidate(new RTCIceCandidate(candidate.toJSON())) }
  b.onicecandidate = ({ candidate }) => { if (candidate !== null) void a.addIceCandidate(candidate) }
  a.onconnectionstatechange = () => { log.push(a.connectionState) }
  const incoming = new Promise<RTCDataChannel>(resolve => { b.ondatachannel = ({ channel }) => { resolve(channel) } })
  const ours = a.createDataChannel('label', { protocol: 'p' })
  const open = new Promise(resolve => { ours.onopen = resolve })
  const offer = await a.createOffer()
  await a.setLocalDescription(offer)
  if (a.localDescription?.type !== 'offer' || a.signalingState !== 'have-local-offer') throw new Error('the state is not there when the call resolves')
  await b.setRemoteDescription(new RTCSessionDescription({ type: 'offer', sdp: a.localDescription.sdp }))
  await b.setLocalDescription()
  await a.setRemoteDescription(b.localDescription as RTCSessionDescription)
  await open
  const theirs = await incoming
  if (theirs.readyState !== 'open') await new Promise(resolve => { theirs.onopen = resolve })
  return { a, b, ours, theirs, log }
}

const calls: Record<string, (...args: never[]) => Promise<unknown>> = {
  async traits () {
    const { a, b, ours, theirs, log } = await connectPair()
    const stats = await a.getStats()
    const closed = Promise.all([ours, theirs].map(async channel => { await new Promise(resolve => { channel.addEventListener('close', resolve) }) }))
    const result = { log, label: theirs.label, protocol: theirs.protocol, ids: [ours.id, theirs.id], states: [a.connectionState, b.connectionState], stats: [...stats.values()].some((one: { type?: string }) => one.type === 'transport') }
    ours.close()
    await closed
    const after = [ours.readyState, theirs.readyState]
    const gone = new Promise<void>(resolve => { b.onconnectionstatechange = () => { if (b.connectionState !== 'connected') resolve() } })
    a.close()
    await gone
    b.close()
    let refused = ''
    try { a.createDataChannel('late') } catch (error) { refused = (error as Error).name }
    return { ...result, after, refused, states2: [a.connectionState, a.signalingState, b.connectionState] }
  },

  /** Sends parts of one buffer as fast as the channel takes them; the other end echoes sums. */
  async bulk (parts: number, size: number) {
    const { a, b, ours, theirs } = await connectPair()
    const started = performance.now()
    let received = 0
    let right = true
    const done = new Promise<void>(resolve => {
      theirs.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
        const bytes = new Uint8Array(data)
        right &&= bytes.length === size && bytes[0] === received % 256 && bytes[size - 1] === received % 256
        if (++received === parts) resolve()
      }
    })
    const pool = new Uint8Array(size * 2)
    ours.bufferedAmountLowThreshold = 64 * 1024
    let drains = 0
    let most = 0
    for (let i = 0; i < parts; i++) {
      const view = pool.subarray(size / 2, size / 2 + size)
      view.fill(i % 256)
      ours.send(view)
      most = Math.max(most, ours.bufferedAmount)
      if (ours.bufferedAmount > 1024 * 1024) {
        await new Promise(resolve => { ours.onbufferedamountlow = resolve })
        drains++
      }
    }
    await done
    const ms = performance.now() - started
    ours.bufferedAmountLowThreshold = 0
    for (let i = 0; ours.bufferedAmount > 0 && i < 200; i++) await new Promise(resolve => setTimeout(resolve, 10))
    const left = ours.bufferedAmount
    const text = new Promise(resolve => { ours.onmessage = ({ data }) => { resolve(data) } })
    theirs.send('grüße')
    const result = { right, drains, most, left, untouched: pool.length === size * 2, text: await text, mibPerSecond: parts * size / ms * 1000 / 2 ** 20 }
    a.close()
    b.close()
    return result
  },

  async flood () {
    const { a, b, ours } = await connectPair()
    const chunk = new ArrayBuffer(200_000)
    let name = ''
    for (let i = 0; i < 1000 && name === ''; i++) {
      try { ours.send(chunk) } catch (error) { name = (error as Error).name }
    }
    a.close()
    b.close()
    return { name, kept: chunk.byteLength }
  },

  async many () {
    const made: RTCPeerConnection[] = []
    let name = ''
    try {
      for (let i = 0; i < 1000; i++) made.push(new RTCPeerConnection())
    } catch (error) {
      name = (error as Error).name
    }
    for (const one of made) one.close()
    new RTCPeerConnection().close()
    return { made: made.length, name }
  },

  /** `url`: a bundle of simple-peer 9 or 10. */
  async simplePeer (url: string, trickle: boolean) {
    interface Peer { on (event: string, listener: (data: never) => void): void, signal (data: unknown): void, send (data: Uint8Array): void, destroy (): void, getStats? (listener: (error: Error | null, stats: unknown[]) => void): void }
    const { default: SimplePeer } = await import(/* @vite-ignore */ url) as { default: new (options: object) => Peer }
    const a = new SimplePeer({ initiator: true, trickle })
    const b = new SimplePeer({ trickle })
    a.on('signal', data => { b.signal(data) })
    b.on('signal', data => { a.signal(data) })
    const fail = new Promise<never>((_resolve, reject) => { a.on('error', reject); b.on('error', reject) })
    await Promise.race([Promise.all([a, b].map(async peer => { await new Promise(resolve => { peer.on('connect', resolve) }) })), fail])
    let bytes = 0
    const all = new Promise<void>(resolve => { b.on('data', (data: Uint8Array) => { bytes += data.length; if (bytes === 1_000_000) resolve() }) })
    for (let i = 0; i < 100; i++) a.send(new Uint8Array(10_000))
    await Promise.race([all, fail])
    // Version 10 ends its stream and does not say `close` when it is the other side that leaves.
    const closed = new Promise<unknown>(resolve => { for (const event of ['close', 'end']) b.on(event, resolve) })
    a.destroy()
    await closed
    b.destroy()
    return { bytes }
  }
}

globalThis.onmessage = ({ data }: MessageEvent<Order>) => {
  if (data.rtc !== undefined) return installRtc(data.rtc)
  const call = calls[data.call] as ((...args: readonly unknown[]) => Promise<unknown>) | undefined
  void Promise.resolve(call?.(...data.args)).then(
    value => { globalThis.postMessage({ id: data.id, value }) },
    (error: unknown) => { globalThis.postMessage({ id: data.id, error: error instanceof Error ? error.stack ?? error.message : String(error) }) })
}
