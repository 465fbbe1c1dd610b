import { SeedbedError } from '../errors.ts'

/** What to do about the codes of bind(2) that a person can do something about. */
const REMEDIES = {
  EADDRINUSE: 'another program uses the port; choose another one',
  EACCES: 'the system does not allow this port; choose one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address'
} as const

/** `where`: what was asked for. The libraries' messages repeat addresses and speak of their own settings. */
export function listenFailed (where: string, cause: unknown): SeedbedError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const known = Object.entries(REMEDIES).find(([code]) => reason.includes(code))
  return new SeedbedError('NETWORK_FAILED', `Cannot listen on ${where}: ${known?.[1] ?? reason}.`, { cause })
}
