// What reads and writes archives, as one part that is loaded when it is first asked for: most pages never do.
export { exportArchive } from './export.ts'
export { importArchive } from './import.ts'
