// Errors cross from one thread to another as code and message; the stack stays where it arose.
import { SeedbedError, SeedbedErrorCode } from '../errors.ts'
import type { WireError } from './protocol.ts'

export function toWire (error: unknown): WireError {
  const message = error instanceof Error ? error.message : String(error)
  const name = error instanceof Error ? error.name : ''
  if (error instanceof SeedbedError) return { code: error.code, message }
  if (name === 'AbortError') return { code: SeedbedErrorCode.ABORTED, message }
  if (name === 'TimeoutError') return { code: SeedbedErrorCode.TIMEOUT, message }
  return { code: SeedbedErrorCode.INTERNAL, message }
}

/** A code of another release that this one does not know becomes INTERNAL. */
export function fromWire ({ code, message }: WireError): SeedbedError {
  return Object.hasOwn(SeedbedErrorCode, code) ? new SeedbedError(code as SeedbedErrorCode, message) : new SeedbedError('INTERNAL', `${message} (${code})`)
}
