// Adds to package-lock.json the platform packages of the linter that a registry mirror may lack. Without an entry for each of
// them `npm ci` refuses the whole file, on every platform. Run it after `npm install` where that happened.
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const { optionalDependencies } = lock.packages['node_modules/@biomejs/biome']
const { license, engines } = lock.packages['node_modules/@biomejs/cli-linux-x64']
for (const [name, version] of Object.entries(optionalDependencies)) {
  const [os, cpu, libc = 'glibc'] = name.replace('@biomejs/cli-', '').split('-')
  const platform = { cpu: [cpu], os: [os], ...(os === 'linux' ? { libc: [libc] } : {}) }
  lock.packages[`node_modules/${name}`] ??= { version, dev: true, license, optional: true, ...platform, engines }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
