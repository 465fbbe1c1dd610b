// Opens what prepare.ts wrote; each call is meant for a process of its own.
import { createNode } from '@seedbed/core'
import { Level } from 'level'
import { answer } from '../support/child.ts'

/** As the index asks for it. */
const READ_AHEAD_BYTES = 1024 * 1024

answer({
  /** Milliseconds from createNode to the first page of the feed. */
  async openNode ({ folder, warmUp }: { folder: string, warmUp: string }): Promise<{ ms: number, votes: number }> {
    await (await createNode({ dataDir: warmUp, network: false, torrent: false })).close() // loads the modules, which a process does once
    const beganMs = performance.now()
    const node = await createNode({ dataDir: folder, network: false, torrent: false })
    await node.feed({ sort: 'top', window: 'all', limit: 50 })
    const ms = performance.now() - beganMs
    let votes = 0
    for (let after: string | null | undefined; after !== null;) {
      const { items, next } = await node.feed({ sort: 'top', window: 'all', limit: 1000, ...after === undefined ? {} : { after } })
      votes += items.reduce((sum, { up, down }) => sum + up + down, 0)
      after = next
    }
    return { ms, votes } // not closed: that would save what this start had to do without
  },
  /** The reference: opens the database and reads every row. */
  async readRows (folder: string): Promise<{ ms: number, votes: number }> {
    const beganMs = performance.now()
    const db = new Level<string, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.open()
    let votes = 0
    const rows = db.iterator({ highWaterMarkBytes: READ_AHEAD_BYTES })
    for (let page = await rows.nextv(1000); page.length > 0; page = await rows.nextv(1000)) votes += page.length
    const ms = performance.now() - beganMs
    await db.close()
    return { ms, votes }
  }
})
