/** The commands of the chat, `/help` and the like. A shortened name works where it can mean one thing only. */

import { SECOND_MS } from '../base/time.ts'
import { CHANNEL, GROUP, INVITE, MEMBER } from './channel-text.ts'
import type { Chat } from './chat.ts'
import { CHAT } from './chat-text.ts'
import { safetyNumberLines, trustedText, verifiedText } from './conversation-text.ts'
import { displayText, own, type SafeText } from './display-text.ts'
import type {
  AdmitForm,
  ChannelForm,
  GroupChangeForm,
  GroupForm,
  IdentityForm,
  InviteForm,
  InviteRecordForm,
  JoinForm,
  LineForm,
  MemberForm,
  PeerForm,
  RecordForm,
  RemoveForm,
  SearchForm,
  SeenForm,
  StatusForm,
  TrustForm,
  VerifyForm
} from './forms.ts'
import { interrupt } from './interrupts.ts'
import { addressOf, channelText, placeIn } from './lines.ts'
import {
  channelLines,
  groupLines,
  inviteLines,
  keyLines,
  memberLines,
  peerLines,
  recordLines,
  searchLines,
  seenLines,
  statusLines
} from './lists.ts'
import { nearest } from './nearest.ts'
import type { Session } from './session.ts'

/** How long a line typed may wait for what the key manager makes of the one before it. */
const GROUP_MS = 3 * SECOND_MS

interface ChatCommand {
  /** What must follow the name. */
  readonly needs?: SafeText
  /** Whether it is about the channel or conversation typed into. */
  readonly isInPlace?: true
  /** Whether it is about the channel typed into, and nothing for a conversation. */
  readonly isInChannel?: true
  /** It may take seconds, and what is typed next does not depend on it. */
  readonly isSlow?: true
  run(rest: string): Promise<void>
}

export class ChatCommands {
  readonly names: readonly string[]
  readonly #chat: Chat
  readonly #commands: ReadonlyMap<string, ChatCommand>

  constructor(chat: Chat) {
    this.#chat = chat
    const who: ChatCommand = { isInPlace: true, run: () => this.#who() }
    this.#commands = new Map<string, ChatCommand>([
      ['help', { run: (rest) => this.#help(rest) }],
      ['quit', { run: async () => interrupt() }],
      ['me', { needs: own`/me TEXT`, isInPlace: true, run: (rest) => chat.sendText(rest, { isAction: true }) }],
      ['to', { needs: own`/to GROUP TEXT`, isInChannel: true, run: (rest) => this.#to(rest) }],
      ['reply', { needs: own`/reply MESSAGE TEXT`, isInPlace: true, run: (rest) => this.#reply(rest) }],
      ['edit', { needs: own`/edit MESSAGE TEXT`, isInPlace: true, run: (rest) => this.#edit(rest) }],
      ['delete', { needs: own`/delete MESSAGE`, isInPlace: true, run: (rest) => this.#delete(rest) }],
      ['react', { needs: own`/react MESSAGE EMOJI`, isInPlace: true, run: (rest) => this.#react(rest) }],
      ['seen', { isInPlace: true, run: (rest) => this.#seen(rest) }],
      ['search', { needs: own`/search TEXT`, isInPlace: true, isSlow: true, run: (rest) => this.#search(rest) }],
      ['plain', { needs: own`/plain TEXT`, isInChannel: true, run: (rest) => this.#plain(rest) }],
      ['dm', { needs: own`/dm USER [TEXT]`, run: (rest) => this.#dm(rest) }],
      ['verify', { needs: own`/verify USER [DIGITS]`, run: (rest) => this.#verify(rest) }],
      ['trust', { needs: own`/trust USER`, run: (rest) => this.#trust(rest) }],
      ['join', { needs: own`/join INVITE or /join #NAME`, run: (rest) => this.#join(rest) }],
      ['leave', { isInChannel: true, run: () => this.#leave() }],
      ['channels', { run: () => this.#channels() }],
      ['who', who],
      ['members', who],
      ['whois', { needs: own`/whois USER`, isInChannel: true, isSlow: true, run: (rest) => this.#whois(rest) }],
      ['invite', { isInChannel: true, run: (rest) => this.#invite(rest) }],
      ['group', { isInChannel: true, run: (rest) => this.#group(rest) }],
      ['keys', { isInChannel: true, run: () => this.#keys() }],
      [
        'status',
        { run: async () => this.#say(statusLines(await this.#call<StatusForm>('status'), chat.output.isColour)) }
      ],
      ['peers', { run: async () => this.#say(peerLines((await this.#call<{ peers: PeerForm[] }>('peers')).peers)) }],
      ['nick', { needs: own`/nick NAME`, run: (rest) => this.#nick(rest) }],
      ['admit', { needs: own`/admit USER`, isInChannel: true, run: (rest) => this.#admit(rest) }],
      ['remove', { needs: own`/remove USER`, isInChannel: true, isSlow: true, run: (rest) => this.#remove(rest) }],
      ['rekey', { isInChannel: true, isSlow: true, run: (rest) => this.#rekey(rest) }]
    ])
    this.names = [...this.#commands.keys()]
  }

  /**
   * Obeys a line.
   *
   * @param typed - without the slash.
   * @returns what it still does, when the lines after it need not wait for that.
   */
  async run(typed: string): Promise<{ readonly aside: Promise<void> } | undefined> {
    const [word = ''] = typed.split(/\s/, 1)
    const rest = typed.slice(word.length).trim()
    const command = this.#find(word.toLowerCase())
    if (command === undefined) return undefined
    if (command.needs !== undefined && rest === '') return void this.#chat.say(CHAT.needs(command.needs))
    const { isInChannel = false, isInPlace = false } = command
    const { current } = this.#chat
    if ((isInChannel || isInPlace) && current === undefined) return void this.#chat.say(CHAT.noChannel)
    if (isInChannel && current?.conversation !== undefined) return void this.#chat.say(CHAT.notInConversation)
    if (command.isSlow === true) return { aside: command.run(rest) }
    return void (await command.run(rest))
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

  #call<T>(...args: Parameters<Session['call']>): Promise<T> {
    return this.#chat.served.session.call<T>(...args)
  }

  #say(lines: readonly SafeText[]): void {
    for (const line of lines) this.#chat.say(line)
  }

  get #channel(): string {
    const { current } = this.#chat
    return current === undefined ? '' : addressOf(current)
  }

  async #help(rest: string): Promise<void> {
    const lines = rest === '' ? CHAT.help : CHAT.helpOn(rest.replace(/^\//, '').toLowerCase())
    this.#say(lines.length > 0 ? lines : CHAT.help)
  }

  async #to(rest: string): Promise<void> {
    const [group = '', text = ''] = firstAndRest(rest)
    if (group === '' || text === '') return this.#chat.say(CHAT.needs(own`/to GROUP TEXT`))
    await this.#chat.sendText(text, { group })
  }

  async #reply(rest: string): Promise<void> {
    const [message, text] = firstAndRest(rest)
    if (text === '') return this.#chat.say(CHAT.needs(own`/reply MESSAGE TEXT`))
    await this.#chat.sendText(text, { reply: message })
  }

  async #edit(rest: string): Promise<void> {
    const [message, text] = firstAndRest(rest)
    if (text === '') return this.#chat.say(CHAT.needs(own`/edit MESSAGE TEXT`))
    await this.#chat.change('edit', { message, text })
  }

  async #delete(rest: string): Promise<void> {
    const [message, more] = firstAndRest(rest)
    if (more !== '') return this.#chat.say(CHAT.needs(own`/delete MESSAGE`))
    await this.#chat.change('delete', { message })
  }

  async #react(rest: string): Promise<void> {
    const [message = '', emoji = '', verb = '', ...more] = words(rest)
    if (emoji === '' || (verb !== '' && verb !== 'back') || more.length > 0) return this.#usage('react')
    await this.#chat.change('react', { message, emoji, withdraw: verb === 'back' })
  }

  async #seen(rest: string): Promise<void> {
    const [message = '^', ...more] = words(rest)
    if (more.length > 0) return this.#usage('seen')
    this.#say(seenLines(await this.#call<SeenForm>('seen', { channel: this.#channel, message })))
  }

  /** In the channel typed into, as far as it is here. */
  async #search(rest: string): Promise<void> {
    const form = await this.#call<SearchForm>('search', { text: rest, channel: this.#channel })
    this.#say(searchLines(form, this.#chat.style(this.#chat.current?.id ?? '')))
  }

  async #plain(rest: string): Promise<void> {
    if (this.#chat.current?.privacy === 'encrypted') return this.#chat.say(CHAT.noPlain)
    await this.#chat.sendText(rest, { isPlain: true })
  }

  async #join(rest: string): Promise<void> {
    if (/^CONCLAVE1/i.test(rest)) {
      const { channel } = await this.#call<JoinForm>('join', { invite: rest, timeout: 0 })
      await this.#chat.turnTo(channel.id)
    } else await this.#chat.turnTo(rest)
    this.#sayWhere()
  }

  #sayWhere(): void {
    const { current } = this.#chat
    if (current === undefined) return
    const name = channelText(placeIn(current))
    this.#chat.say(current.conversation === undefined ? CHAT.now(name) : CHAT.nowWith(name))
  }

  /** Says something to one user, or turns to the conversation with it. */
  async #dm(rest: string): Promise<void> {
    const [user, text] = firstAndRest(rest)
    const to = user.startsWith('@') ? user : `@${user}`
    if (text !== '') return await this.#chat.sendText(text, { to })
    await this.#chat.turnTo(to)
    this.#sayWhere()
  }

  async #verify(rest: string): Promise<void> {
    const [user, code] = firstAndRest(rest)
    const form = await this.#call<VerifyForm>('verify', { user, ...(code !== '' && { code }) })
    this.#say(code === '' ? [...safetyNumberLines(form, false), CHAT.compare] : [verifiedText(form)])
  }

  async #trust(rest: string): Promise<void> {
    this.#chat.say(trustedText(await this.#call<TrustForm>('trust', { user: nameIn(rest) })))
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

  async #whois(rest: string): Promise<void> {
    this.#say(recordLines(await this.#call<RecordForm>('whois', { channel: this.#channel, user: nameIn(rest) })))
  }

  async #invite(rest: string): Promise<void> {
    const [verb = '', named = ''] = words(rest)
    if (verb === 'list') {
      const { invites } = await this.#call<{ invites: InviteRecordForm[] }>('invite.list', { channel: this.#channel })
      return this.#say(inviteLines(invites))
    }
    if (verb === 'revoke' && named !== '') {
      const params = { channel: this.#channel, invite: named }
      const { token } = await this.#call<InviteRecordForm>('invite.revoke', params)
      return this.#chat.say(INVITE.revoked(displayText(token.slice(0, 8))))
    }
    if (verb !== '' && verb !== 'once') return this.#usage('invite')
    const form = await this.#call<InviteForm>('invite', { channel: this.#channel, once: verb === 'once' })
    this.#say([
      CHANNEL.invite(displayText(form.channelName, { columns: 40, lines: 1 }), undefined),
      displayText(form.invite)
    ])
  }

  async #group(rest: string): Promise<void> {
    const [verb = 'list', named, ...users] = words(rest)
    const place = { channel: this.#channel, timeout: GROUP_MS }
    if (verb === 'list') {
      const { groups } = await this.#call<{ groups: GroupForm[] }>('group.list', place)
      return this.#say(groupLines(groups))
    }
    const needsUsers = verb === 'add' || verb === 'remove'
    if (named === undefined || (needsUsers && users.length === 0)) return this.#usage('group')
    if (verb === 'create') return await this.#change('group.create', { ...place, name: named, users })
    if (needsUsers) return await this.#change(`group.${verb}`, { ...place, group: named, users })
    if (verb === 'dissolve') return await this.#change('group.dissolve', { ...place, group: named })
    this.#usage('group')
  }

  /** What is in force is an event, and shown as that. */
  async #change(method: string, params: Record<string, unknown>): Promise<void> {
    const { isApplied } = await this.#call<GroupChangeForm>(method, params)
    if (!isApplied) this.#chat.say(GROUP.told)
  }

  #usage(name: string): void {
    this.#say(CHAT.helpOn(name))
  }

  async #keys(): Promise<void> {
    const { lines } = await this.#call<{ lines: LineForm[] }>('keys', { channel: this.#channel })
    this.#say(keyLines(lines))
  }

  async #nick(rest: string): Promise<void> {
    await this.#call('nick', { nick: rest })
    const { nick } = await this.#call<IdentityForm>('id')
    this.#chat.say(CHAT.nick(displayText(nick, { columns: 40, lines: 1 })))
  }

  async #admit(rest: string): Promise<void> {
    const { users } = await this.#call<AdmitForm>('admit', { channel: this.#channel, users: words(rest) })
    this.#chat.say(MEMBER.admitted(users.length))
  }

  /** What is in force is an event, and shown as that. */
  async #remove(rest: string): Promise<void> {
    const { isApplied } = await this.#call<RemoveForm>('remove', { channel: this.#channel, user: nameIn(rest) })
    if (!isApplied) this.#chat.say(MEMBER.removalTold)
  }

  /** The new epoch is an event, and shown as that. */
  async #rekey(rest: string): Promise<void> {
    const group = rest === '' ? undefined : nameIn(rest)
    await this.#call<LineForm>('rekey', { channel: this.#channel, group })
  }
}

const WORD = /"([^"]*)"|(\S+)/g

/** The words of a line; several in quotes are one. */
export const words = (text: string): string[] => [...text.matchAll(WORD)].map(([, quoted, bare]) => quoted ?? bare!)

/** One name, of several words with or without quotes. */
const nameIn = (text: string): string => {
  const all = words(text)
  return all.length === 1 ? all[0]! : text
}

/** The first word, and what follows it as it was typed. */
export function firstAndRest(text: string): [string, string] {
  const match = /^\s*(?:"([^"]*)"|(\S+))\s*([\s\S]*)$/.exec(text)
  return match === null ? ['', ''] : [match[1] ?? match[2]!, match[3]!]
}
