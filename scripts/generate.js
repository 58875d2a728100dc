// Generates the codecs of src/wire from their .proto files. `--check` writes nothing and fails on a difference.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

const SOURCES = ['src/wire/messages.proto', 'src/wire/rows.proto']
const isCheck = process.argv.includes('--check')
const folder = mkdtempSync(join(tmpdir(), 'conclave-generate-'))
try {
  for (const source of SOURCES) {
    execFileSync('npx', ['--no-install', 'protons', '--strict', '--output', folder, source], { stdio: 'inherit' })
    const target = source.replace(/\.proto$/, '.ts')
    // The generator brands every array as Uint8Array<ArrayBuffer>, which node's Buffers and subarrays are not.
    const made = readFileSync(join(folder, basename(target)), 'utf8').replaceAll(
      'Uint8Array<ArrayBuffer>',
      'Uint8Array'
    )
    if (!isCheck) writeFileSync(target, made)
    else if (readFileSync(target, 'utf8') !== made) {
      console.error(`${target} is not what ${source} generates. Run: npm run generate`)
      process.exitCode = 1
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
