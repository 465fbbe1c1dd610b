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
 * The frame, of one of the types where some are given. Throws BAD_FRAME, before anything is inflated where `envelopes` are not
 * due or the claimed length is out of reach.
 */
export async function unpackFrame (bytes: Uint8Array, types?: readonly FrameType[]): Promise<Frame> {
  const frame = decodeFrame(bytes)
  if (frame.type !== 'deflated') return ofType(frame, types)
  if (types?.includes('envelopes') === false) throw bad(`envelopes instead of ${types.join(' or ')}`)
  if (frame.length <= frame.bytes.length || frame.length > frame.bytes.length * MAX_DEFLATE_RATIO) throw bad('deflated to a length that it cannot have')
  const inflated = await platform.inflate(frame.bytes, frame.length)
  if (inflated === null) throw bad('deflated to another length, or not at all')
  return ofType(decodeFrame(inflated), ['envelopes'])
}

function ofType (frame: Frame, types: readonly FrameType[] | undefined): Frame {
  if (types !== undefined && !types.includes(frame.type)) throw bad(`${frame.type} instead of ${types.join(' or ')}`)
  return frame
}

function bad (what: string): CrdtIndexError {
  return new CrdtIndexError('BAD_FRAME', `sync: ${what}`)
}
