export const packageName: string = '@seedbed/torrent-store'
