#!/usr/bin/env node
// Plain JavaScript that any Node can read: it says what is missing before anything else is loaded.
const NEEDED = [24, 7]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(
    `conclave: this is Node ${process.versions.node}, and Conclave needs Node ${NEEDED.join('.')} or later\n` +
      '  why:  its key exchange (X-Wing) uses the ML-KEM of node:crypto, which older versions do not have\n' +
      '  try:  npm start (in the project, npm brings a fitting Node along), or a newer Node from https://nodejs.org\n'
  )
  process.exitCode = 1
} else {
  process.umask(0o077)
  const { enableCompileCache } = await import('node:module')
  const { existsSync } = await import('node:fs')
  enableCompileCache()
  const places = ['bundle/conclave.mjs', 'conclave.mjs', 'src/cli/main.js']
  const urls = places.map((place) => new URL(`../dist/${place}`, import.meta.url))
  const program = urls.find((url) => existsSync(url))
  if (program === undefined) {
    process.stderr.write(
      'conclave: the program is not built\n' +
        '  why:  the folder dist beside this one is made from the sources, and is not there\n' +
        '  try:  npm run build\n'
    )
    process.exitCode = 1
  } else await (await import(program.href)).start()
}
