// Builds when a source is newer than what was built: a second `npm start` must not take the program away under the first.
import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'

const made = statSync('dist/bundle/conclave.mjs', { throwIfNoEntry: false })?.mtimeMs ?? 0
const sources = readdirSync('src', { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
const paths = [
  ...sources.map((entry) => `${entry.parentPath}/${entry.name}`),
  'package.json',
  'tsconfig.json',
  'scripts/bundle.js'
]
if (paths.some((path) => statSync(path).mtimeMs > made))
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
