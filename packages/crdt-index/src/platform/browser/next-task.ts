// A task of its own after those that wait already. Timers are held back to 4 ms once they nest, and to a second in a page
// that nobody sees; what `scheduler.yield` continues comes before the page's other tasks, so that a long row of slices
// would hold up its sockets.
const waiting: Array<() => void> = []
let channel: MessageChannel | null = null

function post (): void {
  if (channel === null) {
    channel = new MessageChannel()
    channel.port1.addEventListener('message', () => { waiting.shift()?.() })
    channel.port1.start()
  }
  channel.port2.postMessage(null)
}

export async function nextTask (): Promise<void> {
  await new Promise<void>(resolve => {
    waiting.push(resolve)
    post()
  })
}
