import koffi from 'koffi'
import { errorCode, PjrtError, PluginError } from './error.ts'
import { API_VERSION, FUNCTIONS, STRUCTS } from './layouts.ts'
import { checkLibraryFile } from './library-file.ts'
import { readText } from './native.ts'
import { type Fields, Struct, type StructName } from './struct.ts'

export type FunctionName = keyof typeof FUNCTIONS
type ArgsOf<F extends FunctionName> = `${F}_Args` & StructName
type Args<F extends FunctionName> = Struct<ArgsOf<F>>

type Status = number | bigint
interface NativeFunction {
  (args: Uint8Array): Status
  async(args: Uint8Array, done: (failure: Error | null, status: Status) => void): void
}

/** How many native objects are alive. All zero after a clean shutdown. */
export interface Ledger {
  clients: number
  executables: number
  buffers: number
  events: number
  errors: number
}

// A deep compile overflows koffi's own small stacks.
const STACK_BYTES = 16 << 20
const RTLD_NOW = 2
const RTLD_NODELETE: Partial<Record<NodeJS.Platform, number>> = { linux: 0x1000, darwin: 0x80 }

const loaded = new Map<string, Library>()

function prepareKoffi(): void {
  const { sync_stack_size = 0, async_stack_size = 0 } = koffi.config()
  if (sync_stack_size >= STACK_BYTES && async_stack_size >= STACK_BYTES) return
  try {
    koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES })
  } catch {
    throw new PluginError('the XLA plugin must be the first native library that koffi loads in a process')
  }
}

/**
 * koffi unloads its libraries when the process ends, under the feet of XLA's thread-local destructors: a crash
 * at every natural exit. A library that is opened with RTLD_NODELETE stays.
 */
function pin(path: string): void {
  const noDelete = RTLD_NODELETE[process.platform]
  if (noDelete === undefined) return
  const dlopen = koffi.load(null).func('void *dlopen(const char *, int)')
  dlopen(path, RTLD_NOW | noDelete)
}

/** The PJRT C API of one plugin: its function table, and the one place where errors are made of its statuses. */
export class Library {
  readonly path: string
  readonly version: { readonly major: number; readonly minor: number }
  readonly ledger: Ledger = { clients: 0, executables: 0, buffers: 0, events: 0, errors: 0 }
  private readonly functions: Record<FunctionName, NativeFunction>

  /** Loads a plugin, once in a process. Throws a `PluginError` for a file that is no PJRT plugin we can drive. */
  static load(path: string): Library {
    const known = loaded.get(path)
    if (known) return known
    const library = new Library(path)
    library.call('PJRT_Plugin_Initialize')
    loaded.set(path, library)
    return library
  }

  private constructor(path: string) {
    this.path = path
    prepareKoffi()
    // Else XLA says on standard error which options it was given. Warnings and errors stay.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= '1'
    let api: bigint
    try {
      checkLibraryFile(path)
      pin(path)
      api = BigInt(koffi.load(path).func('uintptr_t GetPjrtApi()')() as Status)
    } catch (cause) {
      if (cause instanceof PluginError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new PluginError(`${path} can't be loaded as a PJRT plugin: ${reason}`)
    }
    const word = (offset: number) => Number(koffi.decode(api, offset, 'uint64'))
    const int = (offset: number) => koffi.decode(api, offset, 'int32') as number
    const { major_version, minor_version } = STRUCTS.PJRT_Api_Version.fields
    // PJRT_Api: struct_size, extension_start, PJRT_Api_Version, functions.
    this.version = { major: int(16 + major_version.offset), minor: int(16 + minor_version.offset) }
    const needed = Math.max(...Object.values(FUNCTIONS)) + 8
    // A newer minor version only appends; an older one may lack functions, which its table's size tells.
    if (this.version.major !== API_VERSION.major || word(0) < needed) {
      const { major, minor } = this.version
      throw new PluginError(
        `${path} speaks PJRT API ${major}.${minor}, Diptych ${API_VERSION.major}.${API_VERSION.minor}: ` +
          'use the plugin that "node scripts/setup.mjs" fetches',
      )
    }
    const type = koffi.proto('uintptr_t', ['void *'])
    this.functions = Object.fromEntries(
      Object.entries(FUNCTIONS).map(([name, offset]) => [
        name,
        koffi.decode(BigInt(word(offset)), type) as NativeFunction,
      ]),
    ) as Record<FunctionName, NativeFunction>
  }

  /** Calls a function with a fresh struct of these members; its outputs are read from the struct returned. */
  call<F extends FunctionName>(name: F, fields: Fields<ArgsOf<F>> = {}): Args<F> {
    const args: Args<F> = new Struct(`${name}_Args` as ArgsOf<F>, fields)
    this.invoke(name, args)
    return args
  }

  /** Like `call` with a struct that the caller reuses: the form for hot paths. */
  invoke<F extends FunctionName>(name: F, args: Args<F>): void {
    const status = this.functions[name](args.bytes)
    if (status !== 0) this.fail(name, status)
  }

  /** Calls on a worker thread, so that the event loop goes on. */
  callAsync<F extends FunctionName>(name: F, fields: Fields<ArgsOf<F>>): Promise<Args<F>> {
    const args: Args<F> = new Struct(`${name}_Args` as ArgsOf<F>, fields)
    return new Promise((resolve, reject) => {
      this.functions[name].async(args.bytes, (failure, status) => {
        if (failure) return reject(failure)
        try {
          if (status !== 0) this.fail(name, status)
          // Naming args here also keeps its memory alive while the worker uses it.
          resolve(args)
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  /** Turns a status into an exception and frees it. */
  private fail(name: FunctionName, status: Status): never {
    const error = BigInt(status)
    this.ledger.errors++
    const message = new Struct('PJRT_Error_Message_Args', { error })
    this.functions.PJRT_Error_Message(message.bytes)
    const details = readText(message.address('message'), message.number('message_size'))
    const code = new Struct('PJRT_Error_GetCode_Args', { error })
    this.functions.PJRT_Error_GetCode(code.bytes)
    this.functions.PJRT_Error_Destroy(new Struct('PJRT_Error_Destroy_Args', { error }).bytes)
    this.ledger.errors--
    throw new PjrtError(name.replace('PJRT_', 'XLA, '), errorCode(code.number('code')), details)
  }
}
