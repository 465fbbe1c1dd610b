// The SDK in a page, for the tests of core-node.test.ts.
import { createNode } from '@seedbed/core'

Object.assign(globalThis, { createNode })
