import type { ScenesOptions } from '../../graph/scenes.ts'
import { isHeldOutPair, isHeldOutRelation } from './splits.ts'

/** Why no scene can be as the options say; undefined where some can. Without this the search for one has no end. */
export function whyImpossible(options: ScenesOptions): string | undefined {
  const { form, shapes, colours, splitBy, side, objects } = options
  if (shapes.length < 2 || colours.length < 2)
    return 'Scenes need at least two shapes and two colours: a negative takes another one.'
  if (form === 'positions') return undefined
  const most = objects[1]
  const combinations = colours.flatMap(colour => shapes.map(shape => ({ shape, colour })))
  const held = combinations.filter(isHeldOutPair).length
  const free = combinations.length - (splitBy === 'pairs' && side === 'train' ? held : 0)
  if (free <= most)
    return `${free} combinations of colour and shape are too few for ${most} objects. Allow more of them.`
  if (splitBy === 'pairs' && side === 'test' && held === 0)
    return 'The split "pairs" holds out none of the combinations of these shapes and colours. Allow more of them.'
  if (
    splitBy === 'relations' &&
    side === 'test' &&
    most > 1 &&
    !shapes.some(s => isHeldOutRelation(s, 'left of'))
  )
    return 'The split "relations" holds out no relation of these shapes. Allow a circle.'
  return undefined
}
