import { Builder } from '../../ir/builder.ts'
import { optimize } from '../../ir/passes/optimize.ts'
import type { Program } from '../../ir/program.ts'
import { byteLength, tensor } from '../../ir/types.ts'
import type { HostArray } from '../../runtime/backend.ts'
import { CallContender } from './call-contender.ts'
import type { Benchmark } from './contender.ts'

/** Elements of the array: 64 M. */
export const ELEMENTWISE_SIZE = 64 * 1024 * 1024

/** y = tanh(1.5 x + 0.5) σ(x) + √(x² + 1) e^-|x|, thirteen operations an element. */
function chain(size: number): Program {
  const b = new Builder()
  const x = b.input('x', tensor('f32', [size]))
  const left = b.mul(b.tanh(b.add(b.mul(x, 1.5), 0.5)), b.logistic(x))
  const right = b.mul(b.sqrt(b.add(b.mul(x, x), 1)), b.exp(b.neg(b.abs(x))))
  const y = b.add(left, right)
  b.output('y', y)
  b.output('first', b.sliceAxis(y, 0, 0, 1))
  return optimize(b.finish('elementwise'))
}

/** From -4 to 4, in steps that no compiler can know. */
function ramp(size: number): HostArray {
  const type = tensor('f32', [size])
  const bytes = new Uint8Array(byteLength(type))
  const values = new Float32Array(bytes.buffer)
  for (let i = 0; i < size; i++) values[i] = ((i % 8191) / 8191) * 8 - 4
  return { type, bytes }
}

/** A chain of elementwise operations over an array that fits in no cache of a processor. */
export const elementwiseBenchmark = (size: number): Benchmark => ({
  name: 'elementwise',
  about: `13 elementwise operations on ${Math.round(size / 2 ** 20)} M float32`,
  unit: 'call',
  calls: 5,
  engines: ['xla'],
  peers: {
    jax: ['elementwise_jax.py', String(size)],
    torch_eager: ['elementwise_torch.py', String(size), 'eager'],
    torch_compiled: ['elementwise_torch.py', String(size), 'compiled'],
  },
  tolerance: 1e-5,
  setUp: () => ({
    arrays: new Map(),
    parameters: 0,
    start: (backend, context) => CallContender.start(chain(size), [ramp(size)], backend, context),
  }),
})
