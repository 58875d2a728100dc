/** Who is in a channel: look, let in, take out. */
import { equalBytes } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import type { Notice } from '../core/notice.ts'
import type { ControlCaller } from '../node/control.ts'
import { channelIdText } from '../wire/names.ts'
import { formOf, membersOf, requireChannel, requireUser, until, viewOf } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { memberForm, userText } from './to-forms.ts'

export async function members({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const all = await membersOf(node, view.id)
  return { channel: channelIdText(view.id), channelName: view.name, members: all.map(memberForm) }
}

export async function admit({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const user = await requireUser(node, view.id, params.text('user'))
  await node.command({ type: 'admit', channel: view.id, user })
  return { channel: channelIdText(view.id), channelName: view.name, user: userText(user) }
}

export async function remove({ node }: Desk, params: Reader, caller: ControlCaller): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  const user = await requireUser(node, view.id, params.text('user'))
  let isApplied = false
  const stop = node.onNotice((notice) => {
    isApplied ||= isRemovalOf(notice, view.id, user)
  })
  try {
    await node.command({ type: 'remove', channel: view.id, user, isForCause: false })
    const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
    await until(node, timeoutMs, caller, async () => (isApplied ? true : undefined))
  } finally {
    stop()
  }
  return { channel: channelIdText(view.id), channelName: view.name, user: userText(user), isApplied }
}

const isRemovalOf = (notice: Notice, channel: Uint8Array, user: Uint8Array): boolean =>
  notice.type === 'roster' &&
  notice.change !== 'admitted' &&
  equalBytes(notice.channel, channel) &&
  equalBytes(notice.user, user)

export async function rekey({ node }: Desk, params: Reader): Promise<object> {
  const view = await requireChannel(node, params.text('channel'))
  await node.command({ type: 'rekey', channel: view.id })
  return formOf(node, (await viewOf(node, view.id)) ?? view)
}
