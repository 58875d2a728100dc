/** Changes of a channel by its founder: asked for, and told of. */
import { equalBytes } from '../base/bytes.ts'
import type { Notice } from '../core/notice.ts'
import type { Descriptor } from '../wire/messages.ts'
import type { AmendmentForm, PersonForm } from './forms.ts'

/** Fields of a descriptor that are told as they are; who manages the key is told by name. */
const TOLD = [
  'name',
  'quorum',
  'memberManagers',
  'admission',
  'authentication',
  'partition',
  'fenceSeconds',
  'timing',
  'keyLifetimeSeconds',
  'stepSeconds',
  'idleSeconds',
  'graceSeconds',
  'retentionSeconds',
  'maxMembers',
  'withoutTriggers',
  'recoveryKeys'
] as const satisfies readonly (keyof Descriptor)[]

/** What is otherwise than in the version that was in force here. */
export function amendmentOf(
  { descriptor, before }: Extract<Notice, { type: 'descriptor' }>,
  person: (user: Uint8Array) => PersonForm
): AmendmentForm {
  const without = (some: readonly Uint8Array[], others: readonly Uint8Array[]): PersonForm[] =>
    some.filter((one) => !others.some((other) => equalBytes(one, other))).map(person)
  return {
    version: descriptor.version,
    managers: descriptor.managers.map(person),
    added: without(descriptor.managers, before.managers),
    removed: without(before.managers, descriptor.managers),
    changed: TOLD.filter((field) => String(descriptor[field]) !== String(before[field]))
  }
}
