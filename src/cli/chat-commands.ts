/** The commands of the chat, `/help` and the like. A shortened name works where it can mean one thing only. */

import { nearest } from './catalogue.ts'
import type { Chat } from './chat.ts'
import { CHAT } from './chat-text.ts'
import { displayText, own, type SafeText } from './display-text.ts'
import type { ChannelForm, IdentityForm, InviteForm, JoinForm, MemberForm, PeerForm, StatusForm } from './forms.ts'
import { interrupt } from './interrupts.ts'
import { channelText } from './lines.ts'
import { channelLines, memberLines, peerLines, statusLines } from './lists.ts'
import type { Session } from './session.ts'
import { CHANNEL, MEMBER } from './text.ts'

interface ChatCommand {
  /** What must follow the name. */
  readonly needs?: SafeText
  /** Whether it is about the channel typed into. */
  readonly isInChannel?: true
  run(rest: string): Promise<void>
}

export class ChatCommands {
  readonly names: readonly string[]
  readonly #chat: Chat
  readonly #commands: ReadonlyMap<string, ChatCommand>

  constructor(chat: Chat) {
    this.#chat = chat
    this.#commands = new Map<string, ChatCommand>([
      ['help', { run: async () => this.#say(CHAT.help) }],
      ['quit', { run: async () => interrupt() }],
      ['me', { needs: own`/me TEXT`, isInChannel: true, run: (rest) => chat.sendText(rest, true) }],
      ['join', { needs: own`/join INVITE or /join #NAME`, run: (rest) => this.#join(rest) }],
      ['leave', { isInChannel: true, run: () => this.#leave() }],
      ['channels', { run: () => this.#channels() }],
      ['who', { isInChannel: true, run: () => this.#who() }],
      ['invite', { isInChannel: true, run: (rest) => this.#invite(rest) }],
      ['keys', { isInChannel: true, run: () => this.#keys() }],
      [
        'status',
        { run: async () => this.#say(statusLines(await this.#call<StatusForm>('status'), chat.output.isColour)) }
      ],
      ['peers', { run: async () => this.#say(peerLines((await this.#call<{ peers: PeerForm[] }>('peers')).peers)) }],
      ['nick', { needs: own`/nick NAME`, run: (rest) => this.#nick(rest) }],
      ['admit', { needs: own`/admit ID`, isInChannel: true, run: (rest) => this.#admit(rest) }],
      ['remove', { needs: own`/remove USER`, isInChannel: true, run: (rest) => this.#remove(rest) }],
      ['rekey', { isInChannel: true, run: () => this.#rekey() }]
    ])
    this.names = [...this.#commands.keys()]
  }

  /** @param typed - without the slash. */
  async run(typed: string): Promise<void> {
    const [word = ''] = typed.split(/\s/, 1)
    const rest = typed.slice(word.length).trim()
    const command = this.#find(word.toLowerCase())
    if (command === undefined) return
    if (command.needs !== undefined && rest === '') return this.#chat.say(CHAT.needs(command.needs))
    if (command.isInChannel === true && this.#chat.current === undefined) return this.#chat.say(CHAT.noChannel)
    await command.run(rest)
  }

  #find(word: string): ChatCommand | undefined {
    const exact = this.#commands.get(word)
    if (exact !== undefined) return exact
    const meant = word === '' ? [] : this.names.filter((name) => name.startsWith(word))
    if (meant.length === 1) return this.#commands.get(meant[0]!)
    const shown = displayText(word, { columns: 30, lines: 1 })
    if (meant.length > 1)
      this.#chat.say(
        CHAT.ambiguousCommand(
          shown,
          meant.map((name) => displayText(name))
        )
      )
    else {
      const near = nearest(word, this.names)
      this.#chat.say(CHAT.unknownCommand(shown, near))
    }
    return undefined
  }

  #call<T>(...call: Parameters<Session['call']>): Promise<T> {
    return this.#chat.served.session.call<T>(...call)
  }

  get #channel(): string {
    return this.#chat.current!.id
  }

  #say(lines: readonly SafeText[]): void {
    for (const line of lines) this.#chat.say(line)
  }

  async #join(rest: string): Promise<void> {
    if (/^CONCLAVE1/i.test(rest)) {
      const { channel } = await this.#call<JoinForm>('join', { invite: rest, timeout: 0 })
      await this.#chat.turnTo(channel.id)
    } else await this.#chat.turnTo(rest)
    const { current } = this.#chat
    if (current !== undefined)
      this.#chat.say(
        CHAT.now(displayText(channelText({ channel: current.id, channelName: current.name }).replace(/^#/, '')))
      )
  }

  async #leave(): Promise<void> {
    const left = await this.#call<{ channel: string; channelName: string }>('channel.leave', { channel: this.#channel })
    this.#chat.say(CHANNEL.left(displayText(left.channelName, { columns: 40, lines: 1 })))
    this.#chat.leaveCurrent()
    const { channels } = await this.#call<{ channels: ChannelForm[] }>('channel.list')
    const next = channels[0]
    if (next !== undefined) await this.#chat.turnTo(next.id)
  }

  async #channels(): Promise<void> {
    const { channels } = await this.#call<{ channels: ChannelForm[] }>('channel.list')
    this.#say(channelLines(channels))
  }

  async #who(): Promise<void> {
    const { members } = await this.#call<{ members: MemberForm[] }>('members', { channel: this.#channel })
    this.#say(memberLines(members))
  }

  async #invite(rest: string): Promise<void> {
    const form = await this.#call<InviteForm>('invite', { channel: this.#channel, once: rest === 'once' })
    this.#say([
      CHANNEL.invite(displayText(form.channelName, { columns: 40, lines: 1 }), undefined),
      displayText(form.invite)
    ])
  }

  async #keys(): Promise<void> {
    const form = await this.#chat.refresh()
    if (form !== undefined) this.#say(CHAT.keys(form))
  }

  async #nick(rest: string): Promise<void> {
    await this.#call('nick', { nick: rest })
    const { nick } = await this.#call<IdentityForm>('id')
    this.#chat.say(CHAT.nick(displayText(nick, { columns: 40, lines: 1 })))
  }

  async #admit(rest: string): Promise<void> {
    await this.#call('admit', { channel: this.#channel, user: rest })
    this.#chat.say(MEMBER.admitted)
  }

  async #remove(rest: string): Promise<void> {
    const { isApplied } = await this.#call<{ isApplied: boolean }>('remove', { channel: this.#channel, user: rest })
    this.#chat.say(isApplied ? MEMBER.removed : MEMBER.removalTold)
  }

  async #rekey(): Promise<void> {
    const { epoch } = await this.#call<ChannelForm>('rekey', { channel: this.#channel })
    this.#chat.say(MEMBER.rekeyed(displayText(epoch)))
  }
}
