import { create } from 'zustand'

/** What was last said to a screen reader; the number tells one saying from the same said again. */
export const useSaid = create<{ readonly text: string; readonly nth: number }>(() => ({ text: '', nth: 0 }))

export const say = (text: string): void => useSaid.setState(({ nth }) => ({ text, nth: nth + 1 }))
