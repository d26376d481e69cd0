import { sameType, showType, type TensorType, tensor } from '../../ir/types.ts'
import type { DeviceArray, Executable, MemoryStats } from '../backend.ts'
import { destroyBuffer, PjrtBuffer } from './buffer.ts'
import type { Client } from './client.ts'
import { fromNativeType } from './dtype.ts'
import { PjrtEvent } from './event.ts'
import type { Library } from './library.ts'
import { addressOf, readInts, readWords } from './native.ts'
import { Struct } from './struct.ts'

/** What a program takes. The C API tells an executable's outputs but not its inputs. */
export interface Signature {
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[]
  /** Indices of the inputs that carry `tf.aliasing_output`. */
  readonly donate?: readonly number[]
}

/** Types of the outputs, and the memory that one call needs. */
export interface ExecutableFacts {
  readonly outputs: readonly TensorType[]
  readonly memory: MemoryStats
}

/** Reads the facts of a `PJRT_Executable`. */
export function readFacts(library: Library, executable: bigint): ExecutableFacts {
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
  const outputs = ranks.map((rank, i) => {
    const shape = sizes.slice(at, at + rank)
    at += rank
    return tensor(fromNativeType(types[i]!), shape)
  })
  const stats = library.call('PJRT_Executable_GetCompiledMemoryStats', { executable })
  const memory = {
    argumentBytes: stats.number('argument_size_in_bytes'),
    outputBytes: stats.number('output_size_in_bytes'),
    aliasedBytes: stats.number('alias_size_in_bytes'),
    temporaryBytes: stats.number('temp_size_in_bytes'),
  }
  return { outputs, memory }
}

/** The memory that `Execute` reads its arguments from and writes its results to, made once and reused. */
class CallFrame {
  readonly inputs: BigUint64Array
  readonly outputs: BigUint64Array
  readonly event = new BigUint64Array(1)
  readonly args: Struct<'PJRT_LoadedExecutable_Execute_Args'>

  constructor(executable: bigint, inputCount: number, outputCount: number, donated: ReadonlySet<number>) {
    // Never empty: the address of an empty view is null.
    this.inputs = new BigUint64Array(inputCount + 1)
    this.outputs = new BigUint64Array(outputCount + 1)
    const kept = BigInt64Array.from(
      Array.from({ length: inputCount }, (_, i) => i).filter(i => !donated.has(i)),
      BigInt,
    )
    const options = new Struct('PJRT_ExecuteOptions', { num_non_donatable_input_indices: kept.length })
    if (kept.length > 0) options.set('non_donatable_input_indices', kept)
    this.args = new Struct('PJRT_LoadedExecutable_Execute_Args', {
      executable,
      options,
      argument_lists: BigUint64Array.of(addressOf(this.inputs)),
      num_devices: 1,
      num_args: inputCount,
      output_lists: BigUint64Array.of(addressOf(this.outputs)),
      device_complete_events: this.event,
    })
  }
}

/** A compiled program on the device: a `PJRT_LoadedExecutable`. */
export class PjrtExecutable implements Executable {
  readonly memory: MemoryStats
  readonly outputs: readonly TensorType[]
  readonly fromCache: boolean
  private readonly client: Client
  private readonly signature: Signature
  private readonly donated: ReadonlySet<number>
  private readonly frame: CallFrame
  private handle: bigint

  constructor(
    client: Client,
    handle: bigint,
    signature: Signature,
    facts: ExecutableFacts,
    fromCache: boolean,
  ) {
    this.client = client
    this.handle = handle
    this.signature = signature
    this.outputs = facts.outputs
    this.memory = facts.memory
    this.fromCache = fromCache
    this.donated = new Set(signature.donate ?? [])
    this.frame = new CallFrame(handle, signature.inputs.length, facts.outputs.length, this.donated)
    client.adopt(this)
    client.library.ledger.executables++
  }

  async run(args: readonly DeviceArray[]): Promise<PjrtBuffer[]> {
    const results = this.launch(args)
    await this.client.during(() => this.client.pipeline.admit())
    return results
  }

  free(): void {
    if (this.handle === 0n) return
    this.client.disown(this)
    this.client.library.call('PJRT_LoadedExecutable_Destroy', { executable: this.handle })
    this.client.library.ledger.executables--
    this.handle = 0n
  }

  /** Enqueues one call: XLA works on its own threads, in the order of the calls. */
  private launch(args: readonly DeviceArray[]): PjrtBuffer[] {
    if (this.handle === 0n) throw new Error("this executable was freed and can't be run any more")
    this.client.pipeline.reap()
    const buffers = this.check(args)
    const { inputs, outputs, event, args: native } = this.frame
    for (let i = 0; i < buffers.length; i++) inputs[i] = buffers[i]!.use()
    const { library, pipeline } = this.client
    try {
      library.invoke('PJRT_LoadedExecutable_Execute', native)
    } catch (error) {
      // XLA may have taken donated arguments before it failed.
      for (const i of this.donated) {
        if (buffers[i]!.isDeletedByXla()) destroyBuffer(library, buffers[i]!.donate())
      }
      throw error
    }
    const donated = Array.from(this.donated, i => buffers[i]!.donate())
    pipeline.push({ done: new PjrtEvent(library, event[0]!), donated })
    return this.outputs.map((type, i) => new PjrtBuffer(this.client, outputs[i]!, type))
  }

  private check(args: readonly DeviceArray[]): PjrtBuffer[] {
    const { inputs } = this.signature
    if (args.length !== inputs.length) {
      throw new Error(`the program takes ${inputs.length} arguments, but ${args.length} were given`)
    }
    const buffers = args.map((arg, i) => {
      const { name, type } = inputs[i]!
      const place = () => `argument ${i} ("${name}")`
      if (!(arg instanceof PjrtBuffer) || arg.client !== this.client) {
        throw new Error(`${place()} belongs to another backend: upload it to this one`)
      }
      if (arg.type !== type && !sameType(arg.type, type)) {
        throw new Error(`${place()} is ${showType(arg.type)}, but the program takes ${showType(type)}`)
      }
      if (arg.fault !== undefined) throw new Error(`${place()}: ${arg.fault}`)
      return arg
    })
    if (this.donated.size > 0 && new Set(buffers).size < buffers.length) this.refuseSharedDonation(buffers)
    return buffers
  }

  /** Donating an array that another argument reads would let the program overwrite what it still needs. */
  private refuseSharedDonation(buffers: readonly PjrtBuffer[]): void {
    const { inputs } = this.signature
    for (const i of this.donated) {
      const twin = buffers.findIndex((b, j) => j !== i && b === buffers[i])
      if (twin >= 0) {
        throw new Error(
          `argument ${i} ("${inputs[i]!.name}") is donated, so the same array can't also be ` +
            `argument ${twin} ("${inputs[twin]!.name}")`,
        )
      }
    }
  }
}
