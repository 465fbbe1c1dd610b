// test-timeout-ms: 600000
// libtorrent downloads odd bodies from us and seeds them to us, see cases.ts.
import { testClient } from './matrix.ts'

testClient('libtorrent')
