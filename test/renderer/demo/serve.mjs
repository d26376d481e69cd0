// Serves the built window (`npx electron-vite build`) with a host that lives in the page: `node serve.mjs [port]`.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../../../out/renderer')
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' }

/** The in-page host as one script. */
export async function demoScript() {
  const { outputFiles } = await build({
    entryPoints: [join(here, 'main.ts')],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    loader: { '.json': 'json' },
  })
  return outputFiles[0].text
}

export async function serveDemo(port = 0) {
  const script = await demoScript()
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname
    if (path === '/demo.js') return response.setHeader('content-type', 'text/javascript').end(script)
    const file = join(root, normalize(path === '/' ? '/index.html' : path))
    try {
      const body = await readFile(file)
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.end(
        extname(file) === '.html'
          ? body.toString().replace('<head>', '<head><script src="/demo.js"></script>')
          : body,
      )
    } catch {
      response.statusCode = 404
      response.end()
    }
  })
  await new Promise(done => server.listen(port, '127.0.0.1', done))
  return server
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await serveDemo(Number(process.argv[2] ?? 0))
  console.log(`http://127.0.0.1:${server.address().port}/?run`)
}
