import { createHash } from 'node:crypto'
import { breathe } from '../data/parallel.ts'
import { showType } from '../ir/types.ts'
import type { LoopState } from './train-loop.ts'

/**
 * SHA-256 of all that training goes on from: the step, every weight and every array of the optimizer's state with its
 * name and type, in the order of their names. Two states with one hash go on the same way.
 */
export async function stateHash(state: LoopState): Promise<string> {
  const hash = createHash('sha256').update(`step ${state.step}\n`)
  for (const [what, arrays] of [
    ['weight', state.weights],
    ['optimizer', state.optimizer],
  ] as const)
    for (const name of [...arrays.keys()].sort()) {
      const { type, bytes } = arrays.get(name)!
      hash.update(`${what} ${name} ${showType(type)}\n`).update(bytes)
      await breathe()
    }
  return hash.digest('hex')
}
