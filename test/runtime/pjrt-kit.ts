import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect } from 'vitest'
import { cacheFolder } from '../../src/engine/paths.ts'
import { type DType, type TensorType, tensor } from '../../src/ir/types.ts'
import type { HostArray } from '../../src/runtime/backend.ts'
import type { PjrtBuffer } from '../../src/runtime/pjrt/buffer.ts'
import { Client } from '../../src/runtime/pjrt/client.ts'
import type { PjrtExecutable } from '../../src/runtime/pjrt/executable.ts'
import { Library } from '../../src/runtime/pjrt/library.ts'
import { findPlugin } from '../../src/runtime/pjrt/plugin.ts'

/** The plugin's path, or why there is none. */
export function plugin(): { path: string; missing: '' } | { path: ''; missing: string } {
  try {
    return { path: findPlugin(cacheFolder()), missing: '' }
  } catch (error) {
    return { path: '', missing: (error as Error).message }
  }
}

/** A suite's name that says why it is skipped, where it is. */
export const named = (name: string, missing: string): string =>
  missing === '' ? name : `${name} (skipped: ${missing})`

export const f32 = (shape: readonly number[], values: readonly number[]): HostArray => ({
  type: tensor('f32', shape),
  bytes: new Uint8Array(Float32Array.from(values).buffer),
})

export const floats = (array: HostArray): number[] => [
  ...new Float32Array(array.bytes.buffer, array.bytes.byteOffset, array.bytes.byteLength / 4),
]

export const inputs = (...types: readonly TensorType[]): { name: string; type: TensorType }[] =>
  types.map((type, i) => ({ name: `x${i}`, type }))

const MLIR_NAMES: Record<DType, string> = {
  f32: 'f32',
  bf16: 'bf16',
  s32: 'i32',
  u32: 'ui32',
  s64: 'i64',
  u8: 'ui8',
  bool: 'i1',
}

export const mlirType = (t: TensorType): string => `tensor<${[...t.shape, MLIR_NAMES[t.dtype]].join('x')}>`

/** A module with one function: `body` defines the results. */
export const moduleText = (
  args: readonly (TensorType | { type: TensorType; alias: number })[],
  results: readonly (readonly [string, TensorType])[],
  body: string,
): string => {
  const params = args.map((a, i) =>
    'alias' in a
      ? `%x${i}: ${mlirType(a.type)} {tf.aliasing_output = ${a.alias} : i32}`
      : `%x${i}: ${mlirType(a)}`,
  )
  const types = results.map(([, t]) => mlirType(t)).join(', ')
  return `module @jit_test {
  func.func public @main(${params.join(', ')}) -> (${types}) {
    ${body}
    return ${results.map(([n]) => n).join(', ')} : ${types}
  }
}`
}

/** A folder that lasts for one test. */
export function scratch(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'diptych-pjrt-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const v4 = tensor('f32', [4])
export const scalar = tensor('f32', [])

/** Adds two vectors. */
export const add = moduleText([v4, v4], [['%0', v4]], '%0 = stablehlo.add %x0, %x1 : tensor<4xf32>')

/** Adds the second argument to the first, in place, and gives the sum of the second. */
export const step = moduleText(
  [{ type: v4, alias: 0 }, v4],
  [
    ['%0', v4],
    ['%1', scalar],
  ],
  `%z = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = stablehlo.add %x0, %x1 : tensor<4xf32>
    %1 = stablehlo.reduce(%0 init: %z) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>`,
)

/**
 * One client for the tests of a suite, opened by the first that asks. What they keep is freed after each; that
 * nothing native is left is checked after all.
 */
export function clientOfSuite(path: string, deviceCount = 1) {
  let open: Client | undefined
  const left: { free(): void }[] = []
  const client = () => {
    open ??= new Client(Library.load(path), { deviceCount })
    return open
  }
  const keep = <T extends { free(): void }>(object: T): T => {
    left.push(object)
    return object
  }
  afterEach(() => {
    for (const object of left.splice(0)) object.free()
  })
  afterAll(() => {
    open?.close()
    expect(Library.load(path).ledger).toEqual({
      clients: 0,
      executables: 0,
      buffers: 0,
      events: 0,
      errors: 0,
    })
  })
  return {
    client,
    keep,
    put: (shape: readonly number[], values: readonly number[]) => keep(client().upload(f32(shape, values))),
    compile: async (text: string, types: readonly TensorType[], donate: readonly number[] = []) =>
      keep(await client().compile(text, { inputs: inputs(...types), donate })),
    call: async (executable: PjrtExecutable, args: readonly PjrtBuffer[]) =>
      (await executable.run(args)).map(keep),
  }
}
