import { useSession } from '../state/index.ts'
import { onMac, showKeys } from './chord.ts'
import { keysOf } from './keymap.ts'
import { COMMANDS } from './list.ts'

/** The first key of a command as a person has it, for a menu or a tooltip. */
export function useShownKeys(): (id: string) => string | undefined {
  const own = useSession(s => s.settings.keys)
  return id => {
    const command = COMMANDS.find(one => one.id === id)
    const [key] = command ? keysOf(command, own) : []
    return key === undefined ? undefined : showKeys(key, onMac())
  }
}
