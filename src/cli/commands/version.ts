/** `conclave version` */
import { readFile } from 'node:fs/promises'
import type { Arguments } from '../arguments.ts'
import { displayText, own } from '../display-text.ts'
import { EXIT } from '../exit.ts'

/** Beside bin, two or three folders up from where this code was put. */
async function ownVersion(): Promise<string> {
  for (const up of ['../../../..', '../../..', '../..', '..']) {
    const text = await readFile(new URL(`${up}/package.json`, import.meta.url), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const { name, version }: { name?: unknown; version?: unknown } = JSON.parse(text)
    if (name === 'conclave' && typeof version === 'string') return version
  }
  return 'unknown'
}

export async function run({ output }: Arguments): Promise<number> {
  const version = await ownVersion()
  const { node, openssl } = process.versions
  output.answer({ version, protocol: 1, node, platform: `${process.platform}-${process.arch}` }, () => [
    own`conclave ${displayText(version)} (protocol 1, Node ${displayText(node)}, OpenSSL ${displayText(openssl ?? '?')})`
  ])
  return EXIT.ok
}
