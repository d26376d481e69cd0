import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Canary } from './payloads.ts'

/** What no answer about a hostile graph may hold. */
const SECRET = 'canary_4c1f'

/** Makes a folder for hostile graphs, `graphs`, and beside it what they must not see. Nobody listens at the server. */
export async function layCanary(home: string): Promise<Canary & { readonly graphs: string }> {
  const graphs = join(home, 'graphs')
  const outside = join(home, 'outside')
  await mkdir(graphs)
  await mkdir(join(outside, SECRET), { recursive: true })
  const rows = `${SECRET},image,caption\n1,a.png,x\n`
  const line = `{ "${SECRET}": 1, "file_name": "a.png", "text": "x" }\n`
  for (const [name, text] of [
    ['canary.csv', rows],
    ['canary.jsonl', line],
    ['metadata.csv', rows],
    ['canary.parquet', SECRET],
    ['canary.tar', SECRET],
    ['canary.json', `{ "${SECRET}": [] }`],
  ] as const)
    await writeFile(join(outside, name), text)
  await symlink(outside, join(graphs, 'link'))
  await symlink(join(outside, 'canary.csv'), join(graphs, 'link-to-file.csv'))
  await writeFile(join(graphs, 'inside.csv'), 'image,caption\na.png,x\n')
  await writeFile(join(graphs, 'inside.json'), '{ "images": [], "annotations": [], "categories": [] }')
  return { graphs, outside, secret: SECRET, server: 'http://canary.invalid:8099' }
}
