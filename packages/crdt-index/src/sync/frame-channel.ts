import { MAX_FRAME_BYTES, READ_TIMEOUT_MS } from '../limits.ts'
import type { Channel } from '../model.ts'
import { encodeFrame, type Frame, type FrameType } from './frames.ts'
import { inflateFrame, openFrame } from './deflated.ts'
import { SilentPeerError, type Patience } from './patience.ts'
import { withDeadline, type Scheduler } from './scheduler.ts'

/** Frames over a channel, each under a deadline; a peer that lets one pass is a SilentPeerError. */
export interface FrameChannel {
  send (frame: Exclude<Frame, { type: 'envelopes' }>): Promise<void>
  /** A frame of `envelopes` as `packFrame` made it. */
  sendEnvelopes (packed: Uint8Array): Promise<void>
  /** The next frame, which has to be one of these, null after the remote's end. Throws BAD_FRAME on another one. */
  receive<Type extends FrameType> (...types: readonly Type[]): Promise<Extract<Frame, { type: Type }> | null>
  /** The next frame, which has to be one of these. Throws BAD_FRAME on another one, an error when the remote ended. */
  expect<Type extends FrameType> (...types: readonly Type[]): Promise<Extract<Frame, { type: Type }>>
  /** The next frame, which has to be `envelopes`, inflated when it is asked for; until then it takes what it took on the wire. */
  expectEnvelopes (): Promise<() => Promise<Frame & { type: 'envelopes' }>>
}

export interface FrameChannelOptions {
  readonly channel: Channel
  readonly scheduler: Scheduler
  readonly signal: AbortSignal
  /** Told of every byte that is received, and of the envelopes that are sent. */
  readonly patience?: Patience
  /** Of the first frame to be received. Default READ_TIMEOUT_MS, as of all others. */
  readonly firstTimeoutMs?: number
}

export function createFrameChannel ({ channel, scheduler, signal, patience, firstTimeoutMs = READ_TIMEOUT_MS }: FrameChannelOptions): FrameChannel {
  let timeoutMs = firstTimeoutMs
  const receive = async (types: readonly FrameType[]): Promise<Frame | null> => {
    const bytes = await withDeadline(scheduler, timeoutMs, signal, async signal => await channel.read({ maxBytes: MAX_FRAME_BYTES, signal }),
      () => new SilentPeerError(`the peer is silent: nothing after ${timeoutMs} ms`))
    timeoutMs = READ_TIMEOUT_MS
    patience?.earn(bytes?.length ?? 0)
    return bytes === null ? null : openFrame(bytes, types)
  }
  const expect = async (types: readonly FrameType[]): Promise<Frame> => {
    const frame = await receive(types)
    if (frame === null) throw new Error('the peer ended the channel early')
    return frame
  }
  const write = async (bytes: Uint8Array): Promise<void> => {
    await withDeadline(scheduler, READ_TIMEOUT_MS, signal, async signal => { await channel.write(bytes, { signal }) },
      () => new SilentPeerError(`the peer does not read for ${READ_TIMEOUT_MS} ms`))
  }
  return {
    async receive<Type extends FrameType> (...types: readonly Type[]) {
      const frame = await receive(types)
      return frame === null ? null : await inflateFrame(frame) as Extract<Frame, { type: Type }>
    },
    async send (frame) { await write(encodeFrame(frame)) },
    async sendEnvelopes (packed) {
      await write(packed)
      patience?.earn(packed.length)
    },
    async expect<Type extends FrameType> (...types: readonly Type[]) {
      return await inflateFrame(await expect(types)) as Extract<Frame, { type: Type }>
    },
    async expectEnvelopes () {
      const frame = await expect(['envelopes'])
      return async () => await inflateFrame(frame) as Frame & { type: 'envelopes' }
    }
  }
}
