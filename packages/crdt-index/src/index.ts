export const packageName: string = '@seedbed/crdt-index'
