import type { Client } from './client.ts'
import { compileOptions } from './compile-options.ts'
import { PjrtError } from './error.ts'
import { PjrtExecutable, type Signature } from './executable.ts'
import { type ExecutableCache, executableKey } from './executable-cache.ts'
import { readFacts } from './facts.ts'
import { callDeleter, readBytes, utf8 } from './native.ts'
import { Struct } from './struct.ts'

const FORMAT = utf8('mlir')

/**
 * Compiles a StableHLO module (text) on a worker thread, or loads what the cache kept of the same text.
 * Throws a `PjrtError` whose details hold all that XLA said, and the line that it points at.
 */
export async function compile(
  client: Client,
  mlir: string,
  signature: Signature,
  cache?: ExecutableCache,
): Promise<PjrtExecutable> {
  const options = compileOptions(client.devices.length)
  const key = cache && executableKey(mlir, cache.fingerprint, options)
  const kept = key && (await cache?.read(key))
  const loaded = kept && (await deserialise(client, kept))
  if (loaded) return wrap(client, loaded, signature, true)

  const code = utf8(mlir)
  const program = new Struct('PJRT_Program', {
    code,
    code_size: code.length,
    format: FORMAT,
    format_size: FORMAT.length,
  })
  const handle = await client.library
    .callAsync('PJRT_Client_Compile', {
      client: client.handle,
      program,
      compile_options: options,
      compile_options_size: options.length,
    })
    .then(
      args => args.address('executable'),
      error => {
        throw error instanceof PjrtError ? explain(error, mlir) : error
      },
    )
  const executable = wrap(client, handle, signature, false)
  if (cache && key) await keep(client, handle, cache, key)
  return executable
}

/** A plugin that can't serialise costs the next start its compile, no more. */
async function keep(client: Client, handle: bigint, cache: ExecutableCache, key: string): Promise<void> {
  try {
    await cache.write(key, await serialise(client, handle))
  } catch (error) {
    if (!(error instanceof PjrtError)) throw error
    cache.warn(`the compiled program could not be kept: ${error.message}`)
  }
}

/** Undefined where the plugin refuses the bytes: they are compiled anew then. */
async function deserialise(client: Client, bytes: Uint8Array): Promise<bigint | undefined> {
  try {
    const args = await client.library.callAsync('PJRT_Executable_DeserializeAndLoad', {
      client: client.handle,
      serialized_executable: bytes,
      serialized_executable_size: bytes.length,
    })
    return args.address('loaded_executable')
  } catch (error) {
    if (error instanceof PjrtError) return undefined
    throw error
  }
}

async function serialise(client: Client, handle: bigint): Promise<Uint8Array> {
  const { library } = client
  const executable = executableOf(client, handle)
  try {
    const args = await library.callAsync('PJRT_Executable_Serialize', { executable })
    const bytes = readBytes(args.address('serialized_bytes'), args.number('serialized_bytes_size'))
    callDeleter(args.address('serialized_executable_deleter'), args.address('serialized_executable'))
    return bytes
  } finally {
    library.call('PJRT_Executable_Destroy', { executable })
  }
}

const executableOf = (client: Client, loaded_executable: bigint): bigint =>
  client.library.call('PJRT_LoadedExecutable_GetExecutable', { loaded_executable }).address('executable')

function wrap(client: Client, handle: bigint, signature: Signature, fromCache: boolean): PjrtExecutable {
  const executable = executableOf(client, handle)
  try {
    return new PjrtExecutable(client, handle, signature, readFacts(client.library, executable), fromCache)
  } catch (error) {
    client.library.call('PJRT_LoadedExecutable_Destroy', { executable: handle })
    throw error
  } finally {
    client.library.call('PJRT_Executable_Destroy', { executable })
  }
}

/** XLA's parser says "-:12:7: error: …": names the place readably and quotes the line. */
function explain(error: PjrtError, mlir: string): PjrtError {
  const place = /^-:(\d+):(\d+): (?:error: )?/.exec(error.details)
  if (!place) return new PjrtError('XLA could not compile the program', error.code, error.details)
  const [prefix, line, column] = place
  const quoted = mlir.split('\n')[Number(line) - 1]?.trim() ?? ''
  return new PjrtError(
    `XLA could not compile the program, line ${line}, column ${column}`,
    error.code,
    `${error.details.slice(prefix.length)}\nline ${line}: ${quoted}`,
  )
}
