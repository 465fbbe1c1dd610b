// The community that comes with the app, so that there is something to read before anybody is known. Its archive is
// packages/example-app/starter/starter.seedbed; tools/starter/make.ts writes both.

/** Address of the starter community. */
export const STARTER_COMMUNITY: string = '48bb99d30cc5a9c9c44be6861c81f1580c54d3ba69d32d2f517bf2db854bd0f6'
/** Name of its archive, beside the app's other files. */
export const STARTER_FILE: string = 'starter.seedbed'
/** What is longer is something else, and is not read. */
export const MAX_STARTER_BYTES: number = 256 * 1024
