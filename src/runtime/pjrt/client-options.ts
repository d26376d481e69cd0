import { PluginError } from './error.ts'
import type { NamedValue } from './named-value.ts'

/** The kinds of device that programs run on. */
export type Platform = 'cpu' | 'cuda'

const ALLOCATORS = ['default', 'platform', 'bfc', 'cuda_async', 'vmm']

/**
 * What a plugin's client is created with. On `cpu`: so many virtual devices in this process. On `cuda`: the first
 * so many devices, and memory as JAX sets it up, by the same environment variables (`XLA_CLIENT_MEM_FRACTION`, by
 * default XLA's 0.75; `XLA_PYTHON_CLIENT_PREALLOCATE`, by default true; `XLA_PYTHON_CLIENT_ALLOCATOR`; see
 * `generate_pjrt_gpu_plugin_options` in jaxlib's `xla_client.py`). Throws a `PluginError` that names the variable.
 */
export function clientOptions(
  platform: Platform,
  deviceCount: number,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<Record<string, NamedValue>> {
  if (platform === 'cpu') return { cpu_device_count: BigInt(deviceCount) }
  const preallocate = env.XLA_PYTHON_CLIENT_PREALLOCATE
  const fraction = memoryFraction(env)
  return {
    platform_name: 'cuda',
    allocator: allocator(env),
    visible_devices: Array.from({ length: deviceCount }, (_, i) => BigInt(i)),
    ...(fraction === undefined ? {} : { memory_fraction: fraction }),
    ...(preallocate ? { preallocate: !['false', 'False', '0'].includes(preallocate) } : {}),
  }
}

function allocator({ XLA_PYTHON_CLIENT_ALLOCATOR: named }: NodeJS.ProcessEnv): string {
  const name = (named || 'default').toLowerCase()
  if (ALLOCATORS.includes(name)) return name
  throw new PluginError(
    `XLA_PYTHON_CLIENT_ALLOCATOR is "${named}": set it to one of ${ALLOCATORS.join(', ')}, or unset it.`,
  )
}

function memoryFraction(env: NodeJS.ProcessEnv): number | undefined {
  const name = env.XLA_CLIENT_MEM_FRACTION ? 'XLA_CLIENT_MEM_FRACTION' : 'XLA_PYTHON_CLIENT_MEM_FRACTION'
  const text = env[name]
  if (!text) return undefined
  const fraction = Number(text)
  // Above 1 is allowed to those who have unified memory.
  if (Number.isFinite(fraction) && fraction > 0) return fraction
  throw new PluginError(
    `${name} is "${text}": set it to the share of the device's memory to take, such as 0.75.`,
  )
}
