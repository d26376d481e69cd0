import { type TensorType, tensor } from '../../ir/types.ts'
import type { Cost, MemoryStats } from '../backend.ts'
import { fromNativeType } from './dtype.ts'
import { PjrtError } from './error.ts'
import type { Library } from './library.ts'
import { readNamedValues } from './named-value.ts'
import { readInts, readWords } from './native.ts'

/** Types of the outputs, and what one call needs of each device. */
export interface ExecutableFacts {
  readonly outputs: readonly TensorType[]
  readonly memory: MemoryStats
  /** Without where the plugin doesn't say. */
  readonly cost: Cost | undefined
}

/** Reads the facts of a `PJRT_Executable`. */
export const readFacts = (library: Library, executable: bigint): ExecutableFacts => ({
  outputs: readOutputs(library, executable),
  memory: readMemory(library, executable),
  cost: readCost(library, executable),
})

function readOutputs(library: Library, executable: bigint): TensorType[] {
  const elements = library.call('PJRT_Executable_OutputElementTypes', { executable })
  const dimensions = library.call('PJRT_Executable_OutputDimensions', { executable })
  const count = dimensions.number('num_outputs')
  const types = readInts(elements.address('output_types'), elements.number('num_output_types'))
  const ranks = readWords(dimensions.address('dim_sizes'), count).map(Number)
  const sizes = readWords(
    dimensions.address('dims'),
    ranks.reduce((a, b) => a + b, 0),
  ).map(Number)
  let at = 0
  return ranks.map((rank, i) => {
    const shape = sizes.slice(at, at + rank)
    at += rank
    return tensor(fromNativeType(types[i]!), shape)
  })
}

function readMemory(library: Library, executable: bigint): MemoryStats {
  const stats = library.call('PJRT_Executable_GetCompiledMemoryStats', { executable })
  return {
    argumentBytes: stats.number('argument_size_in_bytes'),
    outputBytes: stats.number('output_size_in_bytes'),
    aliasedBytes: stats.number('alias_size_in_bytes'),
    temporaryBytes: stats.number('temp_size_in_bytes'),
  }
}

/** XLA's own analysis of the compiled program, after its fusions. Optional in the C API. */
function readCost(library: Library, executable: bigint): Cost | undefined {
  try {
    const args = library.call('PJRT_Executable_GetCostAnalysis', { executable })
    const values = readNamedValues(args.address('properties'), args.number('num_properties'))
    const flops = values.get('flops')
    const bytesAccessed = values.get('bytes accessed')
    if (typeof flops !== 'number' || typeof bytesAccessed !== 'number') return undefined
    return { flops, bytesAccessed }
  } catch (error) {
    if (error instanceof PjrtError) return undefined
    throw error
  }
}
