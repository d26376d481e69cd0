import { Stage, type StageOptions } from '../../src/graph/compile/stage.ts'
import { WeightInputs, type WeightSpec } from '../../src/graph/compile/weights.ts'
import { asField } from '../../src/graph/kit.ts'
import type { GraphNodes } from '../../src/graph/slice.ts'
import { gradient } from '../../src/ir/autodiff/gradient.ts'
import { Builder } from '../../src/ir/builder.ts'
import { checkProgram } from '../../src/ir/check.ts'
import type { Program } from '../../src/ir/program.ts'
import { tensor } from '../../src/ir/types.ts'
import { hashString } from '../../src/nn/init.ts'
import { foldIn } from '../../src/nn/random.ts'

/** A loss wire staged as a Train would, not yet optimised: results are the loss, then the gradient of each weight. */
export function lossAndGradients(
  graph: GraphNodes,
  wire: string,
  options: Partial<StageOptions> = {},
): {
  readonly program: Program
  readonly weights: readonly WeightSpec[]
  readonly stage: Stage
  readonly b: Builder
  readonly inputs: WeightInputs
} {
  const b = new Builder()
  const inputs = new WeightInputs(b)
  const key = b.input('key', tensor('u32', [2]))
  const stage = new Stage(graph, b, inputs, {
    mode: 'train',
    key,
    foldName: (k, name) => {
      const [hi, lo] = hashString(name)
      return foldIn(b, foldIn(b, k, hi), lo)
    },
    ...options,
  })
  const value = stage.value(wire)
  const loss = b.div(asField(value, 'loss', 'sum'), asField(value, 'loss', 'count'))
  const weights = inputs.sorted()
  const grads = gradient(
    b,
    loss,
    weights.map(w => inputs.value(w.name)),
  )
  b.output('loss', loss)
  weights.forEach((w, i) => {
    b.output(w.name, grads[i]!)
  })
  const program = b.finish('loss_and_gradients')
  checkProgram(program)
  return { program, weights, stage, b, inputs }
}
