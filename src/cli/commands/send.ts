/** `conclave send|dm|edit|delete|react` */
import { readUtf8 } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import type { Params } from '../../node/control.ts'
import { TEXT_BYTES } from '../../wire/limits.ts'
import type { Arguments } from '../arguments.ts'
import { CONVERSATION, whyUnsent } from '../conversation-text.ts'
import { displayText, type SafeText } from '../display-text.ts'
import { shortId } from '../event-text.ts'
import { EXIT } from '../exit.ts'
import type { SendForm } from '../forms.ts'
import { SEND_MS } from '../parameters.ts'
import { openSession } from '../session.ts'
import { KEY_STATES, MESSAGE, READ, WAITING } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, output } = args
  const wait = options.choice('wait', ['sent', 'seen', 'none'], 'sent')
  const timeout = options.duration('timeout', SEND_MS[wait])
  const params = await paramsOf(args)
  const session = await openSession(args, 'network')
  const form = await session.call<SendForm>(args.command, { ...params, wait, timeout })
  await session.close()
  if (wait !== 'none' && form.state === 'waiting') throw notSent(form)
  if (wait === 'seen' && form.state !== 'seen') throw new UsageError('NOT_SEEN', notSeen(form))
  output.answer({ ...form }, () => told(form, wait))
  return EXIT.ok
}

/** What each command says. */
async function paramsOf({ command, operands, options }: Arguments): Promise<Params> {
  const [channel = '', second = '', third = ''] = operands
  switch (command) {
    case 'edit':
      return { channel, message: second, text: await textOf(third) }
    case 'delete':
      return { channel, message: second }
    case 'react':
      return { channel, message: second, emoji: third, withdraw: options.isOn('withdraw') }
    case 'dm':
      return {
        user: channel,
        channel: options.text('channel'),
        text: await textOf(second),
        reply: options.text('reply')
      }
    default: {
      const place = { group: options.text('group'), reply: options.text('reply'), plain: options.isOn('plain') }
      return { channel, text: await textOf(second), ...place }
    }
  }
}

async function textOf(operand: string): Promise<string> {
  const text = operand === '-' ? await standardInput() : operand
  if (displayText(text).trim() === '') throw new UsageError('BAD_MESSAGE', WAITING.noText)
  if (Buffer.byteLength(text) > TEXT_BYTES) throw new UsageError('BAD_MESSAGE', WAITING.longText)
  return text
}

function told({ kind, about, state, seenBy = 0, of = 0 }: SendForm, wait: string): readonly SafeText[] {
  const asked = kind === 'deletion' && about !== undefined ? [MESSAGE.deleteAsked(shortId(about.id))] : []
  return wait === 'seen' && state === 'seen' ? [...asked, READ.seen(seenBy, of)] : asked
}

function notSeen(form: SendForm): string {
  const { id = '', online, with: other, channelName } = form
  if (other === undefined) return WAITING.notSeen(shortId(id), online - 1)
  return CONVERSATION.notSeen(displayText(channelName, { columns: 40, lines: 1 }), online > 1)
}

/** Why a message waits, as an error. The message itself is kept. */
function notSent(form: SendForm): UsageError {
  const { key: state } = form
  const why = KEY_STATES[state]
  const kept = { isKept: true }
  if (form.isUnanswered === true)
    return Object.assign(new UsageError('NOT_ANSWERED', CONVERSATION.notAnswered(whyUnsent(form))), kept)
  if (form.with !== undefined)
    return Object.assign(new UsageError('NO_PEERS', CONVERSATION.notTaken(whyUnsent(form))), kept)
  switch (state) {
    case 'asking':
    case 'refused-or-silent':
    case 'expired':
    case 'fenced':
      return Object.assign(new UsageError('NO_KEY_MANAGER', WAITING.sendTimeout(why)), kept)
    case 'removed':
      return Object.assign(new UsageError('REMOVED', WAITING.sendTimeout(why)), kept)
    case 'removal-pending':
      return Object.assign(new UsageError('REMOVAL_PENDING', WAITING.sendTimeout(why)), kept)
    case 'alarmed':
      return Object.assign(new UsageError('ALARMED', WAITING.sendTimeout(why)), kept)
    case 'waiting-for-carrier':
    case 'looking-for-channel':
      return Object.assign(new UsageError('NO_PEERS', WAITING.noCarrier(why)), kept)
    case 'ready':
      return Object.assign(new UsageError('NO_PEERS', WAITING.noCarrier(KEY_STATES['waiting-for-carrier'])), kept)
    default:
      return state satisfies never
  }
}

/** What was piped in, without the newline at its end. */
async function standardInput(): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of process.stdin) {
    parts.push(part)
    bytes += part.length
    if (bytes > TEXT_BYTES + 1) throw new UsageError('BAD_MESSAGE', WAITING.longText)
  }
  const text = readUtf8(Buffer.concat(parts))
  if (text === undefined) throw new UsageError('BAD_MESSAGE', WAITING.notUtf8)
  return text.replace(/\r?\n$/, '')
}
