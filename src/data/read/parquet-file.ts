import { DataError } from '../error.ts'
import { Helper, HelperFault, helperProgram } from '../helper.ts'
import { openParquetHere, type ParquetFile } from './parquet-decode.ts'

export type { ParquetFile } from './parquet-decode.ts'

/** A row group that the decoding process is asked for, and what it answers. */
export interface Ask {
  readonly group: number
  readonly columns?: readonly string[]
}
export type Answer = { readonly rows: Record<string, unknown>[] } | { readonly problem: string }

/** A row group that takes more is no data; twice what is let in of bytes (see `parquet-decode.ts`). */
const LIMITS = { seconds: 120, megabytes: 4096 }

/**
 * Opens a parquet file. Its row groups are decoded in a process of its own with limits on memory and time, as a few
 * hostile bytes can claim more values than a JavaScript heap survives: that costs this process, and is a DataError
 * like any other. From the sources, where that program is not built, they are decoded here.
 */
export async function openParquet(path: string): Promise<ParquetFile> {
  const file = await openParquetHere(path)
  const program = helperProgram('parquet-worker')
  if (program === undefined) return file
  const decoder = new Helper<Ask, Answer>(program, [path], LIMITS)
  return {
    ...file,
    async readGroup(group, columns) {
      const answer = await decoder.ask({ group, ...(columns && { columns }) }).catch((error: unknown) => {
        if (!(error instanceof HelperFault)) throw error
        const place = `${path}, row group ${group + 1}`
        throw new DataError(`${place}: to decode it, ${error.message}. It is damaged, or made to do harm.`)
      })
      if ('rows' in answer) return answer.rows
      throw new DataError(answer.problem)
    },
    async close() {
      await decoder.close()
      await file.close()
    },
  }
}
