/** `conclave group list|create|add|remove|dissolve` */
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { GROUP } from '../channel-text.ts'
import type { SafeText } from '../display-text.ts'
import { groupText } from '../event-text.ts'
import { EXIT } from '../exit.ts'
import type { GroupChangeForm, GroupForm } from '../forms.ts'
import { groupLines } from '../lists.ts'
import { callAloud, openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const [channel = '', named = '', ...users] = args.operands
  switch (args.command) {
    case 'group create':
      return change(args, 'group.create', { channel, name: named, users }, GROUP.made)
    case 'group add':
      return change(args, 'group.add', { channel, group: named, users }, GROUP.added)
    case 'group remove':
      return change(args, 'group.remove', { channel, group: named, users }, GROUP.takenOut)
    case 'group dissolve':
      return change(args, 'group.dissolve', { channel, group: named }, GROUP.dissolved)
    default:
      return list(args)
  }
}

async function list(args: Arguments): Promise<number> {
  const session = await openSession(args, 'store')
  const { groups } = await session.call<{ groups: GroupForm[] }>('group.list', { channel: args.operands[0]! })
  await session.close()
  if (args.output.isJson) for (const one of groups) args.output.json({ ...one })
  else for (const line of groupLines(groups)) args.output.line(line)
  return EXIT.ok
}

async function change(
  args: Arguments,
  method: string,
  params: { readonly channel: string; readonly [name: string]: unknown },
  done: (name: SafeText) => SafeText
): Promise<number> {
  const timeout = args.options.duration('timeout', 10 * SECOND_MS)
  const session = await openSession(args, 'network')
  const form = await callAloud<GroupChangeForm>(session, method, { ...params, timeout })
  await session.close()
  args.output.answer({ ...form }, () => [form.isApplied ? done(groupText(form)) : GROUP.told])
  return EXIT.ok
}
