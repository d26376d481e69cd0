/** Where a command's keys are heard: on the canvas, in the window, or even while a person types in a field. */
export type Reach = 'canvas' | 'window' | 'anywhere'

/** What a person can do, by its name, from the keyboard and from the list of commands. */
export interface CommandInfo<Id extends string = string> {
  readonly id: Id
  readonly title: string
  readonly group: 'Run' | 'File' | 'Edit' | 'Arrange' | 'Subgraphs' | 'Find' | 'Window'
  readonly keys: readonly string[]
  readonly reach: Reach
}

/** Keys by command, in place of its own; an empty list takes all keys from it. */
export type OwnKeys = Readonly<Record<string, readonly string[]>>

export const keysOf = (command: CommandInfo, own: OwnKeys): readonly string[] =>
  Object.hasOwn(own, command.id) ? own[command.id]! : command.keys

/** What a chord means; on the canvas its own commands come first. */
export function commandAt<C extends CommandInfo>(
  chord: string,
  commands: readonly C[],
  own: OwnKeys,
  place: { readonly canvas: boolean; readonly typing: boolean },
): C | undefined {
  const heard = ({ reach }: C) =>
    reach === 'anywhere' || (!place.typing && (reach === 'window' || place.canvas))
  const found = commands.filter(c => heard(c) && keysOf(c, own).includes(chord))
  return found.find(c => c.reach === 'canvas') ?? found[0]
}

/** The commands that share a chord with another, by chord. */
export function conflictsOf<C extends CommandInfo>(
  commands: readonly C[],
  own: OwnKeys,
): ReadonlyMap<string, readonly C[]> {
  const users = new Map<string, C[]>()
  for (const command of commands)
    for (const chord of keysOf(command, own)) users.set(chord, [...(users.get(chord) ?? []), command])
  return new Map([...users].filter(([, list]) => list.length > 1))
}

/** A person's keys after one of a command's was added or taken away; a command with its own keys is not named. */
export function withKeys(own: OwnKeys, command: CommandInfo, keys: readonly string[]): OwnKeys {
  const { [command.id]: _before, ...rest } = own
  const isDefault = keys.length === command.keys.length && keys.every((key, i) => key === command.keys[i])
  return isDefault ? rest : { ...rest, [command.id]: keys }
}
