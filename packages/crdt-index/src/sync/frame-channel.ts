import { CrdtIndexError } from '../errors.ts'
import { MAX_FRAME_BYTES, READ_TIMEOUT_MS } from '../limits.ts'
import type { Channel } from '../model.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameType } from './frames.ts'
import { withDeadline, type Scheduler } from './scheduler.ts'

/** Frames over a channel, each under a deadline. */
export interface FrameChannel {
  send (frame: Frame): Promise<void>
  /** The next frame, null after the remote's end. Throws BAD_FRAME. */
  receive (): Promise<Frame | null>
  /** The next frame, which has to be one of these. Throws BAD_FRAME on another one, an error when the remote ended. */
  expect<Type extends FrameType> (...types: readonly Type[]): Promise<Extract<Frame, { type: Type }>>
}

export function createFrameChannel (channel: Channel, scheduler: Scheduler, signal: AbortSignal): FrameChannel {
  const receive = async (): Promise<Frame | null> => {
    const bytes = await withDeadline(scheduler, READ_TIMEOUT_MS, signal, async signal => await channel.read({ maxBytes: MAX_FRAME_BYTES, signal }))
    return bytes === null ? null : decodeFrame(bytes)
  }
  return {
    receive,
    async send (frame) {
      await withDeadline(scheduler, READ_TIMEOUT_MS, signal, async signal => { await channel.write(encodeFrame(frame), { signal }) })
    },
    async expect<Type extends FrameType> (...types: readonly Type[]) {
      const frame = await receive()
      if (frame === null) throw new Error('the peer ended the channel early')
      if (!(types as readonly FrameType[]).includes(frame.type)) throw new CrdtIndexError('BAD_FRAME', `sync: ${frame.type} instead of ${types.join(' or ')}`)
      return frame as Extract<Frame, { type: Type }>
    }
  }
}
