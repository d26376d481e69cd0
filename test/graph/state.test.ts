import { describe, expect, test } from 'vitest'
import type { CheckedGraph } from '../../src/graph/check.ts'
import { Stage, type StageOptions } from '../../src/graph/compile/stage.ts'
import { moveAverages, StateUpdates } from '../../src/graph/compile/state-updates.ts'
import { WeightInputs } from '../../src/graph/compile/weights.ts'
import { GraphFault } from '../../src/graph/diagnostic.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { asVar } from '../../src/graph/kit.ts'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { printProgram } from '../../src/ir/print.ts'
import { liveEquations, type Program, type Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { noise, run, withNoise } from '../nn/scope.ts'
import { node, shown } from './fixtures.ts'
import { pixelGraph, project } from './pixels.ts'

/** A stage of a graph of which some values become a program. */
class Staged {
  readonly b = new Builder()
  readonly weights = new WeightInputs(this.b)
  readonly updates = new StateUpdates()
  readonly graph: CheckedGraph
  readonly stage: Stage

  constructor(nodes: Readonly<Record<string, NodeJson>>, options: Partial<StageOptions> = {}, batch = {}) {
    this.graph = pixelGraph(nodes, batch)
    expect(shown(this.graph.diagnostics)).toBe('')
    this.stage = this.another(options)
  }

  another(options: Partial<StageOptions> = {}): Stage {
    const key = this.b.input(`key${this.b.equations.length}`, tensor('u32', [2]))
    const foldName = (k: Var) => k
    const base = { mode: 'train', key, foldName, updates: this.updates.staging() } as const
    return new Stage(this.graph, this.b, this.weights, { ...base, ...options })
  }

  value(wire: string): Var {
    return asVar(this.stage.value(wire), wire)
  }

  after(): Map<string, Var> {
    return this.updates.apply(this.b, this.weights, this.graph.nodes.keys())
  }

  program(outputs: Readonly<Record<string, Var>> | ReadonlyMap<string, Var>): Program {
    for (const [name, v] of outputs instanceof Map ? outputs : Object.entries(outputs)) this.b.output(name, v)
    const built = this.b.finish('staged')
    const equations = liveEquations(
      built.equations,
      built.outputs.map(o => o.value),
    )
    const used = new Set(equations.flatMap(eq => eq.ins))
    const program = { ...built, equations, inputs: built.inputs.filter(i => used.has(i.value)) }
    checkProgram(program)
    return program
  }

  /** Each weight with its role. */
  roles(): string[] {
    return this.weights.sorted().map(w => {
      const start = w.startsAs ? ` as ${w.startsAs}` : ''
      const trained = w.trainable ? ', trained' : ''
      return `${w.role} ${w.name} [${w.shape}]${start}${trained}`
    })
  }
}

const norm = (input: string, params = {}) => node('layer.batchNorm', params, { input })
const ref = (id: string) => ({ $node: id })

describe('state', () => {
  const twice = {
    second: norm('batch.image', { momentum: 0.5, sharedWith: ref('first') }),
    first: norm('batch.other', { momentum: 0.5 }),
  }

  test('stands among the weights and is never trained', () => {
    const s = new Staged(twice)
    s.value('second.output')
    expect(s.roles()).toEqual([
      'weight first/bias [3], trained',
      'state first/running_mean [3]',
      'state first/running_var [3]',
      'weight first/weight [3], trained',
    ])
  })

  test('users of one state update it one after the other, in canonical order whatever is staged first', () => {
    const s = new Staged(twice)
    s.value('second.output')
    s.value('first.output')
    const program = s.program(new Map([['mean', s.after().get('first/running_mean')!]]))
    const pixels = (name: string) => noise(name, [96]).map(x => Math.round(127 + 127 * x))
    const [image, other] = [pixels('image'), pixels('other')]
    const old = [1, 2, 3]
    const values = {
      'batch.image/pixels': image,
      'batch.other/pixels': other,
      'first/running_mean': old,
    }
    const channel = (p: Float64Array, c: number) => p.filter((_, i) => i % 3 === c)
    const mean = (p: Float64Array) => p.reduce((x, y) => x + y, 0) / p.length / 255
    const want = old.map((x, c) => {
      const afterFirst = 0.5 * x + 0.5 * mean(channel(other, c))
      return 0.5 * afterFirst + 0.5 * mean(channel(image, c))
    })
    Array.from(run(program, withNoise(program, values)).mean!).forEach((x, c) => {
      expect(x).toBeCloseTo(want[c]!, 9)
    })
  })

  test('what a node emitted when it was first staged in a step counts, however often it is staged', () => {
    const s = new Staged(twice)
    s.value('first.output')
    const again = s.another()
    again.value('first.output')
    again.value('second.output')
    const equations = s.b.equations.length
    s.after()
    const [first, second] = ['first', 'second'].map(
      id => s.b.equations.slice(equations).filter(eq => eq.origin === id && eq.prim.name === 'add').length,
    )
    expect([first, second]).toEqual([2, 2])
  })

  test('an evaluation reads it and leaves it alone', () => {
    const s = new Staged(twice, { mode: 'eval', key: undefined })
    const y = s.value('first.output')
    expect([...s.after()]).toEqual([])
    expect(printProgram(s.program({ y }))).toMatchInlineSnapshot(`
      "program staged(%0:u8[2,4,4,3] batch.other/pixels, %1:f32[3] first/weight, %2:f32[3] first/bias, %3:f32[3] first/running_mean, %4:f32[3] first/running_var) {
        %5:f32[2,4,4,3] = convert{dtype=f32} %0
        %6:f32[] = constant{values=[255]}
        %7:f32[2,4,4,3] = broadcast{shape=[2,4,4,3] dims=[]} %6
        %8:f32[2,4,4,3] = div %5 %7
        %9:f32[32,3] = reshape{shape=[32,3]} %8
        %10:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %3
        %11:f32[32,3] = sub %9 %10
        %12:f32[] = constant{values=[0.00001]}
        %13:f32[3] = broadcast{shape=[3] dims=[]} %12
        %14:f32[3] = add %4 %13
        %15:f32[3] = rsqrt %14
        %16:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %15
        %17:f32[32,3] = mul %11 %16
        %18:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %1
        %19:f32[32,3] = mul %17 %18
        %20:f32[32,3] = broadcast{shape=[32,3] dims=[1]} %2
        %21:f32[32,3] = add %19 %20
        %22:f32[2,4,4,3] = reshape{shape=[2,4,4,3]} %21
        return y=%22
      }
      "
    `)
  })

  test('a codebook’s sums start as its codes', () => {
    const quantiser = node('layer.vectorQuantizer', { size: 5 }, { input: 'batch.image' })
    const s = new Staged({ quantiser })
    s.value('quantiser.codes')
    expect(s.roles()).toEqual([
      'state quantiser/embedding/cluster_size [5]',
      'state quantiser/embedding/embed_avg [5,3] as quantiser/embedding/weight',
      'state quantiser/embedding/weight [5,3]',
    ])
    expect([...s.after().keys()]).toEqual([
      'quantiser/embedding/cluster_size',
      'quantiser/embedding/embed_avg',
      'quantiser/embedding/weight',
    ])
  })

  test('codes that nothing is assigned to start again at vectors of the batch', () => {
    const restartBelow = 0.9
    const quantiser = node(
      'layer.vectorQuantizer',
      { size: 5, decay: 0.5, restartBelow },
      { input: 'batch.image' },
    )
    const s = new Staged({ quantiser })
    s.value('quantiser.codes')
    const program = s.program(s.after())
    const pixels = noise('restart', [96]).map(x => Math.round(127 + 127 * x))
    // One code is near, the others far away.
    const codes = Array.from({ length: 15 }, (_, i) => (i < 3 ? 0.5 : 100 + i))
    const got = run(program, {
      key0: [3, 4],
      'batch.image/pixels': pixels,
      'quantiser/embedding/weight': codes,
      'quantiser/embedding/embed_avg': codes,
      'quantiser/embedding/cluster_size': [1, 1, 1, 1, 1],
    })
    const rows = Array.from({ length: 32 }, (_, i) =>
      Array.from(pixels.slice(3 * i, 3 * i + 3), x => x / 255),
    )
    const [counts, table] = [got['quantiser/embedding/cluster_size']!, got['quantiser/embedding/weight']!]
    expect(Array.from(counts)).toEqual([0.5 + 0.5 * 32, 0.9, 0.9, 0.9, 0.9])
    const code = (k: number) => Array.from(table.slice(3 * k, 3 * k + 3))
    const distance = (x: number[], y: number[]) => Math.max(...x.map((v, i) => Math.abs(v - y[i]!)))
    for (let k = 1; k < 5; k++) expect(Math.min(...rows.map(r => distance(r, code(k))))).toBeLessThan(1e-9)
    const mean = [0, 1, 2].map(c => (0.5 * 0.5 + 0.5 * rows.reduce((sum, r) => sum + r[c]!, 0)) / 16.5)
    expect(distance(code(0), mean)).toBeLessThan(1e-4)
  })
})

describe('sharing', () => {
  test('a pattern shares some weights; the others are the node’s own', () => {
    const s = new Staged({
      one: project('batch.image', 2, { bias: true }),
      two: project('batch.other', 2, { bias: true, sharedWith: ref('one'), sharePattern: 'w*' }),
    })
    s.value('two.output')
    expect(s.roles()).toEqual(['weight one/weight [2,3], trained', 'weight two/bias [2], trained'])
  })

  test('constWeights uses live weights, with no gradient to them and no update', () => {
    const s = new Staged({
      live: project('batch.image', 2),
      fixed: project('batch.other', 2, { sharedWith: ref('live'), constWeights: true }),
      norm: norm('fixed.output', { constWeights: true }),
    })
    const y = s.value('fixed.output')
    s.value('norm.output')
    // Only this use of the weights is constant; by itself it trains nothing.
    expect(s.roles()[0]).toBe('weight live/weight [2,3]')
    expect([...s.after()]).toEqual([])
    const [fixed] = gradient(s.b, s.b.sum(y, [0, 1, 2, 3]), [s.weights.value('live/weight')])
    const both = s.b.add(y, s.value('live.output'))
    const [live] = gradient(s.b, s.b.sum(both, [0, 1, 2, 3]), [s.weights.value('live/weight')])
    expect(s.roles()[0]).toBe('weight live/weight [2,3], trained')
    const program = s.program({ fixed: fixed!, live: live! })
    const got = run(program, withNoise(program, { 'batch.image/pixels': new Array(96).fill(51) }))
    expect(Array.from(got.fixed!)).toEqual([0, 0, 0, 0, 0, 0])
    for (const g of got.live!) expect(g).toBeCloseTo(32 * 0.2, 6)
  })

  test('a moving average starts as the weights that it follows and moves towards them', () => {
    const s = new Staged({
      query: project('batch.image', 2),
      key: project('batch.other', 2, { averageOf: ref('query'), averageDecay: 0.75 }),
      again: project('batch.image', 2, { sharedWith: ref('key') }),
    })
    s.value('again.output')
    // It follows the query’s weights, though nothing here reads them.
    expect(s.roles()).toEqual(['average key/weight [2,3] as query/weight', 'weight query/weight [2,3]'])
    s.value('key.output')
    s.value('query.output')
    expect(s.roles()).toEqual([
      'average key/weight [2,3] as query/weight',
      'weight query/weight [2,3], trained',
    ])
    const moved = moveAverages(s.b, s.weights, name => s.b.add(s.weights.value(name), 1))
    expect(printProgram(s.program(moved))).toMatchInlineSnapshot(`
      "program staged(%0:f32[2,3] query/weight, %1:f32[2,3] key/weight) {
        %2:f32[] = constant{values=[0.75]}
        %3:f32[] = constant{values=[1]}
        %4:f32[2,3] = broadcast{shape=[2,3] dims=[]} %3
        %5:f32[2,3] = add %0 %4
        %6:f32[2,3] = sub %5 %1
        %7:f32[] = sub %3 %2
        %8:f32[2,3] = broadcast{shape=[2,3] dims=[]} %7
        %9:f32[2,3] = mul %6 %8
        %10:f32[2,3] = add %1 %9
        return key/weight=%10
      }
      "
    `)
  })

  test('an evaluation takes the average alone', () => {
    const s = new Staged(
      { query: project('batch.image', 2), key: project('batch.other', 2, { averageOf: ref('query') }) },
      { mode: 'eval' },
    )
    s.value('key.output')
    expect(s.roles()).toEqual(['average key/weight [2,3] as query/weight'])
  })

  test('references that can’t be followed are faults on the parameter', () => {
    const faults = (params: Record<string, Record<string, unknown>>) =>
      shown(
        pixelGraph({
          one: project('batch.image', 2, params.one),
          two: project('batch.image', 2, params.two),
          norm: norm('batch.image', params.norm),
        }).diagnostics,
      )
    expect(faults({ two: { averageOf: ref('one') } })).toBe('')
    expect(faults({ two: { averageOf: ref('two') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a node can’t be the moving average of itself. Remove it."`,
    )
    expect(faults({ two: { averageOf: ref('norm') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a moving average follows a node of its own type, but this is "layer.projection" and "norm" is "layer.batchNorm""`,
    )
    expect(faults({ two: { averageOf: ref('three') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: it refers to the node "three", which isn't there. There is: data, batch, one, two, norm."`,
    )
    expect(faults({ two: { averageOf: ref('one'), sharedWith: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: a node that shares weights is no moving average. Keep one of "sharedWith" and "averageOf"."`,
    )
    expect(faults({ one: { averageOf: ref('two') }, two: { averageOf: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "one" params.averageOf: "two" has no weights of its own: it averages those of "one". One of the two must own the weights."`,
    )
    expect(faults({ one: { sharedWith: ref('two') }, two: { averageOf: ref('one') } })).toMatchInlineSnapshot(
      `"error DT025 node "two" params.averageOf: "one" has no weights of its own: it shares those of "two". One of the two must own the weights."`,
    )
  })
})

describe('Bind', () => {
  const bind = (input: string, weights = 'base.weights') => node('weights.bind', {}, { input, weights })
  const base = {
    constant: node('optimizer.schedule', { rate: 0.1 }),
    sgd: node('optimizer.sgd', {}, { schedule: 'constant.schedule' }),
    base: node('train', { steps: 1 }, { loss: ['base_loss.loss'], optimizer: ['sgd.optimizer'] }),
    base_loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'net.output' }),
  }
  const nodes = {
    ...base,
    enc: project('batch.image', 2),
    net: norm('enc.output'),
    frozen: bind('net.output'),
  }

  test('takes its weights as inputs of their own, in eval mode, over the same batch', () => {
    const s = new Staged(nodes)
    const y = s.value('frozen.output')
    s.value('net.output')
    expect(s.roles()).toEqual([
      'weight enc/weight [2,3], trained',
      'bound frozen/enc/weight [2,3]',
      'bound frozen/net/bias [2]',
      'bound frozen/net/running_mean [2]',
      'bound frozen/net/running_var [2]',
      'bound frozen/net/weight [2]',
      'weight net/bias [2], trained',
      'state net/running_mean [2]',
      'state net/running_var [2]',
      'weight net/weight [2], trained',
    ])
    expect(s.weights.specs.get('frozen/net/weight')!.bound).toEqual({
      wire: 'base.weights',
      name: 'net/weight',
    })
    expect([...s.after().keys()]).toEqual(['net/running_mean', 'net/running_var'])
    const names = s.program({ y }).inputs.map(i => i.name)
    expect(names.filter(n => n.includes('pixels'))).toEqual(['batch.image/pixels'])
    expect(
      names.filter(n => n.includes('/') && !n.includes('pixels')).every(n => n.startsWith('frozen/')),
    ).toBe(true)
  })

  test('sees the augmentation that the live part sees: with equal weights both are equal', () => {
    const s = new Staged(
      { ...base, net: project('batch.image', 2), frozen: bind('net.output') },
      {},
      { flip: 0.5, cropScale: 0.3, brightness: 0.4 },
    )
    const program = s.program({ live: s.value('net.output'), frozen: s.value('frozen.output') })
    const weights = [0.1, -0.4, 0.3, 0.7, 0.2, -0.5]
    const pixels = noise('augmented', [96]).map(x => Math.round(127 + 127 * x))
    const got = run(program, {
      key0: [1, 2],
      'batch.image/pixels': pixels,
      'net/weight': weights,
      'frozen/net/weight': weights,
    })
    expect(got.frozen).toEqual(got.live)
    const plain = Array.from({ length: 64 }, (_, i) => {
      const row = Math.floor(i / 2)
      return [0, 1, 2].reduce((sum, c) => sum + (pixels[3 * row + c]! / 255) * weights[3 * (i % 2) + c]!, 0)
    })
    expect(plain.some((x, i) => Math.abs(x - got.live![i]!) > 0.01)).toBe(true)
  })

  test('a bound wire within a bound wire keeps its own weights, and shared weights those of their owner', () => {
    const s = new Staged({
      ...nodes,
      tail: project('frozen.output', 2, { sharedWith: ref('head') }),
      head: project('net.output', 2),
      outer: bind('tail.output'),
    })
    s.value('outer.output')
    expect(s.roles()).toEqual([
      'bound frozen/enc/weight [2,3]',
      'bound frozen/net/bias [2]',
      'bound frozen/net/running_mean [2]',
      'bound frozen/net/running_var [2]',
      'bound frozen/net/weight [2]',
      'bound outer/head/weight [2,2]',
    ])
  })

  test('takes any device wire, and nothing else', () => {
    expect(shown(pixelGraph({ ...nodes, frozen: bind('data.dataset') }).diagnostics)).toMatchInlineSnapshot(
      `"error DT030 node "frozen" port "input": the input takes any device wire, the wire carries dataset{image, other}"`,
    )
  })

  test('can’t be bound to what its own Train will make', () => {
    const loss = node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'frozen.output' })
    expect(shown(pixelGraph({ ...nodes, base_loss: loss }).diagnostics)).toMatchInlineSnapshot(
      `"error DT040 node "frozen" port "weights": a cycle: base → frozen → base_loss → base. Remove one of these wires."`,
    )
  })
})

describe('gradNorm', () => {
  test('names the weights there are where its own is not among them', () => {
    const s = new Staged({
      net: project('batch.image', 3),
      loss: node('objective.meanSquaredError', {}, { prediction: 'net.output', target: 'batch.other' }),
      pull: node('objective.gradNorm', { weight: 'net/wieght' }, { loss: 'loss.loss' }),
    })
    let fault: unknown
    try {
      s.value('pull.norm')
    } catch (e) {
      fault = e
    }
    expect(fault).toBeInstanceOf(GraphFault)
    expect([(fault as GraphFault).message, (fault as GraphFault).place.hint]).toMatchInlineSnapshot(`
      [
        "the loss uses no weight "net/wieght"",
        "Did you mean "net/weight"?",
      ]
    `)
  })
})
