import '@fontsource-variable/inter'
import './ui/tokens.css'
import './ui/globals.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App.tsx'
import { startWindow } from './state/index.ts'

startWindow()
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
