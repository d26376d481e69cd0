import type { Program } from '../../ir/program.ts'
import { byteLength, sameType, showType, type TensorType } from '../../ir/types.ts'
import { hostData } from '../../lower/tfjs/carrier.ts'
import { Runner } from '../../lower/tfjs/runner.ts'
import type { Value } from '../../lower/tfjs/value.ts'
import type { Backend, CompileOptions, DeviceArray, Executable, HostArray } from '../backend.ts'
import { hostArray, toNumbers, view } from '../host-array.ts'
import { TfjsError } from './error.ts'
import { type LoadedTfjs, type LoadOptions, loadTfjs } from './load.ts'

class TfjsArray implements DeviceArray {
  readonly type: TensorType
  private value: Value | null
  private readonly runner: Runner

  constructor(type: TensorType, value: Value, runner: Runner) {
    this.type = type
    this.value = value
    this.runner = runner
  }

  read(): Value {
    if (!this.value) throw new Error('this array was freed or donated')
    return this.value
  }

  /** Gives the value away: this array can't be used any more. */
  give(): Value {
    const value = this.read()
    this.value = null
    return value
  }

  async toHost(): Promise<HostArray> {
    return hostArray(this.type, this.runner.read(this.read()))
  }

  free(): void {
    this.value?.release()
    this.value = null
  }
}

/** TensorFlow.js has one backend at a time in a process, and so one of these may be open. */
let open: TfjsBackend | undefined

/** TensorFlow.js, equation by equation, on the backend of it that was loaded. */
export class TfjsBackend implements Backend {
  readonly name = 'tfjs'
  readonly fingerprint: string
  readonly loaded: LoadedTfjs
  private readonly runner: Runner

  constructor(loaded: LoadedTfjs) {
    if (open) throw new TfjsError(`TensorFlow.js is in use on ${open.loaded.kind}: close that backend first`)
    open = this
    this.loaded = loaded
    this.fingerprint = `tfjs-${loaded.version}-${loaded.kind}-${loaded.build}-${process.arch}`
    this.runner = new Runner(loaded.tf)
  }

  async compile(program: Program, { donate = [] }: CompileOptions = {}): Promise<Executable> {
    const given = new Set(donate)
    return {
      memory: undefined,
      fromCache: false,
      run: async args => {
        const arrays = args as readonly TfjsArray[]
        checkArguments(program, arrays)
        const values = arrays.map((a, i) => (given.has(i) ? a.give() : a.read()))
        const results = await this.runner.call(program, values, given)
        return results.map((v, i) => new TfjsArray(program.outputs[i]!.value.type, v, this.runner))
      },
      free() {},
    }
  }

  upload(array: HostArray): DeviceArray {
    const { type, bytes } = array
    if (bytes.length !== byteLength(type))
      throw new Error(`${bytes.length} bytes for ${showType(type)}, which takes ${byteLength(type)}`)
    const wide = type.dtype === 'bf16' || type.dtype === 's64'
    const data = hostData(type.dtype, wide ? toNumbers(array) : view(array))
    return new TfjsArray(type, this.runner.value(type, data), this.runner)
  }

  /** Tensors that TensorFlow.js holds, so that a test can see that nothing leaks. */
  tensors(): number {
    return this.loaded.tf.memory().numTensors
  }

  close(): void {
    if (open === this) open = undefined
  }
}

/**
 * Opens TensorFlow.js on the best of its backends that is present, or on the one that is asked for.
 * Throws a `TfjsError` where that can't be used.
 */
export const createTfjsBackend = async (options: LoadOptions = {}): Promise<TfjsBackend> =>
  new TfjsBackend(await loadTfjs(options))

function checkArguments(program: Program, args: readonly DeviceArray[]): void {
  if (args.length !== program.inputs.length)
    throw new Error(`${program.name} takes ${program.inputs.length} arguments, got ${args.length}`)
  program.inputs.forEach(({ name, value }, i) => {
    if (!sameType(args[i]!.type, value.type))
      throw new Error(
        `argument ${i} "${name}" of ${program.name} must be ${showType(value.type)}, got ${showType(args[i]!.type)}`,
      )
  })
}
