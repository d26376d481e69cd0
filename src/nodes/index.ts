import type { NodeDef, Registry } from '../graph/kit.ts'
import { batch } from './data/batch.ts'
import { emoji } from './data/emoji.ts'
import { folder } from './data/folder.ts'
import { scenes } from './data/scenes.ts'
import { shuffleColumn } from './data/shuffle-column.ts'
import { textEncoder } from './encoder/text-transformer.ts'
import { vit } from './encoder/vit.ts'
import { factors } from './evaluation/factors.ts'
import { forcedChoice } from './evaluation/forced-choice.ts'
import { geometry } from './evaluation/geometry.ts'
import { knn } from './evaluation/knn.ts'
import { linearProbe } from './evaluation/linear-probe.ts'
import { quads } from './evaluation/quads.ts'
import { retrieval } from './evaluation/retrieval.ts'
import { zeroShot } from './evaluation/zero-shot.ts'
import { batchNorm } from './layer/batch-norm.ts'
import { normalize } from './layer/normalize.ts'
import { projection } from './layer/projection.ts'
import { vectorQuantizer } from './layer/vector-quantizer.ts'
import { note } from './note/note.ts'
import { adaptiveWeight } from './objective/adaptive-weight.ts'
import { binaryCrossEntropy } from './objective/binary-cross-entropy.ts'
import { gradNorm } from './objective/grad-norm.ts'
import { infoNCE } from './objective/info-nce.ts'
import { meanSquaredError } from './objective/mean-squared-error.ts'
import { scale } from './objective/scale.ts'
import { weightedSum } from './objective/weighted-sum.ts'
import { adamw } from './optimizer/adamw.ts'
import { lion } from './optimizer/lion.ts'
import { schedule } from './optimizer/schedule.ts'
import { sgd } from './optimizer/sgd.ts'
import { logits } from './pair/logits.ts'
import { bpe } from './text/bpe.ts'
import { tokenizerFile } from './text/tokenizer-file.ts'
import { bind } from './train/bind.ts'
import { train } from './train/train.ts'

const ALL: readonly NodeDef[] = [
  emoji,
  folder,
  scenes,
  shuffleColumn,
  bpe,
  tokenizerFile,
  batch,
  vit,
  textEncoder,
  projection,
  normalize,
  batchNorm,
  vectorQuantizer,
  logits,
  infoNCE,
  meanSquaredError,
  binaryCrossEntropy,
  weightedSum,
  scale,
  gradNorm,
  adaptiveWeight,
  schedule,
  adamw,
  lion,
  sgd,
  train,
  bind,
  retrieval,
  zeroShot,
  forcedChoice,
  quads,
  factors,
  linearProbe,
  knn,
  geometry,
  note,
]

/** Every node type by name. */
export const registry: Registry = new Map(ALL.map(def => [def.type, def]))
