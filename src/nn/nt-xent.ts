import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { sameShape, showType } from '../ir/types.ts'
import { diagonal, infoNceOneWay, type LossTerms } from './contrastive.ts'
import { l2Normalize } from './normalize.ts'

/** Added to the similarity of a row with itself, as SLIP does. */
const ITSELF = -1e9

/**
 * NT-Xent: two views `first` and `second` [B, E] of the same B things. Each view must pick its other among the 2B - 1 views
 * that are not itself, by cosines over `temperature`; the mean over all 2B.
 *
 * Source: Chen et al. 2020 (arXiv 2002.05709), Eq. 1 and Algorithm 1; SLIP: Mu et al. 2021 (arXiv 2112.12750), as in
 * its SIMCLRLoss.
 */
export function ntXent(b: Builder, first: Var, second: Var, temperature: number): LossTerms {
  if (!sameShape(first.type.shape, second.type.shape))
    throw new BuildError(
      `two views have one shape, got ${showType(first.type)} and ${showType(second.type)}`,
      b.currentOrigin,
    )
  const [x, y] = [l2Normalize(b, first), l2Normalize(b, second)]
  const similarities = (p: Var, q: Var): Var => {
    const cosines = b.dotGeneral(p, q, { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] })
    return b.mul(cosines, 1 / temperature) // [B, B]
  }
  const oneWay = (p: Var, q: Var): LossTerms => {
    const own = similarities(p, p)
    const others = b.add(own, b.select(diagonal(b, own.type.shape), b.fill(own.type, ITSELF), 0))
    return infoNceOneWay(b, b.concatenate([similarities(p, q), others], 1)) // over [B, 2B]
  }
  const [forth, back] = [oneWay(x, y), oneWay(y, x)]
  return { sum: b.mul(b.add(forth.sum, back.sum), 0.5), count: forth.count }
}
