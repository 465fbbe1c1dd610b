// Ports for programs that cannot be told to take any, and for those that come back to theirs after a while.
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems give to whoever asks for any, or somebody could be given one before it is used. */
const [FIRST_PORT, PORTS] = [10_000, 10_000]
/** Files that run beside each other begin at places of their own. */
let next = process.pid * 101

/** A TCP port of 127.0.0.1 that nobody has; never the same one twice. */
export async function freePort (): Promise<number> {
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = FIRST_PORT + next++ % PORTS
    const server = createServer().listen(port, '127.0.0.1')
    if (!await once(server, 'listening').then(() => true, () => false)) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error('no free port')
}
