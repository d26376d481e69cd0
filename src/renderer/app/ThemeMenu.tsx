import { Moon, Sun } from 'lucide-react'
import { useSession } from '../state/index.ts'
import { IconButton } from '../ui/Button.tsx'
import { Menu } from '../ui/Menu.tsx'

export const THEMES = [
  { theme: 'system', text: 'As the system' },
  { theme: 'light', text: 'Light' },
  { theme: 'dark', text: 'Dark' },
] as const

export function ThemeMenu() {
  const chosen = useSession(s => s.settings.theme)
  const theme = useSession(s => s.theme)
  const setTheme = useSession(s => s.setTheme)
  return (
    <Menu
      label="Theme"
      items={THEMES.map(c => ({ text: c.text, checked: c.theme === chosen, run: () => setTheme(c.theme) }))}
      trigger={props => (
        <IconButton
          {...props}
          label="Theme"
          icon={theme === 'dark' ? <Moon size={16} /> : <Sun size={16} />}
        />
      )}
    />
  )
}
