/** A timeout that does not keep a Node process alive by itself; in a page it is just a timeout. */
export function backgroundTimer (call: () => void, delayMs: number): NodeJS.Timeout {
  const timer = setTimeout(call, delayMs)
  const { unref } = timer as { unref?: () => unknown } // a number in a browser
  unref?.call(timer)
  return timer
}
