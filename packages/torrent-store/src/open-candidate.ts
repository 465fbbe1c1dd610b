import { deferred } from './deferred.ts'
import type { FetchCandidate } from './hedged-fetch.ts'
import type { ByteDuplex } from './wire/byte-duplex.ts'

/** The candidate's duplex, or the abort, whichever comes first; a duplex that comes too late is destroyed. */
export async function opened (candidate: FetchCandidate, signal: AbortSignal): Promise<ByteDuplex> {
  const aborted = deferred<never>()
  const onAbort = (): void => { aborted.reject(signal.reason) }
  signal.addEventListener('abort', onAbort, { once: true })
  const opening = Promise.resolve().then(async () => await candidate.open({ signal }))
  try {
    return await Promise.race([opening, aborted.promise])
  } catch (error) {
    opening.then(late => { late.on('error', () => {}).destroy() }, () => {})
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
