import type { NodeDef, Registry } from '../graph/kit.ts'
import { augment } from './data/augment.ts'
import { batch } from './data/batch.ts'
import { coco } from './data/coco.ts'
import { concatenate } from './data/concatenate.ts'
import { emoji } from './data/emoji.ts'
import { filter } from './data/filter.ts'
import { folder } from './data/folder.ts'
import { join } from './data/join.ts'
import { map } from './data/map.ts'
import { mix } from './data/mix.ts'
import { parquet } from './data/parquet.ts'
import { records } from './data/records.ts'
import { sample } from './data/sample.ts'
import { sceneClips } from './data/scene-clips.ts'
import { scenes } from './data/scenes.ts'
import { shuffle } from './data/shuffle.ts'
import { shuffleColumn } from './data/shuffle-column.ts'
import { split } from './data/split.ts'
import { webdataset } from './data/webdataset.ts'
import { textEncoder } from './encoder/text-transformer.ts'
import { vit } from './encoder/vit.ts'
import { bar } from './evaluation/bar.ts'
import { curve } from './evaluation/curve.ts'
import { distribution } from './evaluation/distribution.ts'
import { factors } from './evaluation/factors.ts'
import { forcedChoice } from './evaluation/forced-choice.ts'
import { geometry } from './evaluation/geometry.ts'
import { knn } from './evaluation/knn.ts'
import { linearProbe } from './evaluation/linear-probe.ts'
import { quads } from './evaluation/quads.ts'
import { retrieval } from './evaluation/retrieval.ts'
import { statements } from './evaluation/statements.ts'
import { throughput } from './evaluation/throughput.ts'
import { zeroShot } from './evaluation/zero-shot.ts'
import { attentionPool } from './layer/attention-pool.ts'
import { batchNorm } from './layer/batch-norm.ts'
import { embedding } from './layer/embedding.ts'
import { meanOverAxis } from './layer/mean.ts'
import { mlp } from './layer/mlp.ts'
import { normalize } from './layer/normalize.ts'
import { projection } from './layer/projection.ts'
import { scalarHead } from './layer/scalar-head.ts'
import { vectorQuantizer } from './layer/vector-quantizer.ts'
import { note } from './note/note.ts'
import { adaptiveWeight } from './objective/adaptive-weight.ts'
import { binaryCrossEntropy } from './objective/binary-cross-entropy.ts'
import { gradNorm } from './objective/grad-norm.ts'
import { infoNCE } from './objective/info-nce.ts'
import { meanSquaredError } from './objective/mean-squared-error.ts'
import { nce } from './objective/nce.ts'
import { scale } from './objective/scale.ts'
import { sigmoid } from './objective/sigmoid.ts'
import { simclr } from './objective/simclr.ts'
import { weightedSum } from './objective/weighted-sum.ts'
import { adamw } from './optimizer/adamw.ts'
import { lion } from './optimizer/lion.ts'
import { schedule } from './optimizer/schedule.ts'
import { sgd } from './optimizer/sgd.ts'
import { captionMixer } from './pair/caption-mixer.ts'
import { diagonal } from './pair/diagonal.ts'
import { logits } from './pair/logits.ts'
import { bpe } from './text/bpe.ts'
import { textDropTokens } from './text/drop-tokens.ts'
import { tokenizerFile } from './text/tokenizer-file.ts'
import { bind } from './train/bind.ts'
import { train } from './train/train.ts'

const ALL: readonly NodeDef[] = [
  emoji,
  folder,
  records,
  webdataset,
  parquet,
  coco,
  scenes,
  sceneClips,
  filter,
  map,
  sample,
  split,
  join,
  concatenate,
  mix,
  shuffle,
  shuffleColumn,
  bpe,
  tokenizerFile,
  textDropTokens,
  batch,
  augment,
  vit,
  textEncoder,
  projection,
  normalize,
  mlp,
  embedding,
  scalarHead,
  attentionPool,
  meanOverAxis,
  batchNorm,
  vectorQuantizer,
  logits,
  captionMixer,
  diagonal,
  infoNCE,
  sigmoid,
  nce,
  simclr,
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
  statements,
  quads,
  factors,
  distribution,
  linearProbe,
  knn,
  geometry,
  bar,
  curve,
  throughput,
  note,
]

/** Every node type by name. */
export const registry: Registry = new Map(ALL.map(def => [def.type, def]))
