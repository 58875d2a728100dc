/** `conclave peer`: the chat, and what a first run needs on the way to it. */
import { basename, dirname, resolve } from 'node:path'
import type { Arguments } from '../arguments.ts'
import { chat } from '../chat.ts'
import { displayText, own, type SafeText } from '../display-text.ts'
import type { ChannelForm, IdentityForm, InviteForm, JoinForm } from '../forms.ts'
import { type Served, sayReady, serveHeadless, startServing, warnOfFailure } from '../serve.ts'
import { FIRST_RUN } from '../text.ts'

const INVITE = /^\s*CONCLAVE1/i
const FIRST_CHANNEL = 'lobby'

export async function run(args: Arguments): Promise<number> {
  const { options, operands, output } = args
  if (options.isOn('headless')) return await serveHeadless(args, 'peer')
  const served = await startServing(args, 'peer', true)
  const { channel, isNew } = await enterChannel(served, operands.join(''))
  warnOfFailure(served, args)
  await sayReady(served, args)
  if (isNew && channel !== undefined) await welcome(served, channel, args)
  return await chat(served, channel?.id, output)
}

/** The channel to begin in: the one named, or the first there is, or a new one. */
async function enterChannel(
  { session }: Served,
  named: string
): Promise<{ channel: ChannelForm | undefined; isNew: boolean }> {
  if (INVITE.test(named)) {
    const { channel } = await session.call<JoinForm>('join', { invite: named, timeout: 0 })
    return { channel, isNew: false }
  }
  if (named !== '')
    return { channel: await session.call<ChannelForm>('channel.show', { channel: named }), isNew: false }
  const { channels } = await session.call<{ channels: ChannelForm[] }>('channel.list')
  if (channels.length > 0) return { channel: channels[0], isNew: false }
  const channel = await session.call<ChannelForm>('channel.create', { name: FIRST_CHANNEL, admission: 'open' })
  return { channel, isNew: true }
}

/** The very commands with which somebody else comes in. */
async function welcome({ session }: Served, channel: ChannelForm, { output }: Arguments): Promise<void> {
  const { invite, addresses } = await session.call<InviteForm>('invite', { channel: channel.id })
  const { nick, home } = await session.call<IdentityForm>('id')
  const isOnlyHere = addresses.every((address) => /^\/ip4\/127\.|^\/ip6\/::1\//.test(address))
  const here = commandLine(['--home', `${home}-2`, invite], true)
  const there = commandLine([invite], false)
  const form = { type: 'welcome', channel: channel.id, channelName: channel.name, invite, addresses }
  output.answer({ ...form, secondTerminal: here, otherMachine: there }, () => [
    own``,
    FIRST_RUN.welcome(displayText(nick, { columns: 40, lines: 1 })),
    FIRST_RUN.created(displayText(channel.name)),
    own``,
    FIRST_RUN.secondTerminal,
    own`  ${here}`,
    FIRST_RUN.otherMachine,
    ...(isOnlyHere ? [own`  ${FIRST_RUN.onlyHere}`] : [own`  ${there}`]),
    own``
  ])
}

/** How this program was started, with other words. @param isHere - on this machine, from any folder. */
function commandLine(words: readonly string[], isHere: boolean): SafeText {
  const program = process.argv[1] ?? ''
  const isNpm = process.env['npm_lifecycle_event'] !== undefined
  const folder = resolve(dirname(program), '..')
  const start = isNpm
    ? [...(isHere ? ['npm', '--prefix', folder, 'start'] : ['npm', 'start']), '--']
    : isHere && basename(program) !== 'conclave'
      ? [process.execPath, program, 'peer']
      : ['conclave', 'peer']
  return displayText([...start, ...words].map(quoted).join(' '))
}

const quoted = (word: string): string => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
