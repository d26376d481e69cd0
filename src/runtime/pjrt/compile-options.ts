/** Protobuf's variable-length integer; negative numbers as 64-bit two's complement. */
function varint(value: number): number[] {
  const out: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.push(Number(rest))
  return out
}

const intField = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)]

const messageField = (field: number, body: readonly number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(body.length),
  ...body,
]

// Field numbers of xla/pjrt/proto/compile_options.proto.
const EXECUTABLE_BUILD_OPTIONS = 3
const DEVICE_ORDINAL = 1
const NUM_REPLICAS = 4
const NUM_PARTITIONS = 5
const USE_SPMD_PARTITIONING = 6
const USE_SHARDY_PARTITIONER = 19

/**
 * A serialised `CompileOptionsProto` for one program that so many devices share, which the client chooses
 * (ordinal −1). On several, XLA partitions it by the annotations of its arguments.
 */
export function compileOptions(devices = 1): Uint8Array {
  const build = [
    ...intField(DEVICE_ORDINAL, -1),
    ...intField(NUM_REPLICAS, 1),
    ...intField(NUM_PARTITIONS, devices),
    ...(devices > 1 ? [...intField(USE_SPMD_PARTITIONING, 1), ...intField(USE_SHARDY_PARTITIONER, 1)] : []),
  ]
  return Uint8Array.from(messageField(EXECUTABLE_BUILD_OPTIONS, build))
}
