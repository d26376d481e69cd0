import { addressOf } from './native.ts'
import { Struct } from './struct.ts'

/** Row d of a table of handles is the list of device d: the addresses of all rows, as C passes them. */
const rows = (table: BigUint64Array, length: number, devices: number): BigUint64Array =>
  BigUint64Array.from({ length: devices }, (_, d) => addressOf(table) + BigInt(8 * length * d))

/** The memory that `Execute` reads its arguments from and writes its results to, made once and reused. */
export class CallFrame {
  /** Argument i on device d is at `d * inputCount + i`. */
  readonly inputs: BigUint64Array
  /** Result i on device d is at `d * outputCount + i`. */
  readonly outputs: BigUint64Array
  /** One event for each device: its part of the call is done. */
  readonly events: BigUint64Array
  readonly args: Struct<'PJRT_LoadedExecutable_Execute_Args'>

  constructor(
    executable: bigint,
    devices: number,
    inputCount: number,
    outputCount: number,
    donated: ReadonlySet<number>,
  ) {
    // Never empty: the address of an empty view is null.
    this.inputs = new BigUint64Array(devices * inputCount + 1)
    this.outputs = new BigUint64Array(devices * outputCount + 1)
    this.events = new BigUint64Array(devices)
    const kept = BigInt64Array.from(
      Array.from({ length: inputCount }, (_, i) => i).filter(i => !donated.has(i)),
      BigInt,
    )
    const options = new Struct('PJRT_ExecuteOptions', { num_non_donatable_input_indices: kept.length })
    if (kept.length > 0) options.set('non_donatable_input_indices', kept)
    this.args = new Struct('PJRT_LoadedExecutable_Execute_Args', {
      executable,
      options,
      argument_lists: rows(this.inputs, inputCount, devices),
      num_devices: devices,
      num_args: inputCount,
      output_lists: rows(this.outputs, outputCount, devices),
      device_complete_events: this.events,
    })
  }
}
