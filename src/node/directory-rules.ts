/**
 * What may stand in the directory: its keys, and which value of a key is valid and which is preferred.
 *
 * A value that breaks no rule has raised its floor, durably, before anybody is told that it passed. The rules read no
 * network and throw for no stranger's bytes, so the same ones judge what is put, what is found and what we publish.
 */
import { equalBytes, hex, joinBytes, utf8 } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { atMillis } from '../base/time.ts'
import { readCharter } from '../core/channel/descriptor.ts'
import { readUserRecord } from '../core/identity/user-record.ts'
import { Refusal } from '../core/reject.ts'
import { DIRECTORY_VALUE_BYTES, HASH_BYTES } from '../wire/limits.ts'
import { type Floors, isPreferred, type Standing, type Version } from './floors.ts'

/** What a record is about. */
export type RecordKind = 'user' | 'channel'

const KEY_PREFIXES: readonly (readonly [RecordKind, Uint8Array])[] = [
  ['user', utf8('/conclave/user/')],
  ['channel', utf8('/conclave/channel/')]
]

/**
 * The directory's key: prefix and 32 raw bytes.
 *
 * @throws {UsageError} `BAD_LENGTH` when the id is not 32 bytes.
 */
export function directoryKey(kind: RecordKind, id: Uint8Array): Uint8Array {
  if (id.length !== HASH_BYTES) throw new UsageError('BAD_LENGTH', 'a directory id is 32 bytes')
  return joinBytes(KEY_PREFIXES.find(([name]) => name === kind)![1], id)
}

/** What a key names, or undefined when it is not a key of the directory. */
export function readDirectoryKey(key: Uint8Array): { kind: RecordKind; id: Uint8Array } | undefined {
  for (const [kind, prefix] of KEY_PREFIXES) {
    if (key.length === prefix.length + HASH_BYTES && equalBytes(key.subarray(0, prefix.length), prefix)) {
      return { kind, id: key.slice(prefix.length) }
    }
  }
  return undefined
}

/** The version of a valid, unexpired value of this id, or undefined. Does not throw for a stranger's bytes. */
export type CheckRecord = (id: Uint8Array, bytes: Uint8Array) => Version | undefined

/** How values of both kinds are read, and what is the newest known of each key. */
export interface DirectoryRules {
  readonly floors: Floors
  readonly checkUser: CheckRecord
  readonly checkChannel: CheckRecord
}

/** The rules of a node: user records and channel charters, judged by the wall clock. */
export function directoryRules(floors: Floors): DirectoryRules {
  return {
    floors,
    checkUser(id, bytes) {
      const record = readUserRecord(bytes, atMillis(Date.now()))
      if (!('user' in record) || hex(record.user) !== hex(id)) return undefined
      return { seq: record.seq, hash: record.hash }
    },
    checkChannel(id, bytes) {
      const charter = readCharter(id, bytes)
      return charter instanceof Refusal ? undefined : { seq: charter.ref.version, hash: charter.ref.hash }
    }
  }
}

/** The number of the first rule that a value breaks; a value that breaks none has raised its floor, durably. */
export async function brokenRule(
  rules: DirectoryRules,
  key: Uint8Array,
  value: Uint8Array
): Promise<number | undefined> {
  if (readDirectoryKey(key) === undefined) return 131
  if (value.length > DIRECTORY_VALUE_BYTES) return 132
  const version = versionOf(rules, key, value)
  if (version === undefined) return 133
  return brokenByStanding(await rules.floors.raise(key, version))
}

/** The number of the rule that a version of this standing breaks, or undefined. */
export function brokenByStanding(standing: Standing): number | undefined {
  switch (standing) {
    case 'newer':
    case 'same':
      return undefined
    case 'jump':
      return 135
    case 'older':
    case 'forked':
    case 'full':
      return 134
    default:
      return standing satisfies never
  }
}

/** The version of a valid value, floors aside. */
export function versionOf(rules: DirectoryRules, key: Uint8Array, value: Uint8Array): Version | undefined {
  const named = readDirectoryKey(key)
  if (named === undefined || value.length > DIRECTORY_VALUE_BYTES) return undefined
  return named.kind === 'user' ? rules.checkUser(named.id, value) : rules.checkChannel(named.id, value)
}

/** The index of the preferred valid value; 0 when none is valid, which only a peer's lie can bring about. */
export function preferredOf(rules: DirectoryRules, key: Uint8Array, values: readonly Uint8Array[]): number {
  let best: { version: Version; index: number } | undefined
  for (const [index, value] of values.entries()) {
    const version = versionOf(rules, key, value)
    if (version === undefined) continue
    if (best === undefined || isPreferred(version, best.version)) best = { version, index }
  }
  return best?.index ?? 0
}
