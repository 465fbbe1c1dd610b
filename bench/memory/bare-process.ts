// A process with the libraries that any such peer has open, and nothing else: libp2p and level.
import { Level } from 'level'
import { answer } from '../support/child.ts'
import { createBareLibp2p } from '../support/bare-libp2p.ts'

answer({
  async open (folder: string): Promise<void> {
    await new Level(folder).open()
    await createBareLibp2p()
  }
})
