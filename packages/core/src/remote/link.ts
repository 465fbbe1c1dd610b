// One two-way line between a tab and the peer, whatever carries it.

export interface Link<Out, In> {
  post (message: Out, transfer?: readonly Transferable[]): void
  /** One listener; messages before it is set wait. */
  listen (listener: (message: In) => void): void
  close (): void
}

/** A port of worker threads in Node or of a browser. */
export function portLink<Out, In> (port: MessagePort): Link<Out, In> {
  return {
    post (message, transfer = []) { port.postMessage(message, [...transfer]) },
    listen (listener) { port.onmessage = event => { listener(event.data as In) } },
    close () { port.close() }
  }
}

/** A channel with a name that only its two ends know. Nothing can be transferred through it. */
export function channelLink<Out, In> (channel: BroadcastChannel): Link<Out, In> {
  return {
    post (message) { channel.postMessage(message) },
    listen (listener) { channel.onmessage = event => { listener(event.data as In) } },
    close () { channel.close() }
  }
}
