// Bundles the command line into dist/bundle: a start then loads a handful of files instead of a thousand.
// Packages with native parts stay outside: they load their prebuilt binary from their own folder.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

const outdir = 'dist/bundle'
await rm(outdir, { recursive: true, force: true })
await build({
  entryPoints: { conclave: 'src/cli/main.ts', 'live-child': 'src/sim/live-child.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  outExtension: { '.js': '.mjs' },
  external: ['sodium-native', 'classic-level'],
  banner: {
    js: "import { createRequire as conclaveRequire } from 'node:module'; const require = conclaveRequire(import.meta.url);"
  },
  legalComments: 'none',
  logLevel: 'warning'
})
