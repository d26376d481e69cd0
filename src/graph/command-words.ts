import type { GraphCommand } from './commands.ts'
import type { GraphDocument } from './document.ts'
import { own } from './own.ts'

const nodes = (n: number) => (n === 1 ? 'node' : `${n} nodes`)

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

/** An id for a new node of a type: `encoder.vit` becomes `vit`, then `vit_2`. Never one of `taken`. */
export function uniqueId(doc: GraphDocument, type: string, taken: ReadonlySet<string> = new Set()): string {
  const words = type
    .replace(/^def:/, '')
    .split('.')
    .at(-1)!
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
  const base = /^[a-z]/.test(words) ? words : `node_${words}`
  const free = (id: string) => !own(doc.nodes, id) && !taken.has(id)
  if (free(base)) return base
  for (let n = 2; ; n++) if (free(`${base}_${n}`)) return `${base}_${n}`
}
