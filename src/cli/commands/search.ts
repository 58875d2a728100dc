/** `conclave search` */
import { type Arguments, requireInstant } from '../arguments.ts'
import { EXIT } from '../exit.ts'
import type { SearchForm } from '../forms.ts'
import { searchLines } from '../lists.ts'
import { openSession } from '../session.ts'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  const since = options.text('since')
  const params = {
    text: operands.join(' '),
    channel: options.text('channel'),
    from: options.text('from'),
    limit: options.count('limit'),
    ...(since !== undefined && { since: requireInstant(since, '--since', Date.now()) })
  }
  const session = await openSession(args, 'store')
  const form = await session.call<SearchForm>('search', params)
  await session.close()
  if (output.isJson) {
    for (const one of form.messages) output.json({ ...one })
    output.json({ type: 'searched', isMore: form.isMore, channels: form.searched })
  } else {
    const columns = process.stdout.isTTY === true ? process.stdout.columns : undefined
    for (const line of searchLines(form, { isColour: output.isColour, withChannel: true, columns })) output.line(line)
  }
  return EXIT.ok
}
