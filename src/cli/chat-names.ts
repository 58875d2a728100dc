/** What members and groups of the channel typed into are called: for lines, for completion, and to notice who is renamed. */
import { skeleton } from '../core/identity/nick.ts'
import { displayText, type SafeText } from './display-text.ts'
import type { ChannelForm, EventForm, GroupForm, MemberForm } from './forms.ts'
import { addressOf, placeIn } from './lines.ts'
import type { Session } from './session.ts'

type NickForm = Extract<EventForm, { type: 'nick' }>

export class ChatNames {
  #channel = ''
  /** By user id. */
  #nicks = new Map<string, string>()
  /** Shapes of the nicks that more than one member could be taken for. */
  #ambiguous = new Set<string>()
  #groups: readonly string[] = []

  /** Empty when it is not known. */
  readonly nickOf = (user: string): string => this.#nicks.get(user) ?? ''

  readonly isAmbiguous = (nick: string): boolean => this.#ambiguous.has(skeleton(nick))

  /**
   * Looks who is in the channel now.
   *
   * @returns who is called otherwise than at the last look at the same channel.
   */
  async learnNicks(session: Session, form: ChannelForm): Promise<NickForm[]> {
    const { id } = form
    const { members } = await session.call<{ members: MemberForm[] }>('members', { channel: addressOf(form) })
    const before = id === this.#channel ? this.#nicks : new Map<string, string>()
    this.#channel = id
    this.#nicks = new Map(members.map(({ user, nick }) => [user, nick]))
    const shapes = members.map(({ nick }) => skeleton(nick))
    this.#ambiguous = new Set(shapes.filter((shape, i) => shapes.indexOf(shape) !== i))
    return members.flatMap(({ user, nick, fingerprint, isSelf }) => {
      const old = before.get(user) ?? ''
      if (old === '' || old === nick) return []
      const person = { user, nick, fingerprint, isSelf }
      return [{ type: 'nick', ...placeIn(form), user: person, before: old }]
    })
  }

  /** Looks which groups there are. Without their names nothing but their completion is missing. */
  async learnGroups(session: Session, { id }: ChannelForm): Promise<void> {
    const { groups } = await session
      .call<{ groups: GroupForm[] }>('group.list', { channel: id })
      .catch(() => ({ groups: [] }))
    this.#groups = groups.map(({ groupName }) => groupName)
  }

  /** What the last word of a line could become. @param commands - names, without slashes. */
  complete(line: string, commands: readonly string[]): readonly SafeText[] {
    const word = line.slice(line.lastIndexOf(' ') + 1).toLowerCase()
    const names = line.startsWith('/') && !line.includes(' ') ? commands.map((name) => `/${name}`) : this.#named(line)
    return [...new Set(names)]
      .filter((name) => name !== '' && name.toLowerCase().startsWith(word))
      .map((name) => displayText(name, { lines: 1 }))
  }

  #named(line: string): readonly string[] {
    const groups = this.#groups.map((name) => (name.includes(' ') ? `"${name}"` : name))
    if (GROUP_COMES.test(line)) return groups
    if (line === '' || line.endsWith(' ')) return []
    return line.startsWith('/') ? [...this.#nicks.values(), ...groups] : [...this.#nicks.values()]
  }
}

/** Where nothing but a group can follow. */
const GROUP_COMES = /^\/(to|rekey) \S*$|^\/group (add|remove|dissolve) \S*$/
