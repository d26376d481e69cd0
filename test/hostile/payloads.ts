/** Where a graph must not reach: a file, and a server, that would know if it did. */
export interface Canary {
  /** A folder outside that of the graphs, with files named `canary.*` that hold `secret`. */
  readonly outside: string
  readonly secret: string
  /** Nobody is there; a request to it is a finding. */
  readonly server: string
}

/** Text that would set this on the window, were any of it run. */
export const FLAG = 'diptychCanary'

const RUN = `window.${FLAG}=1`

/** Markup that runs something in a page that believes it. */
export const SCRIPTS: readonly string[] = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><animate onbegin="${RUN}" attributeName=x dur=1s></svg>`,
  `<svg><script>${RUN}</script></svg>`,
  `"><img src=x onerror=${RUN}>`,
  `<details open ontoggle="${RUN}">x</details>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${RUN}"></style></mglyph></table></mtext></math>`,
  `<a href="javascript:${RUN}">x</a>`,
  `[x](javascript:${RUN})`,
  `[x](JaVaScRiPt:${RUN} "t")`,
  `[x](data:text/html,<script>${RUN}</script>)`,
  `<iframe srcdoc="<script>parent.${FLAG}=1</script>"></iframe>`,
  `<object data="data:text/html,<script>${RUN}</script>"></object>`,
  `<form action="javascript:${RUN}"><button autofocus onfocus="${RUN}">x</button></form>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>"></noscript>`,
  `<style>@keyframes x{} *{animation:x}</style><xss style="animation-name:x" onanimationstart="${RUN}"></xss>`,
  `{{constructor.constructor('${RUN}')()}}`,
  `\${${RUN}}`,
  `<template><script>${RUN}</script></template>`,
  `<input onfocus="${RUN}" autofocus>`,
  `<video><source onerror="${RUN}"></video>`,
  `<a id=${FLAG}>clobbered</a><a id=${FLAG} name=x>twice</a>`,
  `<base href="javascript:${RUN}//">`,
  `<meta http-equiv="refresh" content="0;url=javascript:${RUN}">`,
]

/** Formulas that would reach further than a formula should, or never end. */
export const FORMULAS = ({ server }: Canary): readonly string[] => [
  `$\\href{javascript:${RUN}}{x}$`,
  `$\\url{javascript:${RUN}}$`,
  `$\\includegraphics{${server}/tex.png}$`,
  `$\\htmlData{x=<img src=x onerror=${RUN}>}{x}$`,
  `$\\htmlStyle{background:url(${server}/tex.css)}{x}$`,
  '$$\\def\\a{\\a\\a}\\a$$',
  '$$\\def\\b#1{#1#1#1#1}\\b{\\b{\\b{\\b{\\b{\\b{\\b{\\b{\\b{\\b{x}}}}}}}}}}$$',
  '$\\rule{1000000em}{1000000em}$',
  `$${'{'.repeat(3000)}x${'}'.repeat(3000)}$`,
  `$${'\\frac{1}{'.repeat(400)}x${'}'.repeat(400)}$`,
]

/** Everything that makes a page ask a server for something. */
export const REMOTE = ({ server }: Canary): readonly string[] => [
  `![x](${server}/a.png)`,
  `![x](//${server.replace(/^https?:\/\//, '')}/b.png)`,
  `<img src="${server}/c.png" srcset="${server}/c2.png 2x">`,
  `<picture><source srcset="${server}/d.png"><img></picture>`,
  `<div style="background-image:url(${server}/e.png)">x</div>`,
  `<style>@import "${server}/f.css";</style>`,
  `<link rel="stylesheet" href="${server}/g.css"><link rel="prefetch" href="${server}/g2">`,
  `<iframe src="${server}/h"></iframe><embed src="${server}/h2"><object data="${server}/h3"></object>`,
  `<video poster="${server}/i.png" src="${server}/i.mp4" autoplay></video><audio src="${server}/i.mp3"></audio>`,
  `<svg><image href="${server}/j.svg"/><use href="${server}/j.svg#x"/><feImage href="${server}/j2"/></svg>`,
  `<body background="${server}/k.png"><table background="${server}/k2.png"><tr><td>x</td></tr></table>`,
  `<a href="x" ping="${server}/l">x</a>`,
  `<script src="${server}/m.js"></script>`,
  `<input type="image" src="${server}/n.png">`,
  `<meta http-equiv="refresh" content="0;url=${server}/o">`,
]

/** Letters that are not what they seem, or are not seen. */
export const DECEITS: readonly string[] = [
  '\u202eevil\u202c tfel ot thgir',
  '\u2066\u2067\u202a\u202b\u202d'.repeat(50),
  'a\u200bb\u200cc\u200dd\u2060e\ufeff',
  '\u0000\u0001\u001b[31mred\u001b]0;title\u0007',
  `Z${'\u0301\u0302\u0303\u0316\u0317'.repeat(400)}`,
  'Diptych\u00a0\u2028line\u2029paragraph\r\nreturn',
  '\ud800lone\udc00',
  '𓃒'.repeat(2000),
  '\t\t\t\n\n\n   ',
  '\u115f\u3164\uffa0',
]

/** Ways out of a folder. */
export const PATHS = ({ outside, server }: Canary): readonly string[] => [
  `${outside}/canary.csv`,
  `${outside}`,
  '../outside/canary.csv',
  './../outside/../outside/canary.jsonl',
  'link/canary.csv',
  'link',
  'link-to-file.csv',
  '/dev/zero',
  '/dev/stdin',
  '/proc/self/environ',
  '/etc/passwd',
  `file://${outside}/canary.csv`,
  `${server}/canary.parquet`,
  `s3://bucket/canary.parquet`,
  '\\\\server\\share\\canary.csv',
  '~/canary.csv',
  'a\u0000/../../outside/canary.csv',
  '{000000..999999999}.tar',
  '{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}',
  'x/'.repeat(4000),
  '',
  '.',
  '/',
]

/** SQL that would read, write, load or leave. */
export const QUERIES = ({ outside, server }: Canary): readonly string[] => [
  `caption[1] = read_text('${outside}/canary.csv')`,
  `(SELECT content FROM read_text('${outside}/canary.csv')) IS NOT NULL`,
  `EXISTS (SELECT * FROM '${outside}/canary.csv')`,
  `EXISTS (FROM read_csv('${outside}/canary.csv'))`,
  `len(glob('${outside}/*')) > 0`,
  `true; COPY (SELECT 1) TO '${outside}/written.csv'`,
  `true) UNION ALL (SELECT true FROM read_blob('${outside}/canary.csv')`,
  `true; ATTACH '${outside}/written.db'`,
  `true; INSTALL httpfs; LOAD httpfs`,
  `EXISTS (FROM read_parquet('${server}/canary.parquet'))`,
  `getenv('PATH') <> ''`,
  `current_setting('temp_directory') <> ''`,
  `EXISTS (FROM duckdb_settings())`,
  `true -- \n; PRAGMA database_list`,
  `query('SELECT 1') IS NULL`,
  `nextval('x') > 0`,
  `list_sum(range(9000000000)) > 0; SELECT 1`,
]
