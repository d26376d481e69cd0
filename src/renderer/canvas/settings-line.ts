import type { NodeDef } from '../../graph/kit.ts'
import { brief } from '../ui/brief.ts'

/** More than this many settings are not named on a card. */
const MOST = 4

function shown(key: string, value: unknown): string | undefined {
  if (typeof value === 'number')
    return `${key} ${Number.isInteger(value) ? value : Number(value.toPrecision(4))}`
  if (typeof value === 'string') return value ? `${key} ${brief(value, 60)}` : undefined
  if (typeof value === 'boolean') return value ? key : `no ${key}`
  return undefined
}

/** `patch 8 · width 128 · depth 4 · heads 4`: the first settings that the file names, in the node's own order. */
export function settingsLine(params: Readonly<Record<string, unknown>>, def: NodeDef | undefined): string {
  const order = def ? Object.keys(def.params.shape) : Object.keys(params)
  const given = [...order.filter(key => Object.hasOwn(params, key))].filter(
    // These two have marks of their own.
    key => key !== 'trainable' && key !== 'sharedWith',
  )
  const words = given.flatMap(key => shown(key, params[key]) ?? [])
  return words.length > MOST ? `${words.slice(0, MOST).join(' · ')} …` : words.join(' · ')
}
