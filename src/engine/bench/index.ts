import { CLIP_SIZE, clipBenchmark } from './clip.ts'
import { compileBenchmark } from './compile.ts'
import type { Benchmark } from './contender.ts'
import { DATA_SIZE, dataBenchmark } from './data.ts'
import { DECODE_SIZE, decodeBenchmark } from './decode.ts'
import { ELEMENTWISE_SIZE, elementwiseBenchmark } from './elementwise.ts'
import { VIT_SIZE, vitForwardBenchmark, vitStepBenchmark } from './vit.ts'
import { VQVAE_SIZE, vqvaeBenchmark } from './vqvae.ts'

/** All that `diptych bench` knows, in the order of `BENCHMARK_NAMES`. */
export const BENCHMARKS: readonly Benchmark[] = [
  clipBenchmark(CLIP_SIZE),
  vitForwardBenchmark(VIT_SIZE),
  vitStepBenchmark(VIT_SIZE),
  vqvaeBenchmark(VQVAE_SIZE),
  decodeBenchmark(DECODE_SIZE),
  elementwiseBenchmark(ELEMENTWISE_SIZE),
  compileBenchmark(CLIP_SIZE),
  dataBenchmark(DATA_SIZE),
]
