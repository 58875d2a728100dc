/**
 * Prints the vectors of test/vectors/wire-v1.json: `node dist/test/wire/make-vectors.js`. The values follow from the .proto
 * text alone. Once version 1 is released the file is frozen, and a difference is a break of the format.
 */
import { hex, u32, utf8 } from '../../src/base/bytes.ts'
import { sha256 } from '../../src/crypto/kdf.ts'
import type { Field, Plain } from './proto.ts'
import { bare, codecOf, MESSAGES, SCHEMA, toJson } from './values.ts'

const LENGTHS: Readonly<Record<string, number>> = {
  author: 32,
  user: 32,
  channel: 32,
  signature: 64,
  hash: 32,
  commitment: 16,
  boot: 16,
  group: 16
}

function bytesOf(seed: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 32)
    bytes.set(sha256(utf8(`wire-v1 ${seed} `), u32(at)).subarray(0, length - at), at)
  return bytes
}

/** The first variant is small and of first arms, the second large and of second ones. */
type Variant = 1 | 2

function one({ name, type }: Field, variant: Variant, index: number, path: string): unknown {
  const isSmall = variant === 1
  switch (type) {
    case 'bytes':
      return bytesOf(`${path}.${variant}.${index}`, LENGTHS[name] ?? (isSmall ? 5 : 200))
    case 'string':
      return isSmall ? 'Zo\u00eb' : '\u65e5\u672c\u8a9e \u2013 \u{1F469}\u200d\u{1F680}'
    case 'bool':
      return true
    case 'uint32':
      return isSmall ? 1 + index : 2 ** 32 - 1 - index
    case 'uint64':
      return isSmall ? 300 + index : 2 ** 53 - 1 - index
    default: {
      const names = [...(SCHEMA.enums.get(type)?.values() ?? [])]
      if (names.length > 0) return isSmall ? names[1] : names.at(-1)
      return messageOf(type, variant, variant - 1, `${path}.${index}`)
    }
  }
}

function messageOf(message: string, variant: Variant, arm: number, path: string): Plain {
  const value: Plain = { ...(bare(codecOf(message).decode(new Uint8Array(0))) as Plain) }
  let arms = 0
  for (const field of SCHEMA.messages.get(message)!) {
    if (field.oneof !== undefined && arms++ !== arm) continue
    const at = `${path}.${field.name}`
    const few = variant === 1 ? [0] : [0, 1]
    value[field.name] = field.isRepeated ? few.map((i) => one(field, variant, i, at)) : one(field, variant, 0, at)
  }
  return value
}

const vectors: Record<string, { value: unknown; hex: string }[]> = {}
for (const message of MESSAGES) {
  const arms = SCHEMA.messages.get(message)!.filter(({ oneof }) => oneof !== undefined).length
  const values = [bare(codecOf(message).decode(new Uint8Array(0))) as Plain]
  for (let arm = 0; arm < Math.max(arms, 1); arm++) values.push(messageOf(message, 1, arm, message))
  values.push(messageOf(message, 2, 0, message))
  vectors[message] = values.map((value) => ({ value: toJson(value), hex: hex(codecOf(message).encode(value)) }))
}
process.stdout.write(`${JSON.stringify(vectors, undefined, 1)}\n`)
