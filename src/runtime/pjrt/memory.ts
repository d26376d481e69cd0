import type { DeviceMemory } from '../backend.ts'
import { hostMemory } from '../host-memory.ts'
import type { Client } from './client.ts'
import { PjrtError } from './error.ts'
import type { Library } from './library.ts'

/** Memory of a client's devices: the tightest one's on a GPU, the machine's on a processor, which all share. */
export function deviceMemory(client: Client): DeviceMemory | undefined {
  if (client.platformName === 'cpu') return { ...hostMemory(), sharedBy: client.devices.length }
  const each = client.devices.flatMap(({ handle, name }) => readMemory(client.library, handle, name) ?? [])
  return each.sort((a, b) => a.availableBytes - b.availableBytes)[0]
}

function readMemory(library: Library, device: bigint, name: string): DeviceMemory | undefined {
  try {
    const args = library.call('PJRT_Device_MemoryStats', { device })
    if (args.number('bytes_limit_is_set') === 0) return undefined
    const totalBytes = args.number('bytes_limit')
    return { totalBytes, availableBytes: totalBytes - args.number('bytes_in_use'), what: name, sharedBy: 1 }
  } catch (error) {
    // Optional in the C API.
    if (error instanceof PjrtError) return undefined
    throw error
  }
}
