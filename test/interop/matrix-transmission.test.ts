// test-timeout-ms: 600000
// transmission downloads odd bodies from us and seeds them to us, see cases.ts.
import { testClient } from './matrix.ts'

testClient('transmission')
