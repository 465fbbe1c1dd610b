import { MAX_FRAME_BYTES, READ_TIMEOUT_MS } from '../limits.ts'
import type { Channel } from '../model.ts'
import { packFrame, unpackFrame } from './deflated.ts'
import type { Frame, FrameType } from './frames.ts'
import { SilentPeerError, type Patience } from './patience.ts'
import { withDeadline, type Scheduler } from './scheduler.ts'

/** Frames over a channel, each under a deadline; a peer that lets one pass is a SilentPeerError. */
export interface FrameChannel {
  send (frame: Frame): Promise<void>
  /** The next frame, null after the remote's end. Throws BAD_FRAME. */
  receive (): Promise<Frame | null>
  /** The next frame, which has to be one of these. Throws BAD_FRAME on another one, an error when the remote ended. */
  expect<Type extends FrameType> (...types: readonly Type[]): Promise<Extract<Frame, { type: Type }>>
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
  const receive = async (types?: readonly FrameType[]): Promise<Frame | null> => {
    const bytes = await withDeadline(scheduler, timeoutMs, signal, async signal => await channel.read({ maxBytes: MAX_FRAME_BYTES, signal }),
      () => new SilentPeerError(`the peer is silent: nothing after ${timeoutMs} ms`))
    timeoutMs = READ_TIMEOUT_MS
    patience?.earn(bytes?.length ?? 0)
    return bytes === null ? null : await unpackFrame(bytes, types)
  }
  return {
    receive: async () => await receive(),
    async send (frame) {
      const bytes = await packFrame(frame)
      await withDeadline(scheduler, READ_TIMEOUT_MS, signal, async signal => { await channel.write(bytes, { signal }) },
        () => new SilentPeerError(`the peer does not read for ${READ_TIMEOUT_MS} ms`))
      if (frame.type === 'envelopes') patience?.earn(bytes.length)
    },
    async expect<Type extends FrameType> (...types: readonly Type[]) {
      const frame = await receive(types)
      if (frame === null) throw new Error('the peer ended the channel early')
      return frame as Extract<Frame, { type: Type }>
    }
  }
}
