import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { dataFolder, resolveUserPath } from '../../src/cli/data-folder.ts'

const test = suite('cli/data-folder')
const linux = { env: {}, cwd: '/work', home: '/home/ana', platform: 'linux' as const }

test('the platform\'s folder', () => {
  assert.is(dataFolder(undefined, linux), '/home/ana/.local/share/seedbed')
  assert.is(dataFolder(undefined, { ...linux, env: { XDG_DATA_HOME: '/data' } }), '/data/seedbed')
  assert.is(dataFolder(undefined, { ...linux, env: { XDG_DATA_HOME: 'relative' } }), '/home/ana/.local/share/seedbed')
  assert.is(dataFolder(undefined, { ...linux, platform: 'darwin', home: '/Users/ana' }), '/Users/ana/Library/Application Support/Seedbed')
  assert.is(dataFolder(undefined, { ...linux, platform: 'win32', home: 'C:\\Users\\ana', env: { APPDATA: 'D:\\Roaming' } }), 'D:\\Roaming\\Seedbed')
  assert.is(dataFolder(undefined, { ...linux, platform: 'win32', home: 'C:\\Users\\ana' }), 'C:\\Users\\ana\\AppData\\Roaming\\Seedbed')
})

test('--data before SEEDBED_DATA before the platform\'s', () => {
  assert.is(dataFolder('/x', { ...linux, env: { SEEDBED_DATA: '/y' } }), '/x')
  assert.is(dataFolder(undefined, { ...linux, env: { SEEDBED_DATA: '/y' } }), '/y')
  assert.is(dataFolder(undefined, { ...linux, env: { SEEDBED_DATA: '' } }), '/home/ana/.local/share/seedbed')
})

test('relative paths are relative to where the person is', () => {
  assert.is(dataFolder('d', linux), '/work/d')
  assert.is(dataFolder('d', { ...linux, env: { INIT_CWD: '/elsewhere' } }), '/elsewhere/d')
  assert.is(resolveUserPath('../f', { ...linux, env: { INIT_CWD: '/elsewhere/a' } }), '/elsewhere/f')
  assert.is(resolveUserPath('/f', { ...linux, env: { INIT_CWD: '/elsewhere' } }), '/f')
})

test('without a home folder it is refused rather than put beside whatever is being worked on', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    assert.throws(() => dataFolder(undefined, { env: {}, cwd: '/work', home: '', platform }), /--data or SEEDBED_DATA/)
  }
  assert.is(dataFolder('here', { env: {}, cwd: '/work', home: '', platform: 'linux' }), '/work/here')
})

test.run()
