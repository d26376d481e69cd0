import { BuildError, type Builder } from '../ir/builder.ts'
import type { Var } from '../ir/program.ts'
import { elementCount, sameShape, showType } from '../ir/types.ts'
import { softplus } from './activations.ts'
import type { LossTerms } from './contrastive.ts'

/** Scores s of rows, and ln q of the same rows under the noise distribution. */
export interface ScoredRows {
  readonly scores: Var
  readonly logNoise?: Var
}

/**
 * Binary noise-contrastive estimation: is a row data or noise, of which there are k rows for each row of data?
 * L = -E_data ln σ(s - ln k q) - k E_noise ln σ(-(s - ln k q)). At its minimum s is ln p of the data, normalised.
 * Without `logNoise` s itself is judged, and becomes ln(p / k q), a ratio and no density. ln q gets no gradient.
 *
 * Source: Gutmann & Hyvärinen 2010, "Noise-contrastive estimation", Eq. 3; 2012 (JMLR 13), Eq. 8 for any k.
 */
export function noiseContrastive(b: Builder, data: ScoredRows, noise: ScoredRows): LossTerms {
  const count = elementCount(data.scores.type.shape)
  const ratio = elementCount(noise.scores.type.shape) / count
  const judged = ({ scores, logNoise }: ScoredRows): Var => {
    if (!logNoise) return scores
    if (!sameShape(scores.type.shape, logNoise.type.shape))
      throw new BuildError(
        `scores ${showType(scores.type)} and ln q ${showType(logNoise.type)} differ in shape`,
        b.currentOrigin,
      )
    return b.sub(scores, b.add(b.stopGradient(logNoise), Math.log(ratio)))
  }
  const total = (terms: Var): Var => b.sum(terms, [...terms.type.shape.keys()])
  const real = total(softplus(b, b.neg(judged(data))))
  // k times the mean over noise is their sum over the number of data.
  const made = total(softplus(b, judged(noise)))
  return { sum: b.add(real, made), count: b.scalar(data.scores.type.dtype, count) }
}
