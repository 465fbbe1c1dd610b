// test-timeout-ms: 600000
// aria2 downloads odd bodies from us and seeds them to us, see cases.ts.
import { testClient } from './matrix.ts'

testClient('aria2')
