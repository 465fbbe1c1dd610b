// A node that notes drafts for ever, to be killed at any moment: every line is a draft that was promised.
import { writeSync } from 'node:fs'
import { createNode } from '@seedbed/core'

const [dataDir = '', from = '0'] = process.argv.slice(2)
const node = await createNode({ dataDir, network: false, torrent: false })
for (let i = Number(from); ; i++) {
  await node.personal.setDraft(`reply:${i % 20}`, { text: `${i} ${'text '.repeat(200)}` })
  await node.personal.markRead(i.toString(16).padStart(40, '0'))
  writeSync(1, `${i}\n`)
}
