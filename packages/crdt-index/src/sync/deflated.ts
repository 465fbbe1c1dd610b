// Frames as they travel: `envelopes` deflated where that makes it smaller, all others as they are.
import { platform } from '#platform'
import { CrdtIndexError } from '../errors.ts'
import { MAX_DEFLATE_RATIO, MIN_DEFLATED_BYTES } from '../limits.ts'
import { decodeFrame, encodeFrame, type Frame, type FrameType } from './frames.ts'

export async function packFrame (frame: Frame): Promise<Uint8Array> {
  const bytes = encodeFrame(frame)
  if (frame.type !== 'envelopes' || bytes.length < MIN_DEFLATED_BYTES) return bytes
  const deflated = encodeFrame({ type: 'deflated', length: bytes.length, bytes: await platform.deflate(bytes) })
  return deflated.length < bytes.length ? deflated : bytes
}

/**
 * The frame, of one of the types where some are given; `envelopes` may be deflated still. Throws BAD_FRAME, also for what is
 * deflated to a length that it cannot have: nothing is inflated here.
 */
export function openFrame (bytes: Uint8Array, types?: readonly FrameType[]): Frame {
  const frame = decodeFrame(bytes)
  if (frame.type !== 'deflated') return ofType(frame, types)
  if (types?.includes('envelopes') === false) throw bad(`envelopes instead of ${types.join(' or ')}`)
  if (frame.length <= frame.bytes.length || frame.length > frame.bytes.length * MAX_DEFLATE_RATIO) throw bad('deflated to a length that it cannot have')
  return frame
}

/** What an opened frame stands for. Throws BAD_FRAME. */
export async function inflateFrame (frame: Frame): Promise<Frame> {
  if (frame.type !== 'deflated') return frame
  const inflated = await platform.inflate(frame.bytes, frame.length)
  if (inflated === null) throw bad('deflated to another length, or not at all')
  return ofType(decodeFrame(inflated), ['envelopes'])
}

export async function unpackFrame (bytes: Uint8Array, types?: readonly FrameType[]): Promise<Frame> {
  return await inflateFrame(openFrame(bytes, types))
}

function ofType (frame: Frame, types: readonly FrameType[] | undefined): Frame {
  if (types !== undefined && !types.includes(frame.type)) throw bad(`${frame.type} instead of ${types.join(' or ')}`)
  return frame
}

function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_FRAME', `sync: ${what}`)
}
