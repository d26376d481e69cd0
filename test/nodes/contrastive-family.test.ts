import { describe, expect, test } from 'vitest'
import { buildPairSlice, buildWireSlice } from '../../src/graph/compile/eval-slice.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import { operandsOf } from '../../src/graph/slice.ts'
import { elementCount } from '../../src/ir/types.ts'
import { node } from '../graph/fixtures.ts'
import { difference, run, withNoise } from '../nn/scope.ts'
import {
  faultsOf,
  projection,
  ROWS,
  shared,
  type Trained,
  towers,
  toyGraph,
  trainToy,
  unit,
  vision,
  words,
} from './toy-steps.ts'

const logits = (image: string, text: string, params = {}) => node('pair.logits', params, { image, text })
const CLIP = {
  vision: vision('batch.image'),
  text: words('batch.caption'),
  ...towers('vision.pooled', 'text.pooled'),
  logits: logits('image_unit.output', 'text_unit.output'),
}
const infoNCE = (params = {}, more = {}) =>
  node('objective.infoNCE', params, { pairs: 'logits.pairs', ...more })

/** Nodes that have weights of their own in a trained graph. */
const owners = ({ step }: Trained) => [...new Set(step.weights.map(w => w.name.split('/')[0]!))].sort()
const learns = ({ losses }: Trained) => {
  expect(losses.every(Number.isFinite)).toBe(true)
  expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!)
}

describe('CLIP', () => {
  test('learns, and in chunks takes the same steps', () => {
    const whole = trainToy(toyGraph({ ...CLIP, loss: infoNCE() }, 'loss.loss'), 12)
    learns(whole)
    const chunked = trainToy(toyGraph({ ...CLIP, loss: infoNCE({ chunk: 2 }) }, 'loss.loss'), 12)
    expect(difference(chunked.losses, whole.losses)).toBeLessThan(1e-9)
  })

  test('a chunked loss never makes all logits', () => {
    const shapes = (chunk: number) =>
      buildTrainStep(toyGraph({ ...CLIP, loss: infoNCE({ chunk }) }, 'loss.loss'), 'train', [
        { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0, schedule: RATE },
      ])
        .variants[0]!.program.equations.filter(eq => eq.origin === 'logits' || eq.origin === 'loss')
        .flatMap(eq => eq.outs.map(o => o.type.shape.join()))
    expect(shapes(0)).toContain(`${ROWS},${ROWS}`)
    expect(shapes(2)).not.toContain(`${ROWS},${ROWS}`)
  })

  test('chunks that do not divide the batch, or pairs without operands, are refused on the wire', () => {
    expect(faultsOf({ ...CLIP, loss: infoNCE({ chunk: 3 }) }, 'loss.loss')).toMatchInlineSnapshot(
      `"error DT052 node "loss" port "pairs" params.chunk: chunks of 3 don't divide 4 rows: pairs{logits float[batch 4, batch′ 4], scale float[], rows float[batch 4, embed 8], columns float[batch′ 4, embed 8]}. Choose a divisor of 4, or 0."`,
    )
    expect(faultsOf({ ...LLIP, loss: infoNCE({ chunk: 2 }) }, 'loss.loss')).toMatchInlineSnapshot(
      `"error DT052 node "loss" port "pairs" params.chunk: these pairs can't be made in chunks: each has an embedding of its own. Set chunk to 0."`,
    )
  })
})

const RATE = { kind: 'constant', base: 0.1, warmupSteps: 0, totalSteps: 1, final: 0 } as const

test('a Batch in parts: the chunked loss sees all of it, in two passes', () => {
  const whole = trainToy(toyGraph({ ...CLIP, loss: infoNCE({ chunk: 2 }) }, 'loss.loss'), 4)
  const parts = trainToy(
    toyGraph({ ...CLIP, loss: infoNCE({ chunk: 2 }) }, 'loss.loss', { accumulate: 2 }),
    4,
  )
  expect(difference(parts.losses, whole.losses)).toBeLessThan(1e-9)
})

describe('SigLIP', () => {
  const siglip = (initialBias: number, chunk = 0) =>
    toyGraph(
      {
        vision: vision('batch.image', { classToken: false, pool: 'mean' }),
        pool: node('layer.attentionPool', { heads: 2 }, { feat: 'vision.feat' }),
        text: words('batch.caption', { causal: false, pool: 'last' }),
        ...towers('pool.pooled', 'text.pooled'),
        logits: logits('image_unit.output', 'text_unit.output', {
          bias: 'learned',
          initialBias,
          initialScale: 10,
        }),
        loss: node('objective.sigmoid', { chunk }, { pairs: 'logits.pairs' }),
      },
      'loss.loss',
    )

  test('learns, its bias too, and takes the same steps in chunks', () => {
    const ran = trainToy(siglip(-10), 12)
    learns(ran)
    expect(owners(ran)).toEqual(['image_projection', 'logits', 'pool', 'text', 'text_projection', 'vision'])
    expect(difference(trainToy(siglip(-10, 2), 12).losses, ran.losses)).toBeLessThan(1e-9)
    expect(ran.values.get('logits/logit_bias')!.data[0]).not.toBe(-10)
  })
})

const LLIP = {
  vision: vision('batch.image', { extraTokens: 3 }),
  // A text tower of another width than the vision tower's.
  text: words('batch.caption', { width: 6 }),
  logits: node('pair.captionMixer', { size: 8, heads: 2 }, { image: 'vision.extra', text: 'text.pooled' }),
}

describe('Llip', () => {
  const graph = () =>
    toyGraph({ ...LLIP, loss: node('objective.sigmoid', {}, { pairs: 'logits.pairs' }) }, 'loss.loss')

  test('learns', () => {
    learns(trainToy(graph(), 12))
  })

  test('an evaluator’s tile holds any number of images and of texts, each mixed by its own text', () => {
    const g = graph()
    const operands = operandsOf(g, 'logits.pairs')!
    expect(operands).toEqual({ node: 'logits', rows: 'vision.extra', columns: 'text.pooled' })
    const logitsOf = (rows: number, columns: number, values: Readonly<Record<string, ArrayLike<number>>>) => {
      const { program } = buildPairSlice(g, 'logits.pairs', operands, rows, columns)
      return run(program, withNoise(program, values)).logits!
    }
    const valid = (rows: number) => ({ 'vision.extra/valid': new Array(rows * 3).fill(1) })
    const image = Array.from({ length: 3 * 3 * 8 }, (_, i) => Math.sin(i))
    const text = Array.from({ length: 5 * 6 }, (_, i) => Math.cos(i))
    const tile = logitsOf(3, 5, { ...valid(3), 'vision.extra/tokens': image, 'text.pooled/value': text })
    const one = logitsOf(1, 1, {
      ...valid(1),
      'vision.extra/tokens': image.slice(24, 48),
      'text.pooled/value': text.slice(18, 24),
    })
    expect(tile[1 * 5 + 3]!).toBeCloseTo(one[0]!, 12)
  })
})

describe('SLIP', () => {
  const view = { cropScale: 0.5, flip: 0.5, brightness: 0.3, greyscale: 0.2, blur: 0.5 }
  const projector = { size: 6, hidden: 8, layers: 3, batchNorm: true }
  const slip = (weights: readonly number[]) => ({
    ...CLIP,
    view: node('data.augment', view, { image: 'batch.image' }),
    view_too: node('data.augment', view, { image: 'batch.image' }),
    vision_view: vision('view.image', shared('vision')),
    vision_view_too: vision('view_too.image', shared('vision')),
    projector: node('layer.mlp', projector, { input: 'vision_view.pooled' }),
    projector_too: node(
      'layer.mlp',
      { ...projector, ...shared('projector') },
      { input: 'vision_view_too.pooled' },
    ),
    contrast: infoNCE(),
    views: node('objective.simclr', {}, { first: 'projector.output', second: 'projector_too.output' }),
    loss: node('objective.weightedSum', { weights }, { losses: ['contrast.loss', 'views.loss'] }),
  })

  test('is CLIP with a second loss over two views, through one encoder', () => {
    const ran = trainToy(toyGraph(slip([1, 1]), 'loss.loss'), 12)
    learns(ran)
    expect(owners(ran)).toEqual([
      'image_projection',
      'logits',
      'projector',
      'text',
      'text_projection',
      'vision',
    ])
    const clip = trainToy(toyGraph({ ...CLIP, loss: infoNCE() }, 'loss.loss'), 1)
    const [both, alone] = [ran, trainToy(toyGraph(slip([1, 0]), 'loss.loss'), 1)]
    expect(alone.losses[0]).toBeCloseTo(clip.losses[0]!, 12)
    expect(both.losses[0]!).toBeGreaterThan(clip.losses[0]! + 0.05)
  })

  test('an evaluation sees the picture itself', () => {
    const evaluated = (image: string) => {
      const g = toyGraph({ ...slip([1, 1]), vision: vision(image) }, 'loss.loss')
      const { program } = buildWireSlice(g, 'vision.pooled', 2)
      return run(
        program,
        withNoise(program, { 'batch.image/pixels': Array.from({ length: 384 }, (_, i) => i % 256) }),
      )
    }
    expect(evaluated('view.image')).toEqual(evaluated('batch.image'))
  })

  test('two views of a picture are drawn apart', () => {
    const draws = buildTrainStep(toyGraph(slip([1, 1]), 'loss.loss'), 'train', [
      { kind: 'sgd', momentum: 0, nesterov: false, weightDecay: 0, schedule: RATE },
    ]).variants[0]!.program.equations.filter(eq => eq.prim.name === 'threefry2x32')
    const of = (id: string) =>
      draws.filter(eq => eq.origin === id && elementCount(eq.outs[0]!.type.shape) > 1)
    expect(of('view').length).toBe(4)
    expect(of('view_too').length).toBe(4)
  })
})

test('CLIP-rocket: strong views of both sides go through projectors and a scale of their own', () => {
  const rocket = {
    ...CLIP,
    strong: node('data.augment', { cropScale: 0.5, flip: 0.5 }, { image: 'batch.image' }),
    strong_text: node('text.dropTokens', { rate: 0.3 }, { text: 'batch.caption' }),
    vision_strong: vision('strong.image', shared('vision')),
    text_strong: words('strong_text.text', shared('text')),
    image_head: node('layer.mlp', { size: 8, hidden: 8 }, { input: 'vision_strong.pooled' }),
    text_head: node('layer.mlp', { size: 8, hidden: 8 }, { input: 'text_strong.pooled' }),
    image_strong_unit: unit('image_head.output'),
    text_strong_unit: unit('text_head.output'),
    logits_strong: logits('image_strong_unit.output', 'text_strong_unit.output'),
    weak: infoNCE(),
    strong_loss: node('objective.infoNCE', {}, { pairs: 'logits_strong.pairs' }),
    loss: node(
      'objective.weightedSum',
      { weights: [0.5, 0.5] },
      { losses: ['weak.loss', 'strong_loss.loss'] },
    ),
  }
  const ran = trainToy(toyGraph(rocket, 'loss.loss'), 12)
  learns(ran)
  expect(owners(ran)).toEqual([
    'image_head',
    'image_projection',
    'logits',
    'logits_strong',
    'text',
    'text_head',
    'text_projection',
    'vision',
  ])
})

describe('NegCLIP', () => {
  const negclip = (chunk = 0) => ({
    ...CLIP,
    text_wrong: words('batch.wrong', shared('text')),
    wrong_projection: projection('text_wrong.pooled', shared('text_projection')),
    wrong_unit: unit('wrong_projection.output'),
    logits_wrong: logits('image_unit.output', 'wrong_unit.output', shared('logits')),
    loss: infoNCE({ chunk }, { extraTexts: ['logits_wrong.pairs'] }),
  })

  test('wrong captions are further columns for images alone, through the weights of the true ones', () => {
    const ran = trainToy(toyGraph(negclip(), 'loss.loss'), 12)
    learns(ran)
    expect(owners(ran)).toEqual(['image_projection', 'logits', 'text', 'text_projection', 'vision'])
    const clip = trainToy(toyGraph({ ...CLIP, loss: infoNCE() }, 'loss.loss'), 1)
    expect(ran.losses[0]! - clip.losses[0]!).toBeGreaterThan(0.1)
    expect(difference(trainToy(toyGraph(negclip(2), 'loss.loss'), 12).losses, ran.losses)).toBeLessThan(1e-9)
  })
})

describe('FLIP', () => {
  const flip = (train = {}) =>
    toyGraph(
      {
        ...CLIP,
        vision: vision('batch.image', { keep: 0.5, pool: 'mean' }),
        loss: infoNCE(),
        tune: node(
          'train',
          { steps: 4, clipNorm: 0, overrides: [{ $node: 'vision', params: { keep: 1 } }], ...train },
          { loss: ['loss.loss'], optimizer: ['adam.optimizer'], weights: 'train.weights' },
        ),
      },
      'loss.loss',
    )
  /** Multiplications of the vision blocks. */
  const cost = ({ step }: Trained) =>
    step.variants[0]!.program.equations.filter(
      eq => eq.origin === 'vision' && eq.prim.name === 'dot_general',
    ).reduce((n, eq) => n + elementCount(eq.outs[0]!.type.shape), 0)

  test('computes less while half the patches are dropped; the tuning stage sees all and goes on from there', () => {
    const graph = flip()
    const first = trainToy(graph, 12)
    learns(first)
    const tuned = trainToy(graph, 4, { train: 'tune', from: first.values })
    expect(tuned.losses[0]!).toBeLessThan(first.losses[0]!)
    expect(cost(first) / cost(tuned)).toBeLessThan(0.75)
  })
})

describe('NCE', () => {
  /** Five classes: how many of 16 rows of data and of 32 rows of noise are of each. */
  const P = [8, 4, 2, 1, 1]
  const Q = [12, 8, 4, 4, 4]
  const total = (x: readonly number[]) => x.reduce((s, v) => s + v, 0)
  const rowsOf = (counts: readonly number[]) => counts.flatMap((n, c) => new Array<number>(n).fill(c))
  const logQ = (rows: readonly number[]) => rows.map(c => Math.log(Q[c]! / total(Q)))

  const table = (ids: string, params = {}) =>
    node('layer.embedding', { entries: 5, size: 4, ...params }, { ids })
  const head = (input: string, params = {}) => node('layer.scalarHead', params, { input })
  const nce = (q: Readonly<Record<string, string>>) =>
    toyGraph(
      {
        batch: node('data.batch', { size: total(P) }, { dataset: 'data.dataset' }),
        noise: node('data.batch', { size: total(Q) }, { dataset: 'data.dataset' }),
        table: table('batch.kind'),
        table_noise: table('noise.kind', shared('table')),
        score: head('table.output'),
        score_noise: head('table_noise.output', shared('score')),
        loss: node('objective.nce', {}, { data: 'score.output', noise: 'score_noise.output', ...q }),
      },
      'loss.loss',
    )

  /** KL(p ‖ p̂) after training, p̂ made of the scores; and the total of e^s. */
  function fitted(q: Readonly<Record<string, string>>) {
    const [data, noise] = [rowsOf(P), rowsOf(Q)]
    const fields = {
      'batch.kind/values': data,
      'noise.kind/values': noise,
      'batch.log_q/values': logQ(data),
      'noise.log_q/values': logQ(noise),
    }
    const { values } = trainToy(nce(q), 300, { rate: 0.05, fields })
    const get = (name: string) => Array.from(values.get(name)!.data)
    const [rows, w, c] = [get('table/weight'), get('score/weight'), get('score/bias')[0]!]
    const scores = P.map((_, k) => c + w.reduce((s, v, d) => s + v * rows[4 * k + d]!, 0))
    const mass = total(scores.map(Math.exp))
    const divergence = total(
      P.map((n, k) => (n / total(P)) * (Math.log(n / total(P)) - scores[k]! + Math.log(mass))),
    )
    return { divergence, mass }
  }

  test('finds the density of the data, normalised, where ln q is wired, and only a ratio where it is not', () => {
    const corrected = fitted({ dataLogNoise: 'batch.log_q', noiseLogNoise: 'noise.log_q' })
    expect(corrected.divergence).toBeLessThan(0.005)
    expect(Math.abs(corrected.mass - 1)).toBeLessThan(0.05)
    expect(fitted({}).divergence).toBeGreaterThan(0.1)
  })

  test('ln q of one side alone is refused', () => {
    const { noise, ...rest } = {
      noise: node('data.batch', { size: 8 }, { dataset: 'data.dataset' }),
      table: table('batch.kind'),
      score: head('table.output'),
      loss: node(
        'objective.nce',
        {},
        { data: 'score.output', noise: 'score.output', dataLogNoise: 'batch.log_q' },
      ),
    }
    expect(faultsOf({ noise, ...rest }, 'loss.loss')).toMatchInlineSnapshot(
      `"error DT052 node "loss" port "noiseLogNoise": ln q must be known of data and of noise, or of neither. Wire both, or none to estimate a ratio."`,
    )
  })
})

test('what does not fit is said on its wire or parameter', () => {
  const sigmoid = node('objective.sigmoid', {}, { pairs: 'logits.pairs' })
  const clip = (more: object) => faultsOf({ ...CLIP, loss: infoNCE(), ...more }, 'loss.loss')
  const llip = (more: object) => faultsOf({ ...LLIP, loss: sigmoid, ...more }, 'loss.loss')
  expect(llip({ vision: vision('batch.image') })).toMatchInlineSnapshot(
    `"error DT023 node "logits" port "image": the node "vision" has no output "extra". Set extraTokens to the number of tokens."`,
  )
  expect(clip({ vision: vision('batch.image', { classToken: false }) })).toMatchInlineSnapshot(
    `"error DT052 node "vision" params.pool: there is no class token to pool. Set pool to mean."`,
  )
  expect(
    llip({ logits: node('pair.captionMixer', { size: 8, heads: 3 }, LLIP.logits.in) }),
  ).toMatchInlineSnapshot(
    `"error DT052 node "logits" params.heads: 3 heads don't divide the width 8. Choose a number of heads that divides the width."`,
  )
  const views = { first: 'vision.pooled', second: 'image_projection.output' }
  const wide = { image_projection: projection('vision.pooled', { size: 12 }) }
  expect(
    faultsOf({ ...CLIP, ...wide, loss: node('objective.simclr', {}, views) }, 'loss.loss'),
  ).toMatchInlineSnapshot(`
    "error DT034 node "logits" port "text": axis "embed" is 12 in "image" and 8 in "text": float[batch 4, embed 12] and float[batch 4, embed 8]. Make both embed sizes equal.
    error DT034 node "loss" port "second": both views need one width: "first" is float[batch 4, width 8], "second" is float[batch 4, embed 12]. Let both go through one projector, shared with "sharedWith"."
  `)
})
