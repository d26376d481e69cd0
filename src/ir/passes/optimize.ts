import { checkProgram } from '../check.ts'
import type { Program } from '../program.ts'
import { cleanUp } from './algebra.ts'
import { collapseDots } from './collapse-dots.ts'
import { mergeCommonSubexpressions } from './common-subexpressions.ts'
import { foldConstants } from './constant-folding.ts'
import { removeDeadCode } from './dead-code.ts'
import type { Pass } from './rewrite.ts'

const PASSES: readonly Pass[] = [
  mergeCommonSubexpressions,
  foldConstants,
  cleanUp,
  collapseDots,
  removeDeadCode,
]

/** Each round shortens the program or ends the work; real ones are done after three or four. */
const MOST_ROUNDS = 10

/**
 * The program that backends compile: the same inputs, outputs and order of both, with less to do between
 * them. Passes run in turn until none finds anything, and the checker runs before the first and after each
 * that changed something. For programs that are no longer differentiated.
 */
export function optimize(program: Program): Program {
  checkProgram(program)
  let current = program
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = current
    for (const pass of PASSES) {
      const next = pass(current)
      if (next !== current) checkProgram(next)
      current = next
    }
    if (current === before) break
  }
  return current
}
