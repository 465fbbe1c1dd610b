// test-timeout-ms: 180000
// libtorrent downloads odd bodies from us and seeds them to us, see cases.ts.
import { testClient } from './matrix.ts'

testClient('libtorrent')
