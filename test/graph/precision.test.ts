import { describe, expect, it } from 'vitest'
import { buildPairSlice, buildWireSlice } from '../../src/graph/compile/eval-slice.ts'
import { inheritedPrecision } from '../../src/graph/compile/precision.ts'
import { buildTrainStep } from '../../src/graph/compile/train-step.ts'
import type { TrainVariant } from '../../src/graph/compile/train-variant.ts'
import type { GraphDocument } from '../../src/graph/document.ts'
import type { DeviceValue } from '../../src/graph/kit.ts'
import { operandsOf } from '../../src/graph/slice.ts'
import { type Program, regionsOf, type Var } from '../../src/ir/program.ts'
import type { OptimizerValue } from '../../src/nn/optimizers/index.ts'
import type { Precision } from '../../src/nn/scope.ts'
import { registry } from '../../src/nodes/index.ts'
import { checked, clip, node, rewired, withNode, withParams } from './fixtures.ts'
import { lossAndGradients } from './staged.ts'

/** CLIP at a tiny size; `params` by node id. */
function tiny(params: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): GraphDocument {
  let doc = clip()
  const sizes: typeof params = {
    tokenizer: { vocabSize: 300 },
    batch: { size: 4, imageSize: 16, textLength: 8, flip: 0 },
    vision: { width: 16, depth: 1, heads: 2 },
    text: { width: 16, depth: 1, heads: 2 },
    image_projection: { size: 12 },
    text_projection: { size: 12 },
  }
  for (const changes of [sizes, params])
    for (const [id, change] of Object.entries(changes)) doc = withParams(doc, id, change)
  return doc
}

const SGD: OptimizerValue = {
  kind: 'sgd',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0.1,
  schedule: { kind: 'constant', base: 0.1, warmupSteps: 0, totalSteps: 1, final: 0 },
}

const WIRES = [
  'batch.image',
  'vision.pooled',
  'text.pooled',
  'image_projection.output',
  'text_projection.output',
  'image_unit.output',
  'logits.pairs',
  'loss.loss',
]

/** What each wire is on the device: a dtype, or one a field. */
function dtypes(doc: GraphDocument, precision: Precision): Record<string, string> {
  const { stage } = lossAndGradients(checked(doc), 'loss.loss', { precision })
  const shown = (v: DeviceValue): string =>
    'type' in v && 'id' in v
      ? (v as Var).type.dtype
      : Object.entries(v as Record<string, Var>)
          .map(([field, f]) => `${field} ${f.type.dtype}`)
          .join(', ')
  return Object.fromEntries(WIRES.map(w => [w, shown(stage.value(w))]))
}

/** Products of matrices in bf16, by the node that they belong to. */
function coarseProducts(program: Program): string[] {
  const walk = (equations: Program['equations']): string[] =>
    equations.flatMap(eq => [
      ...(eq.prim.name === 'dot_general' && eq.outs[0]!.type.dtype === 'bf16' ? [eq.origin!] : []),
      ...regionsOf(eq).flatMap(r => walk(r.equations)),
    ])
  return [...new Set(walk(program.equations))].sort()
}

describe('the precision of a stage', () => {
  it('bf16 is what encoders and projections compute in; norms, similarities and losses stay float32', () => {
    expect(dtypes(tiny(), 'bf16')).toMatchInlineSnapshot(`
      {
        "batch.image": "f32",
        "image_projection.output": "bf16",
        "image_unit.output": "f32",
        "logits.pairs": "logits f32, scale f32, rows f32, columns f32",
        "loss.loss": "sum f32, count f32",
        "text.pooled": "bf16",
        "text_projection.output": "bf16",
        "vision.pooled": "bf16",
      }
    `)
  })

  it('f32 is float32 everywhere', () => {
    const { program } = lossAndGradients(checked(tiny()), 'loss.loss', { precision: 'f32' })
    expect(coarseProducts(program)).toEqual([])
    expect(dtypes(tiny(), 'f32')['vision.pooled']).toBe('f32')
  })

  it('weights and their gradients are float32 in bf16 too', () => {
    const { program, weights } = lossAndGradients(checked(tiny()), 'loss.loss', { precision: 'bf16' })
    expect(coarseProducts(program)).toEqual(['image_projection', 'text', 'text_projection', 'vision'])
    const inputs = new Map(program.inputs.map(i => [i.name, i.value.type.dtype]))
    for (const w of weights) expect([w.name, inputs.get(w.name)]).toEqual([w.name, 'f32'])
    for (const o of program.outputs) expect([o.name, o.value.type.dtype]).toEqual([o.name, 'f32'])
  })

  it('a node’s own setting goes first, either way', () => {
    const fine = lossAndGradients(checked(tiny({ vision: { precision: 'f32' } })), 'loss.loss', {
      precision: 'bf16',
    })
    expect(coarseProducts(fine.program)).toEqual(['image_projection', 'text', 'text_projection'])
    const coarse = lossAndGradients(checked(tiny({ vision: { precision: 'bf16' } })), 'loss.loss')
    expect(coarseProducts(coarse.program)).toEqual(['vision'])
  })

  it('is what Train says; what it keeps is float32', () => {
    const { variants, weights, state } = buildTrainStep(
      checked(tiny({ train: { precision: 'bf16' } })),
      'train',
      [SGD],
    )
    const [{ program }] = variants as [TrainVariant]
    expect(coarseProducts(program)).toContain('vision')
    const kept = new Set([...weights, ...state].map(w => w.name))
    const floats = program.outputs.filter(o => kept.has(o.name)).map(o => o.value.type.dtype)
    expect(floats).toEqual(Array(kept.size).fill('f32'))
    // And so is all that the optimizer computes with.
    const own = program.equations.filter(eq => eq.origin === 'train').flatMap(eq => [...eq.ins, ...eq.outs])
    expect(own.filter(v => v.type.dtype === 'bf16')).toEqual([])
  })

  it('every pair and objective node is precise, and offers no precision', () => {
    const compared = [...registry.values()].filter(d => d.category === 'pair' || d.category === 'objective')
    expect(compared.length).toBeGreaterThan(1)
    for (const def of registry.values())
      if (def.kind === 'device') {
        const precise = def.precise === true
        if (compared.includes(def)) expect([def.type, precise]).toEqual([def.type, true])
        expect([def.type, precise && 'precision' in def.params.shape]).toEqual([def.type, false])
      }
  })
})

describe('an evaluator computes as the Train whose weights it measures', () => {
  const second = (doc: GraphDocument, params: Readonly<Record<string, unknown>>) =>
    withNode(doc, 'again', node('train', params, { ...doc.nodes.train!.in, weights: 'train.weights' }))

  it('through the weights wire', () => {
    const inherited = (doc: GraphDocument) => {
      const graph = checked(doc)
      expect(graph.diagnostics).toEqual([])
      return inheritedPrecision(graph, graph.nodes.get('retrieval')!)
    }
    expect(inherited(tiny())).toBe('f32')
    expect(inherited(tiny({ train: { precision: 'bf16' } }))).toBe('bf16')
    // Each stage by itself: the last one counts.
    const later = rewired(second(tiny({ train: { precision: 'bf16' } }), {}), 'retrieval', {
      weights: 'again.weights',
    })
    expect(inherited(later)).toBe('f32')
    const ema = rewired(tiny({ train: { precision: 'bf16', ema: 0.9 } }), 'retrieval', {
      weights: 'train.ema',
    })
    expect(inherited(ema)).toBe('bf16')
  })

  it('and what it gets is float32', () => {
    const graph = checked(tiny())
    const operands = operandsOf(graph, 'logits.pairs')!
    // The encoder's own wire is bf16 on the device.
    const wires = [operands.rows, 'vision.pooled'].map(w => buildWireSlice(graph, w, 3, 'bf16'))
    const tile = buildPairSlice(graph, 'logits.pairs', operands, 3, 5, 'bf16')
    for (const { program } of [...wires, tile])
      for (const { name, value } of [...program.inputs, ...program.outputs])
        if (!name.includes('pixels')) expect([name, value.type.dtype]).toEqual([name, 'f32'])
    expect(coarseProducts(wires[0]!.program)).toEqual(['image_projection', 'vision'])
    expect(coarseProducts(tile.program)).toEqual([])
  })
})
