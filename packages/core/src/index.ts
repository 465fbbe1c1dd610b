export const packageName: string = '@seedbed/core'
