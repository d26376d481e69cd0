/** What equal scores of the true candidate and the best false one count as. */
export const TIES = ['wrong', 'half', 'first'] as const
export type TieRule = (typeof TIES)[number]

/** How one forced choice came out. */
export interface Choice {
  /** 1 for right, 0 for wrong, a share for a tie under the rule "half". */
  readonly outcome: number
  /** No false candidate scores higher than the true one, and at least one scores the same. */
  readonly tie: boolean
  /** A score is NaN: always wrong. */
  readonly nan: boolean
}

/**
 * Scores one choice between a true candidate and false ones.
 *
 * - `wrong`: right only where the true one scores strictly highest (SugarCrepe; ARO's relations and attributes).
 * - `half`: a tie gives the true one its share, one over the number of candidates at the top.
 * - `first`: the true one stands first and the first of equals is taken, as `argmax` does (ARO's caption order).
 *
 * `argmax` also takes the first NaN, so a broken scorer would be right under the third rule; here NaN is never right.
 */
export function choose(right: number, wrong: readonly number[], ties: TieRule): Choice {
  if (Number.isNaN(right) || wrong.some(Number.isNaN)) return { outcome: 0, tie: false, nan: true }
  if (wrong.some(w => w > right)) return { outcome: 0, tie: false, nan: false }
  const level = wrong.filter(w => w === right).length
  if (level === 0) return { outcome: 1, tie: false, nan: false }
  return { outcome: { wrong: 0, half: 1 / (1 + level), first: 1 }[ties], tie: true, nan: false }
}
