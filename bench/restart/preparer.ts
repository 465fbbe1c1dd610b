// Writes the data folder that is opened again, and the reference's database.
import { createNode } from '@seedbed/core'
import { Level } from 'level'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { answer } from '../support/child.ts'
import { prepareVotes, VOTES } from '../support/votes.ts'
import { prepareMillion } from './million.ts'

/** What a vote takes in a document: a key of 27 characters, a value and a time. */
const VOTE_BYTES = 43

answer({
  /** A folder as a node leaves it that holds all the votes; its own author wrote none of them. */
  async folder (folder: string): Promise<void> {
    await (await createNode({ dataDir: folder, network: false, torrent: false })).close()
    const { db } = await prepareVotes()
    const target = new Level<Uint8Array, Uint8Array>(path.join(folder, 'db'), { keyEncoding: 'view', valueEncoding: 'view' })
    const rows: Array<{ type: 'put', key: Uint8Array, value: Uint8Array }> = []
    for await (const [key, value] of db.iterator<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })) rows.push({ type: 'put', key, value })
    await target.batch(rows)
    await target.close()
  },
  /** The same with a million votes, with the checkpoint that a close leaves or without. */
  async million ({ folder, checkpoints }: { folder: string, checkpoints: boolean }): Promise<void> {
    await (await createNode({ dataDir: folder, network: false, torrent: false })).close()
    const db = new Level<Uint8Array, Uint8Array>(path.join(folder, 'db'), { keyEncoding: 'view', valueEncoding: 'view' })
    await prepareMillion(db.sublevel('index'), checkpoints)
    await db.close()
  },
  async rows (folder: string): Promise<void> {
    const db = new Level<Uint8Array, Uint8Array>(folder, { keyEncoding: 'view', valueEncoding: 'view' })
    await db.batch(Array.from({ length: VOTES }, () => ({ type: 'put', key: randomBytes(52), value: randomBytes(VOTE_BYTES) })))
    await db.close()
  }
})
