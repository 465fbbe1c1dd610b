// Tasks of a page's main thread as Chromium traces them, with the processor time that each took: the wall clock alone
// would also measure what else the machine does.
import type { BrowserContext, CDPSession, Page } from 'playwright-core'

interface TraceEvent { readonly name: string, readonly ph: string, readonly pid: number, readonly tid: number, readonly dur?: number, readonly tdur?: number, readonly args?: { readonly name?: string } }

export interface Tasks {
  /** Milliseconds of the task that took most, of its processor time and by the clock. */
  readonly longestBusyMs: number
  readonly longestMs: number
  /** Tasks of more than 50 ms by the clock: what a page calls long. */
  readonly over50: number
}

/** Runs something in the page, and traces it. */
export async function traceTasks<T> (context: BrowserContext, page: Page, act: () => Promise<T>): Promise<{ readonly result: T, readonly tasks: Tasks }> {
  const session: CDPSession = await context.newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => { events.push(...value as unknown as TraceEvent[]) })
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', '__metadata'] } })
  const result = await act()
  const complete = new Promise<void>(resolve => { session.once('Tracing.tracingComplete', () => { resolve() }) })
  await session.send('Tracing.end')
  await complete
  await session.detach()
  const threads = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid}/${tid}`))
  const tasks = events.filter(({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && threads.has(`${pid}/${tid}`))
  if (tasks.length === 0) throw new Error('no tasks in the trace')
  const longest = (of: (event: TraceEvent) => number | undefined): number => tasks.reduce((most, event) => Math.max(most, of(event) ?? 0), 0) / 1000
  return { result, tasks: { longestBusyMs: longest(({ tdur }) => tdur), longestMs: longest(({ dur }) => dur), over50: tasks.filter(({ dur = 0 }) => dur > 50_000).length } }
}
