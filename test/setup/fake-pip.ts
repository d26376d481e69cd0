import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { makeTree, putFiles } from './kit.ts'

/** Stands for `python3`: its pip "downloads" from `FAKE_WHEELS` what has the hash asked for, and writes down the call. */
const PYTHON = `#!${process.execPath}
const { createHash } = require('node:crypto')
const { appendFileSync, copyFileSync, readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const args = process.argv.slice(2)
if (args.includes('--version')) {
  if (process.env.FAKE_PIP === 'none') process.exit(1)
  console.log('pip 99.0 from here')
} else if (args.includes('download')) {
  const wanted = readFileSync(args[args.indexOf('-r') + 1], 'utf8')
  appendFileSync(process.env.FAKE_LOG, wanted.split(' ')[0] + '\\n')
  const folder = process.env.FAKE_WHEELS
  const hash = name => createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')
  const found = readdirSync(folder).find(name => wanted.includes(hash(name)))
  if (!found) {
    console.error('ERROR: no such wheel')
    process.exit(1)
  }
  copyFileSync(join(folder, found), join(args[args.indexOf('--dest') + 1], found))
} else process.exit(1)
`

/**
 * A machine with a pip that knows these wheels, and with these programs (Node scripts) on its path.
 * `calls` is a file of the requirements that pip was asked for.
 */
export function fakeMachine(
  wheels: Readonly<Record<string, Uint8Array>>,
  programs: Readonly<Record<string, string>> = {},
) {
  const folder = makeTree({ calls: '', 'wheels/none': '' })
  const add = (name: string, text: string) => {
    putFiles(folder, { [`bin/${name}`]: text })
    chmodSync(join(folder, 'bin', name), 0o755)
  }
  add('python3', PYTHON)
  for (const [name, text] of Object.entries(programs)) add(name, `#!${process.execPath}\n${text}`)
  putFiles(join(folder, 'wheels'), wheels)
  return {
    folder,
    calls: join(folder, 'calls'),
    env: {
      PATH: join(folder, 'bin'),
      FAKE_LOG: join(folder, 'calls'),
      FAKE_WHEELS: join(folder, 'wheels'),
    } as NodeJS.ProcessEnv,
  }
}
