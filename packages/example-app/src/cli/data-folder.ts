// Where the data lies and what relative paths are relative to.
import path from 'node:path'

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

/** `--data`, else SEEDBED_DATA, else the platform's folder for application data. */
export function dataFolder (option: string | undefined, surroundings: FolderSurroundings): string {
  const named = filled(option) ?? filled(surroundings.env['SEEDBED_DATA'])
  return named === undefined ? platformFolder(surroundings) : resolveUserPath(named, surroundings)
}

function platformFolder ({ env, home, platform }: FolderSurroundings): string {
  if (platform === 'win32') return path.win32.join(filled(env['APPDATA']) ?? path.win32.join(home, 'AppData', 'Roaming'), 'Seedbed')
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'Seedbed')
  const xdg = filled(env['XDG_DATA_HOME'])
  // XDG Base Directory Specification: relative paths are invalid and ignored.
  return path.posix.join(xdg !== undefined && path.posix.isAbsolute(xdg) ? xdg : path.posix.join(home, '.local', 'share'), 'seedbed')
}

function filled (value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
