// Errors as the command line tells them: a stable code, one line, an exit code.
import { SeedbedError, SeedbedErrorCode } from '@seedbed/core'

export const ExitCode = { done: 0, failed: 1, usage: 2 } as const
export type ExitCode = typeof ExitCode[keyof typeof ExitCode]

export interface Failure { readonly code: SeedbedErrorCode, readonly message: string }

/** What to tell about anything thrown. What nobody foresaw becomes INTERNAL. */
export function failureOf (error: unknown): Failure {
  if (error instanceof SeedbedError) return { code: error.code, message: sentence(error.message) }
  if (error instanceof Error) {
    const { code } = error as Error & { code?: unknown }
    if (typeof code === 'string' && Object.hasOwn(SeedbedErrorCode, code)) return { code: code as SeedbedErrorCode, message: sentence(error.message) }
    if (error.name === 'AbortError') return { code: 'ABORTED', message: 'Interrupted.' }
    if (error.name === 'TimeoutError') return { code: 'TIMEOUT', message: 'No answer came in time; try again.' }
  }
  return { code: 'INTERNAL', message: oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error)) }
}

/** A failure that came over the control API, as an error again. */
export function errorOf (failure: Failure): SeedbedError {
  return new SeedbedError(failure.code, failure.message)
}

export function exitCodeOf ({ code }: Failure): ExitCode {
  return code === 'USAGE' || code === 'NOT_RUNNING' ? ExitCode.usage : ExitCode.failed
}

export function usage (message: string): SeedbedError {
  return new SeedbedError('USAGE', message)
}

/** Libraries begin in lower case, as is usual for what others put into a sentence; here the message stands alone. */
function sentence (message: string): string {
  const line = oneLine(message)
  const begin = /^[a-z]+(?=[\s,;:]|$)/.test(line) ? `${line.charAt(0).toUpperCase()}${line.slice(1)}` : line
  return begin === '' || /[.!?…]$/.test(begin) ? begin : `${begin}.`
}

function oneLine (message: string): string {
  return message.replaceAll(/\s*\n\s*/g, ' ').trim()
}
