/**
 * The XLA plugin: which wheel for which system, by hash, and what is taken out of it.
 * `platform` is pip's name of the system; glibc 2.27 is the oldest C library that the plugin loads with.
 */
export const XLA_CPU = {
  title: 'the XLA plugin',
  folder: 'xla-cpu-0.0.1',
  requirement: 'xla-cpu-pjrt==0.0.1',
  glibc: [2, 27],
  library: 'xla_cpu_pjrt.so',
  unpackedBytes: 260_000_000,
  wheels: {
    'linux-x64': {
      file: 'xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl',
      platform: 'manylinux_2_27_x86_64',
      sha256: '55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc',
      bytes: 63_461_052,
    },
    'linux-arm64': {
      file: 'xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_aarch64.whl',
      platform: 'manylinux_2_27_aarch64',
      sha256: '8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9',
      bytes: 49_514_947,
    },
  },
  /** Files of the wheel, and their names in the plugin's folder. */
  members: {
    'xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so': 'xla_cpu_pjrt.so',
    'xla_plugins/xla_cpu_pjrt/include/pjrt_c_api.h': 'include/pjrt_c_api.h',
    'xla_cpu_pjrt-0.0.1.dist-info/METADATA': 'METADATA',
  },
}
