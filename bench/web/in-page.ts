// What runs in the pages that are measured, before anything of the app does. It is sent as text, so each function stands
// alone. All times are Unix milliseconds of the browser's clock, which all pages of this machine share.

export interface PageMarks {
  /** When the navigation began. */
  readonly beganMs: number
  /** Marks by name, each set once. */
  readonly at: Record<string, number>
  /** Scores of posts as they were drawn. */
  readonly scores: Array<{ readonly post: string, readonly score: string, readonly atMs: number }>
  readonly clicks: Array<{ readonly atMs: number }>
  /** The longest event of every interaction (event timing API): input to next paint. */
  readonly interactions: Map<number, { readonly type: string, readonly startMs: number, durationMs: number }>
  readonly connections: Array<{ readonly beganMs: number, connectedMs: number | null }>
  wanted: { readonly comments: number, readonly beganMs: number, screenMs: number | null, allMs: number | null } | null
}

declare global {
  var marks: PageMarks // oxlint-disable-line no-var -- how TypeScript declares a global
}

/** Notes when the first post of a community is painted, what is pressed and how long that takes, and RTC connections. */
export function watchPage (): void {
  const nowMs = (): number => performance.timeOrigin + performance.now()
  const marks: PageMarks = { beganMs: performance.timeOrigin, at: {}, scores: [], clicks: [], interactions: new Map(), connections: [], wanted: null }
  globalThis.marks = marks

  /** After the frame that shows what is there now. */
  const painted = (call: (atMs: number) => void): void => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.addEventListener('message', () => { call(nowMs()) }, { once: true })
      port1.start()
      port2.postMessage(null)
    })
  }
  const mark = (name: string): void => {
    if (name in marks.at) return
    marks.at[name] = nowMs()
    painted(atMs => { marks.at[name] = atMs })
  }
  const scoreOf = (row: Element): void => {
    const post = row.getAttribute('data-post') ?? ''
    const score = row.querySelector('.score .unseen')?.textContent ?? ''
    if (marks.scores.findLast(known => known.post === post)?.score !== score) marks.scores.push({ post, score, atMs: nowMs() })
  }
  /** Once a frame, and no more of the layout than the first screen: looking must not be what takes the time. */
  let isLooking = false
  const lookAtThread = (): void => {
    const { wanted } = marks
    if (wanted === null || wanted.allMs !== null || isLooking) return
    isLooking = true
    requestAnimationFrame(() => {
      isLooking = false
      if (wanted.screenMs === null && hasScreen()) {
        wanted.screenMs = 0
        painted(atMs => { wanted.screenMs = atMs })
      }
      if (document.querySelectorAll('.comments .prose').length < wanted.comments) return
      wanted.allMs = 0
      painted(atMs => { wanted.allMs = atMs })
    })
  }
  const hasScreen = (): boolean => {
    let drawn = 0
    for (const comment of document.querySelectorAll('.comments [data-comment]')) {
      if (comment.getBoundingClientRect().top >= innerHeight) break
      if (comment.querySelector('.prose') === null) return false
      drawn++
    }
    return drawn > 0
  }

  new MutationObserver(changes => {
    const join = location.pathname === '/join' ? document.querySelector<HTMLButtonElement>('main form button[type=submit]:enabled') : null
    if (join !== null && !('join' in marks.at)) {
      mark('join')
      join.click()
    }
    if (document.querySelector('aside .card') !== null) mark('running')
    if (location.pathname.startsWith('/c/') && document.querySelector('.posts [data-post]') !== null) mark('row')
    if (location.pathname.startsWith('/c/') && document.querySelector('section:not([aria-busy=true]) > .posts [data-post]') !== null) mark('answer')
    for (const { target } of changes) {
      const row = (target instanceof Element ? target : target.parentElement)?.closest('.posts [data-post]')
      if (row != null) scoreOf(row)
    }
    lookAtThread()
  }).observe(document, { childList: true, subtree: true, characterData: true, attributeFilter: ['aria-busy'] })

  addEventListener('click', event => { if (event.isTrusted) marks.clicks.push({ atMs: nowMs() }) }, { capture: true })
  new PerformanceObserver(list => {
    for (const entry of list.getEntries() as Array<PerformanceEntry & { interactionId: number }>) {
      if (entry.interactionId === 0) continue
      const known = marks.interactions.get(entry.interactionId)
      if (known === undefined) marks.interactions.set(entry.interactionId, { type: entry.name, startMs: performance.timeOrigin + entry.startTime, durationMs: entry.duration })
      else known.durationMs = Math.max(known.durationMs, entry.duration)
    }
  }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)

  const Native = globalThis.RTCPeerConnection
  globalThis.RTCPeerConnection = class extends Native {
    constructor (configuration?: RTCConfiguration) {
      super(configuration)
      const connection: PageMarks['connections'][number] = { beganMs: nowMs(), connectedMs: null }
      marks.connections.push(connection)
      this.addEventListener('connectionstatechange', () => { if (this.connectionState === 'connected') connection.connectedMs ??= nowMs() })
    }
  }
}
