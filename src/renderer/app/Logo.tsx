/** Two panels that belong together: a picture and its words. */
export function Logo({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 5.2 10.9 3v18L3 18.8z" fill="var(--accent)" />
      <path d="M13.1 3 21 5.2v13.6L13.1 21z" fill="var(--accent)" opacity="0.42" />
      <circle cx="7.1" cy="9.4" r="1.5" fill="var(--panel)" />
      <path d="M15.2 9.3h3.7M15.2 12h3.7M15.2 14.7h2.3" stroke="var(--panel)" strokeWidth="1.2" />
    </svg>
  )
}
