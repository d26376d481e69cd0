import type { HloRef, StableHloEmitter } from '../../ir/primitive.ts'
import { type Equation, type Program, type Region, regionsOf, type Var } from '../../ir/program.ts'
import { type DType, showType, type TensorType, tensor } from '../../ir/types.ts'
import { floatLiteral } from './literal.ts'
import { mesh, splitRows, whole } from './sharding.ts'

const ELEMENT: Record<DType, string> = {
  f32: 'f32',
  bf16: 'bf16',
  s32: 'i32',
  u32: 'ui32',
  s64: 'i64',
  u8: 'ui8',
  bool: 'i1',
}

/** `tensor<2x3xf32>`. */
export const mlirType = (t: TensorType): string => `tensor<${[...t.shape, ELEMENT[t.dtype]].join('x')}>`

export interface LowerOptions {
  /** Arguments whose memory a result may take over, by index; each pairs with the next free result of its type. */
  readonly donate?: readonly number[]
  /** What the text is for, in PJRT's words; `cpu` by default. */
  readonly platform?: string
  /** How many devices share the program, whose results are then whole on each; 1 by default. */
  readonly devices?: number
  /** Arguments whose rows are split over the devices, by index; the others are whole on each. */
  readonly split?: readonly number[]
}

/** Prints a checked program as StableHLO text, in MLIR's generic form, with one public function `main`. */
export function lowerToStableHlo(program: Program, options: LowerOptions = {}): string {
  const emitter = new Emitter(options.platform ?? 'cpu')
  const names = new Map<Var, HloRef>()
  const alias = aliases(program, options.donate ?? [])
  const { devices = 1, split = [] } = options
  const args = program.inputs.map((input, i) => {
    const ref = { name: `%arg${i}`, type: input.value.type }
    names.set(input.value, ref)
    const to = alias.get(i)
    const attributes = [
      ...(to === undefined ? [] : [`tf.aliasing_output = ${to} : i32`]),
      ...(devices > 1 ? [(split.includes(i) ? splitRows : whole)(ref.type.shape.length)] : []),
    ]
    return `${ref.name}: ${mlirType(ref.type)}${attributes.length > 0 ? ` {${attributes.join(', ')}}` : ''}`
  })
  emitter.equations(program.equations, names)
  const results = program.outputs.map(o => names.get(o.value)!)
  const types = results.map(r => mlirType(r.type)).join(', ')
  const declared =
    devices > 1 ? results.map(r => `${mlirType(r.type)} {${whole(r.type.shape.length)}}`).join(', ') : types
  return [
    `module @${program.name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z_])/, '_')} {`,
    ...(devices > 1 ? [`  ${mesh(devices)}`] : []),
    `  func.func public @main(${args.join(', ')}) -> (${declared}) {`,
    ...emitter.lines.map(line => `    ${line}`),
    `    "func.return"(${results.map(r => r.name).join(', ')}) : (${types}) -> ()`,
    '  }',
    '}',
    '',
  ].join('\n')
}

/** Pairs each donated argument with the first unpaired result of its type. */
function aliases(program: Program, donate: readonly number[]): Map<number, number> {
  const free = new Map<string, number[]>()
  program.outputs.forEach((o, i) => {
    const key = showType(o.value.type)
    free.set(key, [...(free.get(key) ?? []), i])
  })
  const pairs = new Map<number, number>()
  for (const i of donate) {
    const to = free.get(showType(program.inputs[i]!.value.type))?.shift()
    if (to !== undefined) pairs.set(i, to)
  }
  return pairs
}

class Emitter implements StableHloEmitter {
  readonly platform: string
  lines: string[] = []
  private splats = new Map<string, HloRef>()
  private next = 0

  constructor(platform: string) {
    this.platform = platform
  }

  op(name: string, ins: readonly HloRef[], out: TensorType, attributes?: string, region?: string): HloRef {
    const ref = { name: `%${this.next++}`, type: out }
    this.emit(ref.name, name, ins, mlirType(out), attributes, region)
    return ref
  }

  multi(
    name: string,
    ins: readonly HloRef[],
    outs: readonly TensorType[],
    attributes?: string,
    region?: string,
  ): HloRef[] {
    const group = `%${this.next++}`
    this.emit(`${group}:${outs.length}`, name, ins, `(${outs.map(mlirType).join(', ')})`, attributes, region)
    return outs.map((type, i) => ({ name: `${group}#${i}`, type }))
  }

  private emit(
    result: string,
    name: string,
    ins: readonly HloRef[],
    types: string,
    attributes?: string,
    region?: string,
  ): void {
    const body = region ? ` (${region})` : ''
    const attrs = attributes ? ` {${attributes}}` : ''
    const from = ins.map(i => mlirType(i.type)).join(', ')
    this.lines.push(
      `${result} = "${name}"(${ins.map(i => i.name).join(', ')})${body}${attrs} : (${from}) -> ${types}`,
    )
  }

  splat(type: TensorType, value: number): HloRef {
    const key = `${showType(type)}:${Object.is(value, -0) ? '-0' : value}`
    let ref = this.splats.get(key)
    if (!ref) {
      ref = this.dense(type, [value])
      this.splats.set(key, ref)
    }
    return ref
  }

  dense(type: TensorType, values: readonly number[]): HloRef {
    const literals = values.map(v => elementLiteral(type.dtype, v))
    const text = literals.length > 1 ? nested(literals, type.shape) : literals.join()
    return this.op('stablehlo.constant', [], type, `value = dense<${text}> : ${mlirType(type)}`)
  }

  reducer(op: string, scalar: TensorType): string {
    const t = mlirType(tensor(scalar.dtype, []))
    return `{ ^bb0(%a: ${t}, %b: ${t}): %r = "${op}"(%a, %b) : (${t}, ${t}) -> ${t} "stablehlo.return"(%r) : (${t}) -> () }`
  }

  equations(equations: readonly Equation[], names: Map<Var, HloRef>): void {
    for (const eq of equations) {
      const refs = eq.prim.stablehlo(
        this,
        eq.ins.map(v => names.get(v)!),
        eq.params,
        eq.outs.map(v => v.type),
        regionsOf(eq),
      )
      for (const [k, v] of eq.outs.entries()) names.set(v, refs[k]!)
    }
  }

  inline(region: Region, args: readonly HloRef[]): readonly HloRef[] {
    const names = new Map(region.params.map((v, i) => [v, args[i]!]))
    this.equations(region.equations, names)
    return region.results.map(v => names.get(v)!)
  }

  region(args: readonly TensorType[], body: (args: readonly HloRef[]) => readonly HloRef[]): string {
    const { lines, splats } = this
    // Constants made inside are unknown outside, and a region may be kept apart from what is outside it.
    this.lines = []
    this.splats = new Map()
    const refs = args.map(type => ({ name: `%${this.next++}`, type }))
    const results = body(refs)
    const inner = this.lines
    this.lines = lines
    this.splats = splats
    const heads = refs.map(r => `${r.name}: ${mlirType(r.type)}`).join(', ')
    const types = results.map(r => mlirType(r.type)).join(', ')
    const end = `"stablehlo.return"(${results.map(r => r.name).join(', ')}) : (${types}) -> ()`
    return `{ ^bb0(${heads}): ${[...inner, end].join(' ')} }`
  }
}

function elementLiteral(dtype: DType, value: number): string {
  if (dtype === 'f32' || dtype === 'bf16') return floatLiteral(dtype, value)
  if (dtype === 'bool') return value ? 'true' : 'false'
  return BigInt(value).toString()
}

/** Row-major literals, at least two, as nested brackets. */
function nested(literals: readonly string[], shape: readonly number[]): string {
  if (shape.length === 0) return literals[0]!
  const size = literals.length / shape[0]!
  const parts = Array.from({ length: shape[0]! }, (_, i) =>
    nested(literals.slice(i * size, (i + 1) * size), shape.slice(1)),
  )
  return `[${parts.join(', ')}]`
}
