/** `conclave join` */
import { UsageError } from '../../base/errors.ts'
import { SECOND_MS } from '../../base/time.ts'
import type { Arguments } from '../arguments.ts'
import { CHANNEL } from '../channel-text.ts'
import { displayText } from '../display-text.ts'
import { EXIT } from '../exit.ts'
import type { JoinForm, KeyStateName } from '../forms.ts'
import { openSession } from '../session.ts'
import { KEY_STATES, WAITING } from '../text.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const timeout = options.duration('timeout', 30 * SECOND_MS)
  const session = await openSession(args, 'network')
  session.onNotification((method, { state }) => {
    if (method === 'progress' && !output.isJson) output.note(WAITING.progress(state as KeyStateName))
  })
  const { isReady, channel } = await session.call<JoinForm>('join', { invite: operands.join(''), timeout })
  await session.close()
  if (!isReady) {
    const why = KEY_STATES[channel.key]
    if (channel.key === 'alarmed') throw new UsageError('ALARMED', WAITING.joinAlarm(why))
    if (channel.key === 'removed') throw new UsageError('REMOVED', WAITING.joinAlarm(why))
    throw new UsageError('TIMEOUT', WAITING.joinTimeout(why))
  }
  output.answer({ ...channel }, () => {
    const name = displayText(channel.name, { columns: 40, lines: 1 })
    return [channel.privacy === 'plain' ? CHANNEL.joinedPlain(name) : CHANNEL.joined(name, displayText(channel.epoch))]
  })
  return EXIT.ok
}
