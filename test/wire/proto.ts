/**
 * A second reader of the wire format that shares no code with the first: it knows the .proto text and RFC-less protobuf,
 * nothing else. Slow, strict, and for tests only.
 */
import { readFileSync } from 'node:fs'

export interface Field {
  readonly name: string
  readonly number: number
  /** A scalar, or the name of a message or an enum. */
  readonly type: string
  readonly isRepeated: boolean
  /** The name of its oneof. */
  readonly oneof: string | undefined
}

export interface Schema {
  readonly messages: ReadonlyMap<string, readonly Field[]>
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>
}

/** @param name - a file in src/wire; the specs run from dist/test/wire. */
export function readSchema(name: string): Schema {
  const text = readFileSync(new URL(`../../../src/wire/${name}`, import.meta.url), 'utf8').replace(/\/\/.*$/gm, '')
  const messages = new Map<string, Field[]>()
  const enums = new Map<string, Map<number, string>>()
  let fields: Field[] | undefined
  let values: Map<number, string> | undefined
  let oneof: string | undefined
  for (const line of text.split('\n').map((one) => one.trim())) {
    const opening = /^(message|enum|oneof) (\w+) \{$/.exec(line)
    const field = /^(repeated )?(\w+) (\w+) = (\d+)(?: \[jstype = JS_NUMBER\])?;$/.exec(line)
    const value = /^(\w+) = (\d+);$/.exec(line)
    if (opening?.[1] === 'message') {
      fields = []
      messages.set(opening[2]!, fields)
    } else if (opening?.[1] === 'enum') {
      values = new Map()
      enums.set(opening[2]!, values)
    } else if (opening?.[1] === 'oneof') oneof = opening[2]
    else if (value !== null && values !== undefined) values.set(Number(value[2]), value[1]!)
    else if (field !== null && fields !== undefined) {
      fields.push({
        name: field[3]!,
        number: Number(field[4]),
        type: field[2]!,
        isRepeated: field[1] !== undefined,
        oneof
      })
    } else if (line === '}' && oneof !== undefined) oneof = undefined
    else if (line === '}') fields = values = undefined
    else if (line !== '' && !/^(syntax|import) /.test(line)) throw new Error(`not understood: ${line}`)
  }
  return { messages, enums }
}

/** One field as it stands in the bytes. */
export interface Raw {
  readonly number: number
  readonly wireType: number
  readonly value: bigint | Uint8Array
  /** Tag and value. */
  readonly bytes: Uint8Array
}

/** @throws {Error} on anything that is not protobuf with minimal varints. */
export function readFields(bytes: Uint8Array): Raw[] {
  const fields: Raw[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('cut off')
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte >= 0x80) continue
      if (byte === 0 && i > 0) throw new Error('overlong')
      return value
    }
    throw new Error('endless')
  }
  while (at < bytes.length) {
    const start = at
    const tag = Number(varint())
    const wireType = tag & 7
    let value: bigint | Uint8Array = varint()
    if (wireType === 2) {
      const end = at + Number(value)
      if (end > bytes.length) throw new Error('cut off')
      value = bytes.subarray(at, end)
      at = end
    } else if (wireType !== 0) throw new Error('a wire type that is not used')
    fields.push({ number: tag >>> 3, wireType, value, bytes: bytes.subarray(start, at) })
  }
  return fields
}

export type Plain = { [name: string]: unknown }

const SCALARS: Readonly<Record<string, 0 | 2>> = { uint32: 0, uint64: 0, bool: 0, bytes: 2, string: 2 }

/**
 * Decodes a message by the schema, insisting on the canonical form.
 *
 * @returns numbers as numbers, bytes as bytes, enums by name; defaults filled in, absent messages left out.
 */
export function decodeBy(schema: Schema, message: string, bytes: Uint8Array): Plain {
  const fields = schema.messages.get(message)
  if (fields === undefined) throw new Error(`no message ${message}`)
  const result: Plain = {}
  for (const { name, type, isRepeated, oneof } of fields) {
    if (isRepeated) result[name] = []
    else if (type === 'bytes') result[name] = new Uint8Array(0)
    else if (type === 'string') result[name] = ''
    else if (type === 'bool') result[name] = false
    else if (type === 'uint32' || type === 'uint64') result[name] = 0
    else if (schema.enums.has(type) && oneof === undefined) result[name] = schema.enums.get(type)!.get(0)
  }
  let last = 0
  for (const { number, wireType, value } of readFields(bytes)) {
    const field = fields.find((one) => one.number === number)
    if (field === undefined) throw new Error(`${message} has no field ${number}`)
    if (number < last || (number === last && !field.isRepeated)) throw new Error(`${message}: fields out of order`)
    last = number
    if (wireType !== (SCALARS[field.type] ?? (schema.enums.has(field.type) ? 0 : 2)))
      throw new Error('another wire type')
    const one = readValue(schema, field.type, value)
    if (field.isRepeated) (result[field.name] as unknown[]).push(one)
    else result[field.name] = one
  }
  return result
}

function readValue(schema: Schema, type: string, value: bigint | Uint8Array): unknown {
  if (typeof value === 'bigint') {
    if (type === 'bool') return value === 1n
    const names = schema.enums.get(type)
    if (names === undefined) return Number(value)
    if (!names.has(Number(value))) throw new Error(`${type} has no value ${value}`)
    return names.get(Number(value))
  }
  if (type === 'bytes') return value
  return type === 'string' ? new TextDecoder('utf-8', { fatal: true }).decode(value) : decodeBy(schema, type, value)
}
