/** `conclave verify|trust` */
import type { Arguments } from '../arguments.ts'
import { safetyNumberLines, trustedText, verifiedText } from '../conversation-text.ts'
import { EXIT } from '../exit.ts'
import type { TrustForm, VerifyForm } from '../forms.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { command, operands, options, output } = args
  const code = options.text('code')
  const params = { user: operands[0]!, channel: options.text('channel') }
  const session = await openSession(args, 'store')
  if (command === 'trust') {
    const form = await session.call<TrustForm>('trust', params)
    await session.close()
    output.answer({ ...form }, () => [trustedText(form)])
    return EXIT.ok
  }
  const form = await session.call<VerifyForm>('verify', { ...params, code })
  await session.close()
  output.answer({ ...form }, () => (code === undefined ? safetyNumberLines(form) : [verifiedText(form)]))
  return EXIT.ok
}
