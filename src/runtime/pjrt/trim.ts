import koffi from 'koffi'

let trim: ((keep: number) => number) | undefined

/**
 * Gives memory that was freed back to the system. glibc keeps it in pools of its threads otherwise, and after a
 * compile that is hundreds of megabytes which an engine at rest would hold. Other systems do so by themselves.
 */
export function trimMemory(): void {
  if (process.platform !== 'linux') return
  try {
    trim ??= koffi.load(null).func('int malloc_trim(size_t)') as unknown as (keep: number) => number
  } catch {
    // A C library without such pools.
    trim = () => 0
  }
  trim(0)
}
