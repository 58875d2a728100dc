/** Groups in a channel: made, filled, emptied, dissolved. A change is told to the channel, and in force when it is seen here. */
import { equalBytes } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import type { ChannelView, GroupView } from '../core/command.ts'
import type { UserId } from '../core/identity/user.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import type { GroupChangeForm, GroupForm } from './forms.ts'
import { ask, groupsOf, namesOf, requireChannel, requireGroup, requireUser, until } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { groupForm, placeOf } from './to-forms.ts'

export async function groups({ node }: Desk, params: Reader): Promise<{ groups: GroupForm[] }> {
  const view = await requireChannel(node, params.text('channel'))
  const names = await namesOf(node, view.id)
  return { groups: (await groupsOf(node, view.id)).map((one) => groupForm(one, placeOf(view), names)) }
}

/** Makes a group, and puts users into it when there are any. */
export async function createGroup({ node }: Desk, params: Reader, caller: ControlCaller): Promise<GroupChangeForm> {
  const view = await requireChannel(node, params.text('channel'))
  const users = await usersGiven(node, view, params)
  const name = params.text('name').normalize('NFC').trim()
  const { group } = await ask(node, { type: 'createGroup', channel: view.id, name }, 'group')
  for (const user of users) {
    // Who makes a group is in it.
    if (!equalBytes(user, node.user))
      await node.command({ type: 'putIntoGroup', channel: view.id, group: group.id, user })
  }
  return await settled(node, view, group, params, caller, (now) => now !== undefined && users.every(isIn(now)))
}

export async function addToGroup({ node }: Desk, params: Reader, caller: ControlCaller): Promise<GroupChangeForm> {
  const view = await requireChannel(node, params.text('channel'))
  const group = await requireGroup(node, view.id, params.text('group'))
  const users = await usersGiven(node, view, params)
  for (const user of users) await node.command({ type: 'putIntoGroup', channel: view.id, group: group.id, user })
  return await settled(node, view, group, params, caller, (now) => now !== undefined && users.every(isIn(now)))
}

export async function removeFromGroup({ node }: Desk, params: Reader, caller: ControlCaller): Promise<GroupChangeForm> {
  const view = await requireChannel(node, params.text('channel'))
  const group = await requireGroup(node, view.id, params.text('group'))
  const users = await usersGiven(node, view, params)
  for (const user of users) await node.command({ type: 'takeOutOfGroup', channel: view.id, group: group.id, user })
  return await settled(node, view, group, params, caller, (now) => now === undefined || !users.some(isIn(now)))
}

export async function dissolveGroup({ node }: Desk, params: Reader, caller: ControlCaller): Promise<GroupChangeForm> {
  const view = await requireChannel(node, params.text('channel'))
  const group = await requireGroup(node, view.id, params.text('group'))
  await node.command({ type: 'dissolveGroup', channel: view.id, group: group.id })
  return await settled(node, view, group, params, caller, (now) => now === undefined)
}

const isIn =
  ({ members }: GroupView) =>
  (user: Uint8Array): boolean =>
    members.some((one) => equalBytes(one, user))

async function usersGiven(node: Node, view: ChannelView, params: Reader): Promise<UserId[]> {
  const users: UserId[] = []
  for (const text of params.texts('users')) users.push(await requireUser(node, view.id, text))
  return users
}

/** Waits until a change is in force, or the time is up. */
async function settled(
  node: Node,
  view: ChannelView,
  before: GroupView,
  params: Reader,
  caller: ControlCaller,
  isSo: (now: GroupView | undefined) => boolean
): Promise<GroupChangeForm> {
  const look = async (): Promise<GroupView | undefined> =>
    (await groupsOf(node, view.id)).find(({ id }) => equalBytes(id, before.id))
  const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
  const isApplied = await until(node, timeoutMs, caller, async () => (isSo(await look()) ? true : undefined))
  const form = groupForm((await look()) ?? before, placeOf(view), await namesOf(node, view.id))
  return { ...form, isApplied: isApplied === true }
}
