// Imported first, for its effect, by everything that starts here: plain old syntax, so that an old Node gets
// as far as the message.
const wanted = [20, 19]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) {
  process.stderr.write(
    `diptych: Node ${wanted.join('.')} or newer is needed, and this is ${process.versions.node} ` +
      `(${process.execPath}). Get the newest long-term release from your package manager, nvm or nodejs.org.\n`,
  )
  process.exit(1)
}
