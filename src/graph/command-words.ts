import type { GraphCommand } from './commands.ts'

const nodes = (n: number) => (n === 1 ? 'node' : `${n} nodes`)

const MODES = { muted: 'Mute', bypassed: 'Bypass', active: 'Run' } as const

/** What undo would take back, for people: `Move node`, `Change width`. */
export function labelOf(c: GraphCommand): string {
  switch (c.type) {
    case 'addNode':
      return 'Add node'
    case 'removeNodes':
      return `Delete ${nodes(c.ids.length)}`
    case 'moveNodes':
      return `Move ${nodes(Object.keys(c.to).length)}`
    case 'setParam':
      return `Change ${c.path.join('.')}`
    case 'setTitle':
      return 'Rename node'
    case 'connect':
      return 'Connect'
    case 'disconnect':
      return 'Disconnect'
    case 'setWatches':
      return 'Change watches'
    case 'setMode':
      return `${MODES[c.mode ?? 'active']} ${nodes(c.nodes.length)}`
    case 'setGroup':
      return c.group ? 'Group' : 'Ungroup'
    case 'within':
      return labelOf(c.command)
    case 'setMeta': {
      const [field] = Object.keys(c.meta)
      return `Change ${field ?? 'graph'}`
    }
    case 'group':
      return c.label
    case 'restore':
      return 'Restore'
  }
}
