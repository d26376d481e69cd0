import type { Program } from '../../ir/program.ts'
import type { RefTensor } from '../../ir/reference.ts'
import type { Backend, DeviceArray, Executable, HostArray } from '../backend.ts'
import { hostArray, toReference } from '../host-array.ts'
import { evaluate } from './evaluate.ts'

const rounded = ({ type, data }: RefTensor): RefTensor => toReference(hostArray(type, data))

class ReferenceArray implements DeviceArray {
  private value: RefTensor | null
  constructor(value: RefTensor) {
    this.value = value
  }
  get type() {
    return this.read().type
  }
  read(): RefTensor {
    if (!this.value) throw new Error('this array was freed or donated')
    return this.value
  }
  async toHost(): Promise<HostArray> {
    const { type, data } = this.read()
    return hostArray(type, data)
  }
  free(): void {
    this.value = null
  }
}

/**
 * The float64 oracle as a backend. Within a call everything is float64; its results are rounded to their types, so
 * that state read back from a checkpoint is the state that was kept.
 */
export function createReferenceBackend(): Backend {
  return {
    name: 'reference',
    fingerprint: 'reference-f64',
    async compile(program: Program, options = {}): Promise<Executable> {
      const donated = new Set(options.donate ?? [])
      return {
        memory: undefined,
        fromCache: false,
        async run(args) {
          const values = args.map(a => (a as ReferenceArray).read())
          const results = evaluate(program, values).map(v => new ReferenceArray(rounded(v)))
          args.forEach((a, i) => {
            if (donated.has(i)) a.free()
          })
          return results
        },
        free() {},
      }
    },
    upload: array => new ReferenceArray(toReference(array)),
    close() {},
  }
}
