import { readdirSync, readFileSync } from 'node:fs'
import { Builder } from '../../src/ir/builder.ts'
import type { Params, Primitive } from '../../src/ir/primitive.ts'
import type { Program } from '../../src/ir/program.ts'
import { isFloat, parseType } from '../../src/ir/types.ts'
import { lowerToJax } from '../../src/lower/jax/lower.ts'
import { lowerToStableHlo } from '../../src/lower/stablehlo/lower.ts'
import { caseDtype, triedDtypes } from './accepted.ts'
import { DEFAULT_TOLERANCE, primitives } from './table.ts'

/** `docs/ops.md`, from the primitives themselves: their doc comments, their rules and their case tables. */

const HEAD = `# Primitives

Made by \`npm run docs:ops\` from \`src/ir/ops\`; \`npm test\` fails where this page is older than that.

Each primitive is compared with the float64 reference on every backend, value and gradient, in each dtype that it
takes. The tolerance is |backend − reference| / max(1, |reference|); integers and bools are always exact, and gradients
are held to 1e-5 (bf16: 0.03) where the values are.

- **XLA** takes every primitive in every dtype of its row. The column shows StableHLO operations of the first case.
- **TensorFlow.js** takes them too, on each of its backends (WASM, CPU, node). Floats and bools go to kernels,
  integers stay on the host; s64 and empty arrays are computed by the reference, as is what has a reason in the
  column. Kernels compute in float32; results in bf16 are rounded after each operation.
- **JAX** is the Python that \`lowerToJax\` prints, checked against the same cases where a Python with JAX is found.
`

const sources = new URL('../../src/ir/ops/', import.meta.url)

/** The first sentence of each primitive's doc comment without its sources, by name. */
function summaries(): Map<string, string> {
  const found = new Map<string, string>()
  for (const file of readdirSync(sources)) {
    const text = readFileSync(new URL(file, sources), 'utf8')
    const declared =
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport const [^=]+= definePrimitive[\s\S]*?\n {2}name: '(\w+)'/g
    for (const [, comment, name] of text.matchAll(declared)) {
      const words = comment!
        .replaceAll(/\n \* ?/g, ' ')
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/ \([^)]*\d{4}[^)]*\)/g, '')
        .trim()
      found.set(name!, /^.*?[.:;](?= |$)/.exec(words)![0].replace(/[.:;]$/, ''))
    }
  }
  return found
}

/** The first case as a program. */
function firstCase(prim: Primitive<Params>): Program {
  const b = new Builder()
  const [row] = prim.cases
  const ins = row!.in.map((x, i) => b.input('xyzuvw'[i]!, parseType(typeof x === 'string' ? x : x.type)))
  const outs = row!.build?.(b, ins) ?? b.apply(prim, ins, row!.params ?? {})
  outs.forEach((v, i) => {
    b.output(`result${i}`, v)
  })
  return b.finish('case')
}

function hloOf(program: Program): string {
  const names = [...lowerToStableHlo(program).matchAll(/"((?:stablehlo|chlo)\.\w+)"/g)].map(m => m[1]!)
  const shown = [...new Set(names)].filter(n => n !== 'stablehlo.return' && n !== 'stablehlo.constant')
  const last = shown.slice(0, 3).map(n => `\`${n.replace('stablehlo.', '')}\``)
  if (shown.length > 3) last.push('…')
  return last.join(' ') || (names.includes('stablehlo.constant') ? '`constant`' : 'nothing')
}

/** Python of the primitive's own equation. */
function jaxOf(prim: Primitive<Params>, program: Program): string {
  let text = ''
  const spy: Primitive<Params> = {
    ...prim,
    jax: (...args) => {
      const made = prim.jax(...args)
      text ||= typeof made === 'string' ? made : made.tuple
      return made
    },
  }
  const equations = program.equations.map(eq => (eq.prim === prim ? { ...eq, prim: spy } : eq))
  lowerToJax({ ...program, equations })
  return `\`${text.length > 30 ? text.replace(/\(.*$/, '(…)') : text}\``.replaceAll('|', '\\|')
}

/** Whether bf16 is among what a case takes or makes. */
const inBf16 = (row: Primitive<Params>['cases'][number]): boolean =>
  row.params?.dtype === 'bf16' || row.in.some(x => (typeof x === 'string' ? x : x.type).startsWith('bf16'))

function toleranceOf(prim: Primitive<Params>): string {
  const most = (dtype: string, rows: typeof prim.cases) => {
    const tol = Math.max(...rows.map(row => row.tol ?? DEFAULT_TOLERANCE))
    return rows.length === 0
      ? []
      : [`${dtype} ${tol === 0 ? 'exact' : tol >= 0.001 ? tol : tol.toExponential()}`]
  }
  const floats = prim.cases.filter(row => inBf16(row) || isFloat(caseDtype(prim, row)))
  const parts = [
    ...most(
      'f32',
      floats.filter(row => !inBf16(row)),
    ),
    ...most('bf16', floats.filter(inBf16)),
  ]
  return parts.every(part => part.endsWith('exact')) ? 'exact' : parts.join(', ')
}

const escaped = (text: string): string => text.replaceAll('|', '\\|')

export function opsPage(): string {
  const about = summaries()
  const rows = [...primitives]
    .sort((p, q) => (p.name < q.name ? -1 : 1))
    .map(prim => {
      const program = firstCase(prim)
      const gradient = typeof prim.vjp === 'function' ? 'yes' : `no: ${prim.vjp.notDifferentiable}`
      const tfjs = typeof prim.tfjs === 'function' ? 'yes' : `by the reference: ${prim.tfjs.onHost}`
      const cells = [
        `\`${prim.name}\``,
        escaped(about.get(prim.name)!),
        triedDtypes(prim).join(' '),
        escaped(gradient),
        hloOf(program),
        escaped(tfjs),
        jaxOf(prim, program),
        toleranceOf(prim),
      ]
      return `| ${cells.join(' | ')} |`
    })
  const heads = [
    'primitive',
    'what it gives',
    'dtypes',
    'gradient',
    'XLA',
    'TensorFlow.js',
    'JAX',
    'tolerance',
  ]
  const table = [`| ${heads.join(' | ')} |`, `|${heads.map(() => '---').join('|')}|`, ...rows]
  return `${HEAD}\n${rows.length} primitives:\n\n${table.join('\n')}\n`
}
