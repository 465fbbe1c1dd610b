// The port of the last start, tried first at the next one: what others remember of this peer stays true.
import type { Level } from 'level'
import type { Logger } from '../options.ts'

export interface KeptPort {
  /**
   * Calls `listen` with the port of the last start; where that fails (another program has it by now), or there is none,
   * with 0 for any free one. Remembers what `portOf` tells. Errors: what `listen` fails with at port 0.
   */
  listen<T> (listen: (port: number) => Promise<T>, portOf: (listener: T) => number | null): Promise<T>
}

export function createKeptPort (db: Level, name: 'libp2p-port' | 'torrent-port', logger: Logger): KeptPort {
  const table = db.sublevel<string, unknown>('node-settings', { valueEncoding: 'json' })
  return {
    async listen (listen, portOf) {
      const kept = await table.get(name)
      const listener = await (isPort(kept) ? listen(kept).catch(async (error: unknown) => {
        logger.info(`the port of the last start, ${kept}, cannot be had; another one is taken`, error)
        return await listen(0)
      }) : listen(0))
      const port = portOf(listener)
      // A full disk stops no peer from starting: it only gets another port next time.
      if (port !== null && port !== kept) await table.put(name, port).catch((error: unknown) => { logger.warn('the port could not be remembered', error) })
      return listener
    }
  }
}

function isPort (value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536
}
