/** The keys of a channel and its groups: which there are, and a fresh one on demand. */
import { EMPTY, equalBytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'
import { SECOND_MS } from '../base/time.ts'
import type { LineView } from '../core/command.ts'
import type { Notice } from '../core/notice.ts'
import type { ControlCaller } from '../node/control.ts'
import type { Node } from '../node/index.ts'
import { KEY } from './channel-text.ts'
import type { LineForm } from './forms.ts'
import { ask, namesOf, requireChannel, requireGroup, until, viewOf } from './lookups.ts'
import type { Desk } from './methods.ts'
import type { Reader } from './parameters.ts'
import { lineForm, officeForm, placeOf } from './to-forms.ts'

const linesOf = async (node: Node, channel: Uint8Array): Promise<readonly LineView[]> =>
  (await ask(node, { type: 'keys', channel }, 'keys')).lines

export async function keys({ node }: Desk, params: Reader): Promise<{ lines: LineForm[] }> {
  const view = await requireChannel(node, params.text('channel'))
  const lines = await linesOf(node, view.id)
  const names = await namesOf(node, view.id, true)
  const office = officeForm(view, names)
  const forms = lines.map((one) => lineForm(one, placeOf(view), names))
  return { lines: forms.map((one) => (one.group === undefined && office ? { ...one, office } : one)) }
}

/**
 * A fresh key now, made here or asked of the key manager; waits until it is in force.
 *
 * @throws {UsageError} `NO_KEY_MANAGER` when there is none, `TIMEOUT` when it did not do it.
 */
export async function rekey({ node }: Desk, params: Reader, caller: ControlCaller): Promise<LineForm> {
  const view = await requireChannel(node, params.text('channel'))
  const text = params.optional('group')
  const group = text === undefined ? EMPTY : (await requireGroup(node, view.id, text)).id
  let isNew = false
  const stop = node.onNotice((notice) => {
    isNew ||= isEpochOf(notice, view.id, group)
  })
  try {
    await node.command({ type: 'rekey', channel: view.id, ...(group.length > 0 && { group }) })
    const timeoutMs = params.duration('timeout', 10 * SECOND_MS)
    await until(node, timeoutMs, caller, async () => (isNew ? true : undefined))
  } finally {
    stop()
  }
  if (!isNew) {
    const isThere = (await viewOf(node, view.id))?.isManagerPresent === true
    throw isThere ? new UsageError('TIMEOUT', KEY.notRenewed) : new UsageError('NO_KEY_MANAGER', KEY.nobodyToAsk)
  }
  const line = (await linesOf(node, view.id)).find((one) => equalBytes(one.group, group))
  if (line === undefined) throw new UsageError('NO_SUCH_GROUP', KEY.groupGone)
  return lineForm(line, placeOf(view), await namesOf(node, view.id, group.length > 0))
}

const isEpochOf = (notice: Notice, channel: Uint8Array, group: Uint8Array): boolean =>
  notice.type === 'epoch' && equalBytes(notice.channel, channel) && equalBytes(notice.group, group)
