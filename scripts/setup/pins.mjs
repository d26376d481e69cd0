import { readFileSync } from 'node:fs'

/**
 * The XLA plugin: which wheel for which system, by hash, and what is taken out of it.
 * `platform` is pip's name of the system; glibc 2.27 is the oldest C library that the plugin loads with.
 */
export const XLA_CPU = {
  title: 'the XLA plugin',
  label: 'plugin',
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

/** The headers that TensorFlow.js's native binding includes, directly or not. */
const TENSORFLOW_HEADERS = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/c_api_macros.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_attrtype.h',
  'tensorflow/c/tf_buffer.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/c/tf_tstring.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
]

/** TensorFlow's C library: what TensorFlow.js runs on under Node. The wheels for CPUs. */
export const TENSORFLOW = {
  title: 'TensorFlow',
  label: 'tensorflow',
  requirement: 'tensorflow-cpu==2.18.1',
  glibc: [2, 17],
  wheels: {
    'linux-x64': {
      file: 'tensorflow_cpu-2.18.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      platform: 'manylinux_2_17_x86_64',
      python: '312',
      sha256: '8e0f27dbd92c6d380ae0ccfe73c7343f65c127b0aa98467c30c2e71eda7c76a4',
      bytes: 230_350_167,
      unpackedBytes: 683_000_000,
    },
    'linux-arm64': {
      requirement: 'tensorflow==2.18.1',
      file: 'tensorflow-2.18.1-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl',
      platform: 'manylinux_2_17_aarch64',
      python: '312',
      sha256: '1ba52b9c06ab8102b31e50acfaf56899b923171e603c8942f2bfeb181d6bb59e',
      bytes: 231_996_787,
      unpackedBytes: 767_000_000,
    },
  },
  /** Files of the wheel, and their names in the binding's `deps` folder. */
  members: {
    'tensorflow/libtensorflow_cc.so.2': 'lib/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2': 'lib/libtensorflow_framework.so.2',
    ...Object.fromEntries(TENSORFLOW_HEADERS.map(name => [`tensorflow/include/${name}`, `include/${name}`])),
  },
}

/** The same library for NVIDIA's cards. It finds `CUDA_WHEELS['tensorflow-cuda']` beside its own folder. */
export const TENSORFLOW_CUDA = {
  ...TENSORFLOW,
  title: 'TensorFlow for CUDA',
  requirement: 'tensorflow==2.18.1',
  wheels: {
    'linux-x64': {
      file: 'tensorflow-2.18.1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
      platform: 'manylinux_2_17_x86_64',
      python: '312',
      sha256: '442d2a774811789a8ad948e7286cb950fe3d87d3754e8cc6449d53b03dbfdaa6',
      bytes: 615_623_178,
      unpackedBytes: 1_252_000_000,
    },
  },
}

/**
 * Sets of wheels for NVIDIA's cards on Linux, x64, resolved with pip: XLA's CUDA plugin with the libraries that JAX's
 * `with-cuda` extra names, and those that TensorFlow's `and-cuda` extra names.
 *
 * @type {Record<'xla-cuda13' | 'xla-cuda12' | 'tensorflow-cuda', {requirement: string, file: string, platform: string, sha256: string, bytes: number, unpackedBytes: number}[]>}
 */
export const CUDA_WHEELS = JSON.parse(readFileSync(new URL('./cuda-wheels.json', import.meta.url), 'utf8'))

/** What is taken out of those wheels: libraries, the compiler's back end, its device library, licences. */
export const CUDA_MEMBERS =
  /^(?:jax_plugins\/.*\.so|nvidia\/.*\.so(?:\.[0-9.]+)?|nvidia\/.*\/bin\/(?:ptxas|nvlink|fatbinary)|nvidia\/.*\/nvvm\/libdevice\/.*\.bc|[^/]*\.dist-info\/(?:METADATA|(?:licenses\/)?licen[sc]e[^/]*))$/i

/** XLA's plugins for CUDA, the newest first: `driver` is the oldest major version that its CUDA runs on. */
export const XLA_CUDA = [
  {
    cuda: 13,
    driver: 580,
    title: 'the XLA plugin for CUDA 13',
    folder: 'xla-cuda13-0.10.2',
    set: 'xla-cuda13',
  },
  {
    cuda: 12,
    driver: 525,
    title: 'the XLA plugin for CUDA 12',
    folder: 'xla-cuda12-0.10.2',
    set: 'xla-cuda12',
  },
].map(pin => ({ ...pin, glibc: [2, 27], wheels: { 'linux-x64': CUDA_WHEELS[pin.set] } }))
