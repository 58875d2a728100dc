/** Changes of a channel by its founder: asked for, and told of. */
import { equalBytes } from '../base/bytes.ts'
import type { ChannelChanges } from '../core/command.ts'
import type { Notice } from '../core/notice.ts'
import type { Descriptor } from '../wire/messages.ts'
import { numbersGiven, withoutUndefined } from './channel-methods.ts'
import { ADMISSIONS, type AmendmentForm, AUTHENTICATIONS, PARTITIONS, type PersonForm, TIMINGS } from './forms.ts'
import { ask, formOf, requireChannel, requireUser } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { ADMISSION, AUTHENTICATION, PARTITION, TIMING } from './to-forms.ts'

/** Makes the next version of a channel's descriptor; what is not given stays. */
export async function amendChannel({ node }: Desk, params: Reader): Promise<object> {
  const { id } = await requireChannel(node, params.text('channel'))
  const users = async (name: string): Promise<Uint8Array[]> =>
    Promise.all(params.texts(name).map((text) => requireUser(node, id, text)))
  const words = {
    name: params.optional('name')?.replace(/^#/, ''),
    admission: params.has('admission') ? ADMISSION[params.choice('admission', ADMISSIONS, 'invite')] : undefined,
    authentication: params.has('authentication')
      ? AUTHENTICATION[params.choice('authentication', AUTHENTICATIONS, 'signature')]
      : undefined,
    timing: params.has('timing') ? TIMING[params.choice('timing', TIMINGS, 'local')] : undefined,
    partition: params.has('partition') ? PARTITION[params.choice('partition', PARTITIONS, 'continue')] : undefined
  }
  const changes: ChannelChanges = {
    ...withoutUndefined(words),
    ...numbersGiven(params),
    addManagers: await users('addManager'),
    removeManagers: await users('removeManager'),
    addMemberManagers: await users('addMemberManager'),
    removeMemberManagers: await users('removeMemberManager')
  }
  const { channel } = await ask(node, { type: 'amendChannel', channel: id, changes }, 'channel')
  return formOf(node, channel)
}

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
