import { sameType, showType, type TensorType } from '../../ir/types.ts'
import type { Cost, DeviceArray, Executable, MemoryStats, Placement } from '../backend.ts'
import { destroyBuffer, PjrtBuffer } from './buffer.ts'
import { CallFrame } from './call-frame.ts'
import type { Client } from './client.ts'
import { PjrtEvent } from './event.ts'
import type { ExecutableFacts } from './facts.ts'

/** What a program takes. The C API tells an executable's outputs but not its inputs. */
export interface Signature {
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[]
  /** Indices of the inputs that carry `tf.aliasing_output`. */
  readonly donate?: readonly number[]
  /** Indices of the inputs that the text says are split by rows. */
  readonly split?: readonly number[]
}

const PLACED: Record<Placement, string> = {
  replicated: 'whole on each device',
  split: 'split by rows over the devices',
}

/** A compiled program on all devices of its client: a `PJRT_LoadedExecutable`. */
export class PjrtExecutable implements Executable {
  readonly memory: MemoryStats
  readonly cost?: Cost
  /** Types of its results, which are whole on each device. */
  readonly outputs: readonly TensorType[]
  readonly fromCache: boolean
  private readonly client: Client
  private readonly signature: Signature
  private readonly donated: ReadonlySet<number>
  private readonly split: ReadonlySet<number>
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
    const devices = client.devices.length
    if (facts.cost)
      this.cost = { flops: facts.cost.flops * devices, bytesAccessed: facts.cost.bytesAccessed * devices }
    this.fromCache = fromCache
    this.donated = new Set(signature.donate ?? [])
    this.split = new Set(signature.split ?? [])
    this.frame = new CallFrame(handle, devices, signature.inputs.length, facts.outputs.length, this.donated)
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
    const { inputs, outputs, events, args: native } = this.frame
    const { library, pipeline, devices } = this.client
    buffers.forEach((buffer, i) => {
      const handles = buffer.use()
      for (let d = 0; d < handles.length; d++) inputs[d * buffers.length + i] = handles[d]!
    })
    try {
      library.invoke('PJRT_LoadedExecutable_Execute', native)
    } catch (error) {
      // XLA may have taken donated arguments before it failed.
      for (const i of this.donated) {
        if (buffers[i]!.isDeletedByXla())
          for (const handle of buffers[i]!.donate()) destroyBuffer(library, handle)
      }
      throw error
    }
    const donated = Array.from(this.donated, i => buffers[i]!.donate()).flat()
    pipeline.push({ done: Array.from(events, event => new PjrtEvent(library, event)), donated })
    const count = this.outputs.length
    return this.outputs.map((type, i) => {
      const handles = devices.map((_, d) => outputs[d * count + i]!)
      return new PjrtBuffer(this.client, handles, type, 'replicated')
    })
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
      const placement: Placement = this.split.has(i) ? 'split' : 'replicated'
      if (arg.placement !== placement) {
        throw new Error(
          `${place()} is ${PLACED[arg.placement]}, but the program takes it ${PLACED[placement]}: ` +
            `upload it as "${placement}"`,
        )
      }
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
