// Signs of life on stderr for what takes longer than a person waits without wondering.
import { PROGRESS_AFTER_MS } from './limits.ts'

export interface ProgressStream { readonly isTTY?: boolean, write (text: string): unknown }

/** Shows after a second that `work` goes on, and what it says it is doing: a line that counts on a terminal, one line elsewhere. */
export async function withProgress<T> (stream: ProgressStream, what: string, work: (doing: (what: string) => void) => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  const tty = stream.isTTY === true
  let shown = false
  let doing: string | null = null
  const timer = setInterval(() => {
    if (tty) stream.write(`\r${what}: ${doing ?? 'working'}, ${Math.round((performance.now() - startedMs) / 1000)} s\u001b[K`)
    else if (!shown) stream.write(`${what}: still working${doing === null ? '' : ` (${doing})`}\n`)
    shown = true
  }, PROGRESS_AFTER_MS)
  try {
    return await work(text => { doing = text })
  } finally {
    clearInterval(timer)
    if (shown && tty) stream.write('\r\u001b[K')
  }
}
