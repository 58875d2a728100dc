/** Values of every message of the wire format: drawn by fast-check from the .proto text, and in a form that JSON can hold. */
import fc from 'fast-check'
import { hex, unhex } from '../../src/base/bytes.ts'
import type { Codec } from '../../src/wire/codec.ts'
import * as messages from '../../src/wire/messages.ts'
import { type Plain, readSchema } from './proto.ts'

export const SCHEMA = readSchema('messages.proto')
export const MESSAGES: readonly string[] = [...SCHEMA.messages.keys()]

export function codecOf(message: string): Codec<Plain> {
  const codec = (messages as unknown as Record<string, Codec<Plain> | undefined>)[message]
  if (codec === undefined) throw new Error(`no codec for ${message}`)
  return codec
}

/** Any value of a message. */
export function anyOf(message: string): fc.Arbitrary<Plain> {
  const parts: fc.Arbitrary<Plain>[] = []
  const arms = new Map<string, fc.Arbitrary<Plain>[]>()
  for (const { name, type, isRepeated, oneof } of SCHEMA.messages.get(message)!) {
    const one = anyValueOf(type)
    if (oneof !== undefined) arms.set(oneof, [...(arms.get(oneof) ?? []), one.map((value) => ({ [name]: value }))])
    else if (isRepeated) parts.push(fc.array(one, { maxLength: 3 }).map((list) => ({ [name]: list })))
    else if (SCHEMA.messages.has(type))
      parts.push(fc.option(one).map((value) => (value === null ? {} : { [name]: value })))
    else parts.push(one.map((value) => ({ [name]: value })))
  }
  for (const list of arms.values()) parts.push(fc.oneof(fc.constant({}), ...list))
  return fc.tuple(...parts).map((list) => Object.assign({}, ...list) as Plain)
}

function anyValueOf(type: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 })
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed())
    case 'bool':
      return fc.boolean()
    case 'uint32':
      return fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 127, 128, 2 ** 31, 2 ** 32 - 1))
    case 'uint64':
      return fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 127, 128, 2 ** 32, 2 ** 53 - 1))
    default:
      return SCHEMA.enums.has(type) ? fc.constantFrom(...SCHEMA.enums.get(type)!.values()) : anyOf(type)
  }
}

/** A value without the keys that hold undefined. */
export function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.map(([name, one]) => [name, bare(one)]))
}

/** Bytes as `{ "hex": … }`, everything else as it is. */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: hex(value) }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toJson(one)]))
}

export function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object' || value === null) return value
  const { hex: text, ...rest } = value as Plain
  if (typeof text === 'string' && Object.keys(rest).length === 0) return unhex(text)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fromJson(one)]))
}
