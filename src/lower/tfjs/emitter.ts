import type { HostData, TfjsEmitter, TfjsRef } from '../../ir/primitive.ts'
import type { Region } from '../../ir/program.ts'
import { elementCount, type TensorType, tensor } from '../../ir/types.ts'
import { hostData, zeros } from './carrier.ts'
import { type Device, MOST_AXES } from './device.ts'
import { Movement } from './movement.ts'
import type { Value } from './value.ts'

/** Kernels that stretch axes of size 1 themselves, and fast; the others of WebAssembly take 500 times as long. */
const STRETCHING = new Set(['Add', 'Sub', 'Multiply', 'RealDiv'])

const OPERANDS = [['x'], ['a', 'b'], ['condition', 't', 'e']] as const

/** Runs a region; what it gives is owned by the caller. */
export type RunRegion = (region: Region, args: readonly Value[]) => readonly Value[]

/** What rules use: kernels, computations on the host, and regions here; movements in the class that it extends. */
export class Emitter extends Movement implements TfjsEmitter {
  private readonly runRegion: RunRegion

  constructor(device: Device, runRegion: RunRegion) {
    super(device)
    this.runRegion = runRegion
  }

  kernel(
    name: string,
    ins: Readonly<Record<string, TfjsRef>>,
    out: TensorType,
    attributes?: Readonly<Record<string, unknown>>,
  ): TfjsRef {
    const operands = Object.entries(ins).map(([key, x]) => [key, this.deviceOf(this.whole(x as Value))])
    const device = this.device.run(name, Object.fromEntries(operands), attributes)
    return this.make(out, { device, exact: out.dtype !== 'bf16' })
  }

  elementwise(name: string, ins: readonly TfjsRef[], out: TensorType): TfjsRef {
    const values = ins as readonly Value[]
    const stored = commonShape(values)
    const stretches = STRETCHING.has(name) && stored.length <= MOST_AXES
    const keys = OPERANDS[ins.length - 1]!
    const operands = values.map(
      (v, i) => [keys[i]!, this.deviceOf(stretches ? v : this.stretched(v, stored))] as const,
    )
    const device = this.device.elementwise(name, operands, stored)
    return this.make(out, { stored, device, exact: out.dtype !== 'bf16' })
  }

  map(ins: readonly TfjsRef[], out: TensorType, f: (...xs: number[]) => number): TfjsRef {
    const values = ins as readonly Value[]
    const stored = commonShape(values)
    const host = zeros(out.dtype, elementCount(stored))
    const data = values.map(v => this.hostOf(v.storedCount === 1 ? v : this.stretched(v, stored)))
    const [x, y, z] = data
    const [i1, i2, i3] = data.map(d => (d.length === 1 ? 0 : 1))
    if (!y) for (let i = 0; i < host.length; i++) host[i] = f(x![i * i1!]!)
    else if (!z) for (let i = 0; i < host.length; i++) host[i] = f(x![i * i1!]!, y[i * i2!]!)
    else for (let i = 0; i < host.length; i++) host[i] = f(x![i * i1!]!, y[i * i2!]!, z[i * i3!]!)
    return this.make(out, { stored, host, exact: out.dtype !== 'bf16' })
  }

  host(
    ins: readonly TfjsRef[],
    outs: readonly TensorType[],
    f: (ins: readonly HostData[], outs: readonly HostData[]) => void,
  ): TfjsRef[] {
    const results = outs.map(t => zeros(t.dtype, elementCount(t.shape)))
    f(
      ins.map(x => this.read(x)),
      results,
    )
    return outs.map((t, i) => this.make(t, { host: results[i]!, exact: t.dtype !== 'bf16' }))
  }

  read(x: TfjsRef): HostData {
    return this.hostOf(this.whole(x as Value))
  }

  constant(type: TensorType, values: readonly number[]): TfjsRef {
    const stored = values.length === 1 ? type.shape.map(() => 1) : type.shape
    return this.make(type, { stored, host: hostData(type.dtype, values) })
  }

  matmul(x: TfjsRef, y: TfjsRef): TfjsRef {
    const out = tensor(x.type.dtype, [x.type.shape[0]!, x.type.shape[1]!, y.type.shape[2]!])
    const [a, b] = [x, y].map(v => this.deviceOf(this.whole(v as Value)))
    return this.make(out, { device: this.device.matmul(a!, b!), exact: out.dtype !== 'bf16' })
  }

  inline(region: Region, args: readonly TfjsRef[]): readonly TfjsRef[] {
    return this.owned(this.runRegion(region, args as readonly Value[]))
  }
}

/** The smallest shape in which all are held; their types have one shape. */
function commonShape(values: readonly Value[]): readonly number[] {
  const [first, ...others] = values
  return first!.stored.map((n, i) => others.reduce((most, v) => Math.max(most, v.stored[i]!), n))
}
