// The SDK in a page, for the tests of personal.test.ts.
import { createNode } from '@seedbed/core'

Object.assign(globalThis, { createNode })
