import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cacheFolder } from '../../src/engine/paths.ts'
import type { Program } from '../../src/ir/program.ts'
import type { RefTensor } from '../../src/ir/reference.ts'
import { byteLength, type DType, elementCount, tensor } from '../../src/ir/types.ts'
import { jaxFunctionName, lowerToJax } from '../../src/lower/jax/lower.ts'
import { hostArray, toReference } from '../../src/runtime/host-array.ts'

/** As NumPy calls them. */
const NUMPY: Record<DType, string> = {
  f32: 'float32',
  bf16: 'bfloat16',
  s32: 'int32',
  u32: 'uint32',
  s64: 'int64',
  u8: 'uint8',
  bool: 'bool',
}
const dtypeOf = (numpy: string): DType =>
  (Object.keys(NUMPY) as DType[]).find(dtype => NUMPY[dtype] === numpy) ??
  (() => {
    throw new Error(`no dtype of the tensor IR is NumPy's ${numpy}`)
  })()

const venv = join(cacheFolder(), 'bench-peers', 'venv')

/** A Python with JAX, or the reason why there is none. */
export function jaxPython(): { readonly path: string } | { readonly missing: string } {
  const known = [join(venv, 'bin', 'python'), join(venv, 'Scripts', 'python.exe')].find(existsSync)
  const path = known ?? 'python3'
  const probe = spawnSync(path, ['-c', 'import jax, jax.extend.random'], { encoding: 'utf8' })
  if (probe.status === 0) return { path }
  return { missing: `no Python with JAX: \`node bench/setup_peers.mjs\` installs one` }
}

export interface Job {
  readonly program: Program
  readonly values: readonly RefTensor[]
}

/** Runs programs as Python in one process; gives the results of each. */
export async function runInJax(python: string, jobs: readonly Job[]): Promise<RefTensor[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'diptych-jax-'))
  try {
    const manifest = jobs.map(({ program, values }, i) => {
      const module = `module_${i}`
      const arrays = values.map(v => hostArray(v.type, v.data))
      writeFileSync(join(folder, `${module}.py`), lowerToJax(program))
      writeFileSync(join(folder, `${module}.in`), Buffer.concat(arrays.map(a => a.bytes)))
      let offset = 0
      const inputs = arrays.map(({ type, bytes }) => {
        offset += bytes.length
        const count = elementCount(type.shape)
        return { dtype: NUMPY[type.dtype], shape: type.shape, count, offset: offset - bytes.length }
      })
      const outputs = program.outputs.map(o => o.name)
      return { module, function: jaxFunctionName(program), inputs, outputs }
    })
    writeFileSync(join(folder, 'jobs.json'), JSON.stringify(manifest))
    const script = fileURLToPath(new URL('run_jax.py', import.meta.url))
    await promisify(execFile)(python, [script, folder], { env: { ...process.env, JAX_PLATFORMS: 'cpu' } })
    const types = JSON.parse(readFileSync(join(folder, 'types.json'), 'utf8')) as {
      dtype: string
      shape: number[]
    }[][]
    return types.map((list, i) => {
      const raw = readFileSync(join(folder, `module_${i}.out`))
      let offset = 0
      return list.map(({ dtype, shape }) => {
        const type = tensor(dtypeOf(dtype), shape)
        const bytes = new Uint8Array(raw.subarray(offset, offset + byteLength(type)))
        offset += bytes.length
        return toReference({ type, bytes })
      })
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
