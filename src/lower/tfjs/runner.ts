import type { HostData, TfjsRef } from '../../ir/primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../../ir/program.ts'
import { elementCount, showType, type TensorType } from '../../ir/types.ts'
import { hostData, roundBf16, toReference } from './carrier.ts'
import { Device, type Tf } from './device.ts'
import { Emitter } from './emitter.ts'
import { Value } from './value.ts'

/** How long kernels run before the process gets to do anything else. */
const TURN_MS = 50

interface Step {
  readonly eq: Equation
  readonly types: readonly TensorType[]
  readonly regions: readonly Region[]
  /** What nothing reads afterwards. */
  readonly done: readonly Var[]
}

/** Runs programs equation by equation on a TensorFlow.js backend. */
export class Runner {
  private readonly emitter: Emitter
  private readonly plans = new WeakMap<readonly Equation[], readonly Step[]>()

  /** @param tf TensorFlow.js with its backend chosen; it must be able to read tensors at once */
  constructor(tf: Tf) {
    this.emitter = new Emitter(new Device(tf), (region, args) => this.region(region, args))
  }

  /** A tensor on the host, with one owner. */
  value(type: TensorType, host: HostData): Value {
    const value = new Value(type, { host })
    value.retain()
    return value
  }

  read(value: Value): HostData {
    let host: HostData | undefined
    for (const v of this.emitter.framed(() => [this.emitter.whole(value)])) {
      host = this.emitter.hostOf(v)
      v.release()
    }
    return host!
  }

  /**
   * One call of a program. The results have the caller as an owner.
   * @param given indices of arguments that the caller gives away: freed after their last use
   */
  async call(
    program: Program,
    args: readonly Value[],
    given: ReadonlySet<number>,
  ): Promise<readonly Value[]> {
    const results = program.outputs.map(o => o.value)
    const params = program.inputs.map(i => i.value)
    const scope = new Scope(params, args, given)
    try {
      let turn = performance.now()
      for (const step of this.plan(program.equations, results)) {
        this.step(step, scope)
        if (performance.now() - turn < TURN_MS) continue
        await new Promise(setImmediate)
        turn = performance.now()
      }
      return scope.take(results)
    } finally {
      scope.free()
    }
  }

  private region(region: Region, args: readonly Value[]): readonly Value[] {
    const scope = new Scope(region.params, args, NONE)
    try {
      for (const step of this.plan(region.equations, region.results)) this.step(step, scope)
      return scope.take(region.results)
    } finally {
      scope.free()
    }
  }

  private step({ eq, types, regions, done }: Step, scope: Scope): void {
    const ins = eq.ins.map(v => scope.get(v))
    try {
      const outs = this.emitter.framed(() => this.apply(eq, ins, types, regions))
      eq.outs.forEach((v, i) => {
        scope.set(v, outs[i]!)
      })
    } catch (e) {
      if (e instanceof RunFault) throw e
      throw new RunFault(eq, e)
    }
    for (const v of done) scope.drop(v)
  }

  private apply(
    eq: Equation,
    ins: readonly Value[],
    types: readonly TensorType[],
    regions: readonly Region[],
  ): readonly TfjsRef[] {
    const rule = eq.prim.tfjs
    const kernels = regions.length > 0 || ![...ins.map(v => v.type), ...types].some(beyondKernels)
    const outs = typeof rule === 'function' && kernels && rule(this.emitter, ins, eq.params, types, regions)
    return outs ? outs.map(x => this.rounded(x as Value)) : this.byReference(eq, ins, types)
  }

  private byReference(eq: Equation, ins: readonly Value[], types: readonly TensorType[]): readonly Value[] {
    const operands = ins.map(v => toReference(v.type, this.emitter.read(v)))
    const outs = eq.prim.reference(operands, eq.params, types, [])
    return outs.map((r, i) => this.emitter.make(types[i]!, { host: hostData(types[i]!.dtype, r.data) }))
  }

  private rounded(v: Value): Value {
    if (v.exact) return v
    const host = this.emitter.hostOf(v).map(roundBf16)
    return this.emitter.make(v.type, { stored: v.stored, host })
  }

  private plan(equations: readonly Equation[], results: readonly Var[]): readonly Step[] {
    let steps = this.plans.get(equations)
    if (!steps) {
      steps = planOf(equations, results)
      this.plans.set(equations, steps)
    }
    return steps
  }
}

/** What no kernel takes: s64, which only doubles hold, and arrays without elements. */
const beyondKernels = (t: TensorType): boolean => t.dtype === 's64' || elementCount(t.shape) === 0

function planOf(equations: readonly Equation[], results: readonly Var[]): readonly Step[] {
  const lastUse = new Map<Var, number>()
  equations.forEach((eq, i) => {
    for (const v of eq.ins) lastUse.set(v, i)
  })
  for (const v of results) lastUse.set(v, equations.length)
  return equations.map((eq, i) => ({
    eq,
    types: eq.outs.map(v => v.type),
    regions: regionsOf(eq),
    done: [...new Set([...eq.ins, ...eq.outs])].filter(v => (lastUse.get(v) ?? i) === i),
  }))
}

const NONE: ReadonlySet<number> = new Set()

/** The values of one run of some equations. */
class Scope {
  private readonly values: Map<Var, Value>
  /** Variables whose value this scope owns; the others are borrowed. */
  private readonly own = new Set<Var>()

  constructor(params: readonly Var[], args: readonly Value[], given: ReadonlySet<number>) {
    this.values = new Map(params.map((v, i) => [v, args[i]!]))
    for (const i of given) this.own.add(params[i]!)
  }

  get(v: Var): Value {
    return this.values.get(v)!
  }

  set(v: Var, value: Value): void {
    this.values.set(v, value)
    this.own.add(v)
  }

  drop(v: Var): void {
    const value = this.values.get(v)
    this.values.delete(v)
    if (this.own.delete(v)) value!.release()
  }

  take(results: readonly Var[]): readonly Value[] {
    const values = results.map(v => this.get(v))
    for (const v of values) v.retain()
    return values
  }

  free(): void {
    for (const v of [...this.own]) this.drop(v)
  }
}

/** A failure while an equation ran; its message names the graph node that the equation came from. */
export class RunFault extends Error {
  override readonly name = 'RunFault'
  constructor(eq: Equation, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const types = `${eq.ins.map(v => showType(v.type)).join(', ')} → ${eq.outs.map(v => showType(v.type)).join(', ')}`
    const node = eq.origin === null ? '' : ` of node "${eq.origin}"`
    super(`${eq.prim.name} (${types})${node} failed on TensorFlow.js: ${why}`, { cause })
  }
}
