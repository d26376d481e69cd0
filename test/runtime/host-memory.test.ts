import { describe, expect, it } from 'vitest'
import { hostMemory } from '../../src/runtime/host-memory.ts'

const GIB = 1 << 30
const MEMINFO = `MemTotal:       ${(16 * GIB) / 1024} kB
MemFree:          512000 kB
MemAvailable:   ${(9 * GIB) / 1024} kB
`
const from = (files: Readonly<Record<string, string>>) => hostMemory(path => files[path])

describe('memory that the process may take', () => {
  it('is what the kernel calls available, not only what is free', () => {
    expect(from({ '/proc/meminfo': MEMINFO })).toEqual({
      totalBytes: 16 * GIB,
      availableBytes: 9 * GIB,
      what: "this machine's memory",
    })
  })

  it('is less where a control group above it sets a limit, whose file cache can go', () => {
    const files = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/user.slice/job.scope\n',
      '/sys/fs/cgroup/user.slice/job.scope/memory.max': 'max\n',
      '/sys/fs/cgroup/user.slice/job.scope/memory.current': `${GIB}\n`,
      '/sys/fs/cgroup/user.slice/memory.max': `${4 * GIB}\n`,
      '/sys/fs/cgroup/user.slice/memory.current': `${3 * GIB}\n`,
      '/sys/fs/cgroup/user.slice/memory.stat': `anon ${GIB}\nfile 5\ninactive_file ${GIB}\n`,
    }
    expect(from(files)).toEqual({
      totalBytes: 4 * GIB,
      availableBytes: 2 * GIB,
      what: 'the memory that its control group allows',
    })
  })

  it('reads a container, whose group is the root, and the first version of control groups', () => {
    const container = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${2 * GIB}\n`,
      '/sys/fs/cgroup/memory.current': `${GIB}\n`,
    }
    expect(from(container).availableBytes).toBe(GIB)
    const first = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/docker/ab\n0::/\n',
      '/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes': `${3 * GIB}\n`,
      '/sys/fs/cgroup/memory/docker/ab/memory.usage_in_bytes': `${2 * GIB}\n`,
      '/sys/fs/cgroup/memory/docker/ab/memory.stat': `inactive_file 1\ntotal_inactive_file ${GIB / 2}\n`,
      // No limit, as that version writes it.
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
    }
    expect(from(first).availableBytes).toBe(1.5 * GIB)
  })

  it('is never below nought, and known without any of these files', () => {
    const over = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': `${GIB}\n`,
      '/sys/fs/cgroup/memory.current': `${2 * GIB}\n`,
    }
    expect(from(over).availableBytes).toBe(0)
    const { totalBytes, availableBytes } = from({})
    expect(totalBytes).toBeGreaterThan(0)
    expect(availableBytes).toBeGreaterThan(0)
    expect(availableBytes).toBeLessThanOrEqual(totalBytes)
  })
})
