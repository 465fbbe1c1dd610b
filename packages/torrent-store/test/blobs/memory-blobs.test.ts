import { suite } from 'uvu'
import { createMemoryBlobs } from '../../src/index.ts'
import { blobStoreAcceptance } from './acceptance.ts'

const test = suite('memory blobs')
blobStoreAcceptance(test, async () => createMemoryBlobs())
test.run()
