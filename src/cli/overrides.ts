import { ID } from '../graph/document.ts'
import type { GraphSource } from '../protocol/messages.ts'
import { CliError, EXIT } from './exit.ts'

export type Override = GraphSource['overrides'][number]

/**
 * `node.param=value`, where `param` may have dotted inner keys. The value is JSON if it parses as JSON, else
 * the text itself. Throws a usage error that shows what is malformed.
 */
export function parseOverride(text: string): Override {
  const refuse = (why: string) =>
    new CliError(`--set ${text}: ${why}. Write --set node.param=value, such as train.steps=100.`, EXIT.usage)
  const equals = text.indexOf('=')
  if (equals < 0) throw refuse('there is no "="')
  const path = text.slice(0, equals)
  const dot = path.indexOf('.')
  if (dot < 0) throw refuse('there is no "." between node and parameter')
  const [node, param] = [path.slice(0, dot), path.slice(dot + 1)]
  if (!ID.test(node)) throw refuse(`"${node}" is not the id of a node`)
  if (param.split('.').some(key => key === '')) throw refuse('a name of a parameter is empty')
  return { node, param, value: readValue(text.slice(equals + 1)) }
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
