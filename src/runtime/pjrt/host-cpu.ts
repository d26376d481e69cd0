import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, endianness, platform } from 'node:os'

/**
 * What compiled machine code depends on: the instruction set, the processor's model and features, and how many
 * threads the compiler divides work among.
 */
export function hostCpu(): string {
  const model = cpus()[0]?.model ?? 'unknown'
  return [platform(), arch(), endianness(), model, features(), `${availableParallelism()} threads`].join('|')
}

/** Feature flags where the system lists them (Linux); two machines of one model can still differ in them. */
function features(): string {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8')
    return /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1]?.trim() ?? ''
  } catch {
    return ''
  }
}
