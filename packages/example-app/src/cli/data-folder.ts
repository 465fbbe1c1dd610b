// Where the data lies and what relative paths are relative to.
import path from 'node:path'
import { usage } from './failure.ts'

export interface FolderSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  readonly platform: NodeJS.Platform
}

/** Resolves a path as the person typed it: package managers change the working directory and say so in INIT_CWD. */
export function resolveUserPath (file: string, { env, cwd }: Pick<FolderSurroundings, 'env' | 'cwd'>): string {
  return path.resolve(filled(env['INIT_CWD']) ?? cwd, file)
}

/** `--data`, else SEEDBED_DATA, else the platform's folder for application data. Errors: USAGE when nobody knows that. */
export function dataFolder (option: string | undefined, surroundings: FolderSurroundings): string {
  const named = filled(option) ?? filled(surroundings.env['SEEDBED_DATA'])
  return named === undefined ? platformFolder(surroundings) : resolveUserPath(named, surroundings)
}

function platformFolder ({ env, home, platform }: FolderSurroundings): string {
  if (platform === 'win32') return path.win32.join(filled(env['APPDATA']) ?? path.win32.join(known(home, path.win32), 'AppData', 'Roaming'), 'Seedbed')
  if (platform === 'darwin') return path.posix.join(known(home, path.posix), 'Library', 'Application Support', 'Seedbed')
  const xdg = filled(env['XDG_DATA_HOME'])
  // XDG Base Directory Specification: relative paths are invalid and ignored.
  return path.posix.join(xdg !== undefined && path.posix.isAbsolute(xdg) ? xdg : path.posix.join(known(home, path.posix), '.local', 'share'), 'seedbed')
}

/** A relative folder would be another one in every working directory. */
function known (home: string, { isAbsolute }: Pick<typeof path.posix, 'isAbsolute'>): string {
  if (!isAbsolute(home)) throw usage('There is no home folder to keep the data in; name a folder with --data or SEEDBED_DATA.')
  return home
}

function filled (value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
