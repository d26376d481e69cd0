import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { checkGraph } from '../../graph/check.ts'
import { buildTrainStep } from '../../graph/compile/train-step.ts'
import { lowerToStableHlo } from '../../lower/stablehlo/lower.ts'
import { median } from '../../nodes/evaluation/retrieval.ts'
import type { Backend } from '../../runtime/backend.ts'
import { createXlaBackend } from '../../runtime/pjrt/backend.ts'
import { findPlugin } from '../../runtime/pjrt/plugin.ts'
import type { EngineContext } from '../context.ts'
import { type ClipSize, clipBenchGraph, clipBenchmark } from './clip.ts'
import type { Benchmark, Contender, Fact } from './contender.ts'
import { OPTIMIZER } from './model.ts'

/**
 * Compiling as a start of training does it: the graph is checked, built, differentiated, passed over, lowered and
 * compiled. Each call is one cold compile, in a cache folder of its own, followed by a warm start from that cache,
 * which is timed beside it.
 */
class CompileContender implements Contender {
  readonly first = undefined
  private readonly size: ClipSize
  private readonly context: EngineContext
  private readonly own: number[] = []
  private readonly cold: number[] = []
  private readonly warm: number[] = []

  private constructor(size: ClipSize, context: EngineContext) {
    this.size = size
    this.context = context
  }

  static async start(size: ClipSize, context: EngineContext): Promise<CompileContender> {
    const contender = new CompileContender(size, context)
    await contender.call()
    return contender
  }

  async calls(n: number): Promise<readonly number[]> {
    const ms: number[] = []
    for (let i = 0; i < n; i++) {
      const { own, cold, warm } = await this.call()
      this.own.push(own / cold)
      this.cold.push(cold)
      this.warm.push(warm / cold)
      ms.push(cold)
    }
    return ms
  }

  private async call(): Promise<{ readonly own: number; readonly cold: number; readonly warm: number }> {
    const cache = mkdtempSync(join(tmpdir(), 'diptych-compile-'))
    const plugin = findPlugin(this.context.cacheDir)
    const backend = await createXlaBackend({ plugin, cacheDir: cache, lower: lowerToStableHlo })
    try {
      const cold = await this.compile(backend, false)
      const warm = await this.compile(backend, true)
      return { own: cold.own, cold: cold.whole, warm: warm.whole }
    } finally {
      backend.close()
      rmSync(cache, { recursive: true, force: true })
    }
  }

  /** Milliseconds until there is a program to lower, and until it can run. */
  private async compile(backend: Backend, cached: boolean) {
    const from = performance.now()
    const { program, donate } = stepOf(this.size, this.context).variantAt(0)
    const own = performance.now() - from
    const executable = await backend.compile(program, { donate })
    const whole = performance.now() - from
    const { fromCache } = executable
    executable.free()
    if (fromCache !== cached) throw new Error(`the cache ${cached ? 'missed' : 'hit'} in a benchmark of it`)
    return { own, whole }
  }

  facts(): readonly Fact[] {
    const percent = (share: number): string => `${(share * 100).toFixed(1)} % of a cold compile`
    const [warm, own] = [median(this.warm), median(this.own)]
    return [
      { name: 'warm_over_cold', value: warm, text: `a start from the cache: ${percent(warm)}` },
      { name: 'own_over_cold', value: own, text: `graph to program, before XLA: ${percent(own)}` },
    ]
  }

  async close(): Promise<void> {}
}

const stepOf = (size: ClipSize, { registry }: EngineContext) =>
  buildTrainStep(checkGraph(clipBenchGraph(size), registry), 'train', [OPTIMIZER])

/** Compiling the CLIP step. */
export const compileBenchmark = (size: ClipSize): Benchmark => ({
  name: 'compile',
  about: `compiling the CLIP step of ${size.visionDepth + size.textDepth} layers, without a cache`,
  unit: 'compile',
  calls: 1,
  engines: ['xla'],
  peers: { jax: ['compile_jax.py'] },
  tolerance: 0,
  setUp: context => {
    const { arrays, parameters } = clipBenchmark(size).setUp(context)
    return { arrays, parameters, start: () => CompileContender.start(size, context) }
  },
})
