import { expect } from 'vitest'
import type { CheckedGraph } from '../../src/graph/check.ts'
import { Stage, type StageOptions } from '../../src/graph/compile/stage.ts'
import { StateUpdates } from '../../src/graph/compile/state-updates.ts'
import { WeightInputs } from '../../src/graph/compile/weights.ts'
import type { NodeJson } from '../../src/graph/document.ts'
import { asVar } from '../../src/graph/kit.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import { liveEquations, type Program, type Var } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { node, shown } from './fixtures.ts'
import { pixelGraph } from './pixels.ts'

/** A stage of a graph of which some values become a program. */
export class Staged {
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

export const norm = (input: string, params = {}) => node('layer.batchNorm', params, { input })
export const ref = (id: string) => ({ $node: id })
