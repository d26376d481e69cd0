import { Popover } from '../canvas/Popover.tsx'
import { fuzzy } from '../canvas/search.ts'
import { POPOVER_WIDTH as NARROW } from '../canvas/ui-store.ts'
import { useSession } from '../state/index.ts'
import styles from './CommandList.module.css'
import { onMac, showKeys } from './chord.ts'
import { keysOf } from './keymap.ts'
import { COMMANDS } from './list.ts'

const WIDTH = NARROW + 100

/** Every command by its name: what has no key, or one that nobody remembers. */
export function CommandList({ frame }: { readonly frame: HTMLElement }) {
  const own = useSession(s => s.settings.keys)
  const mac = onMac()
  const all = COMMANDS.filter(command => command.id !== 'commands')
  return (
    <Popover
      at={[frame.clientWidth / 2 - WIDTH / 2, 24]}
      width={WIDTH}
      frame={frame}
      label="Commands"
      hint="What do you want to do?"
      nothing="No command is called that."
      find={query => {
        const q = query.trim()
        if (!q) return all
        return all
          .map(command => ({ command, score: fuzzy(q, `${command.title} ${command.group}`) }))
          .filter(found => found.score >= 0)
          .sort((a, b) => b.score - a.score)
          .map(found => found.command)
      }}
      keyOf={command => command.id}
      pick={command => command.run()}
      show={command => (
        <span className={styles.row}>
          <span className={styles.title}>{command.title}</span>
          <span className={styles.group}>{command.group}</span>
          {keysOf(command, own)[0] && (
            <kbd className={styles.keys}>{showKeys(keysOf(command, own)[0]!, mac)}</kbd>
          )}
        </span>
      )}
    />
  )
}
