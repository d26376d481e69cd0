import { describe, expect, test } from 'vitest'
import { deviceFault } from '../../src/engine/device-fault.ts'
import { tensor } from '../../src/ir/types.ts'
import { clientOfSuite, floats, moduleText, named, plugin, scalar } from './pjrt-kit.ts'

const { path, missing } = plugin()

/** 2⁴⁶ bytes: more than a process may address, so that no machine has them and none is asked to try. */
const HUGE = tensor('f32', [2 ** 44])

describe.skipIf(missing !== '')(named('a call that needs more memory than there is', missing), () => {
  const { put, compile, call } = clientOfSuite(path)

  test('is said to be out of memory, and the device works on', async () => {
    const big = moduleText(
      [scalar],
      [['%0', HUGE]],
      `%0 = stablehlo.broadcast_in_dim %x0, dims = [] : (tensor<f32>) -> tensor<${2 ** 44}xf32>`,
    )
    const executable = await compile(big, [scalar])
    const error = await call(executable, [put([], [1])]).then(
      async ([result]) => result!.toHost().then(() => undefined),
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ name: 'PjrtError', code: 'RESOURCE_EXHAUSTED' })
    expect(deviceFault(error)?.message).toMatch(/^the device ran out of memory while it computed \(/)

    const small = moduleText([scalar], [['%0', scalar]], '%0 = stablehlo.add %x0, %x0 : tensor<f32>')
    const [two] = await call(await compile(small, [scalar]), [put([], [1])])
    expect(floats(await two!.toHost())).toEqual([2])
  })
})
