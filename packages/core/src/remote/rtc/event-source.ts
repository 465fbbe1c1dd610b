/** An EventTarget whose `onNAME` attributes are called too. What a listener throws goes to the global error handler, as in a browser. */
export class EventSource extends EventTarget {
  protected emit (event: Event): void {
    const handler = (this as unknown as Record<string, unknown>)[`on${event.type}`]
    if (typeof handler === 'function') {
      try {
        handler.call(this, event)
      } catch (error) {
        queueMicrotask(() => { throw error })
      }
    }
    this.dispatchEvent(event)
  }
}

/** An event with fields of its own. */
export function eventOf (type: string, fields: object): Event {
  return Object.assign(new Event(type), fields)
}
