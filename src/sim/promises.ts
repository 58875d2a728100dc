/** Claims about a story so far, for its `expect` steps and for tests. Each throws a `Violation` when it does not hold. */
import { equalBytes, mapKey } from '../base/bytes.ts'
import { SECOND_MS } from '../base/time.ts'
import { type Cast, type Claim, type Condition, sayText } from './cast.ts'
import type { Pending, SimNode } from './node.ts'
import { knowsRemoval, Rosters, statementsKept } from './rosters.ts'
import { isSettled } from './settled.ts'
import type { Promised } from './story.ts'
import { isTaken, isWanted, keptMessages, type Person, QUORUM_FROM, type Said } from './truth.ts'

/** T_remove. */
const REMOVAL_MS = 15 * SECOND_MS
/** T_elect of seven managers whose proposals collide. */
export const ELECTION_MS = 29 * SECOND_MS

/** Who was heard is written down within this time. */
const NOTED_MS = 3 * SECOND_MS

const check = (isTrue: boolean, story: Cast, claim: string): void => {
  if (!isTrue) story.fail(claim)
}

const hasShown = (person: Person, text: string): boolean => person.shownTexts.has(sayText(text))

/** Who is to be shown something: all members whose peers are up, or those in a group. */
const audience = (story: Cast, group: string | undefined): readonly Person[] =>
  (group === undefined ? story.truth.people : story.inGroup(group)).filter(
    (person) => isWanted(person) && person.node.isUp
  )

/** All members whose peers are up have been shown this. @param group - to which it was said; undefined: the channel. */
export const everyoneReads =
  (text: string, group?: string): Claim =>
  (story) => {
    const blind = audience(story, group).filter((person) => !hasShown(person, text))
    check(blind.length === 0, story, `${blind.map(({ name }) => name).join(', ')} cannot read '${text}'`)
  }

/**
 * What somebody is not shown, though it had the key when it was said, and was not told either that it is missing or cannot be
 * read; undefined when there is nothing. Of whom it had heard nothing before it may know nothing: keys go by, and with them the
 * trace of what was said under them.
 */
function lost({ truth }: Cast): { readonly reader: Person; readonly text: string; readonly by: Person } | undefined {
  const ids = new Map<string, Set<string>>()
  // A crash may come between writing and showing; then its author's disk alone tells under which id it went.
  const own = truth.people.flatMap(({ node }) => keptMessages(node).filter(({ isOwn }) => isOwn))
  for (const view of [...truth.people.flatMap(({ shown }) => shown.map((one) => one.view)), ...own]) {
    const text = view.content.text?.text ?? ''
    ids.set(text, (ids.get(text) ?? new Set()).add(view.id))
  }
  for (const { text, by, at, group, to, pending } of truth.said) {
    if (group.length > 0 || to !== undefined || !isTaken(pending) || !isWanted(by) || by.isRolledBack || by.isByzantine)
      continue
    const isTold = ({ toldGaps }: Person): boolean => [...(ids.get(text) ?? [])].some((id) => toldGaps.has(id))
    const hasHeard = ({ shown, node }: Person): boolean =>
      shown.some(
        (one) =>
          one.at < at && one.view.group.length === 0 && mapKey(one.view.sender) === by.key && !isForgotten(node, one.at)
      )
    const reader = truth.people.find(
      (one) =>
        one !== by &&
        isEntitled(one, at) &&
        hasHeard(one) &&
        !one.shownTexts.has(text) &&
        !isTold(one) &&
        !hasKept(one, text)
    )
    if (reader !== undefined) return { reader, text, by }
  }
  return undefined
}

/** Whether a crash took what was written about something heard at this time. */
const isForgotten = ({ losses }: SimNode, heardAt: number): boolean =>
  losses.some(({ since, at }) => since <= heardAt + NOTED_MS && heardAt <= at)

/** Whether it stands in somebody's history: a crash may come between writing and showing. */
const hasKept = ({ node }: Person, text: string): boolean =>
  keptMessages(node).some(({ content }) => content.text?.text === text)

/** Whether somebody is a member, and was one with a key since before this time. */
const isEntitled = ({ readyAt, isRolledBack, isByzantine, partings, joins, node }: Person, at: number): boolean =>
  (readyAt ?? at) < at && !isRolledBack && !isByzantine && partings.length === 0 && joins.some(isTaken) && node.isUp

/** I-17: what was said to the channel is shown to all who had a key when it was said and are members still, or its loss is told. */
export const nothingIsLost = (): Claim => (story) => {
  const found = lost(story)
  if (found !== undefined) story.fail(`${found.reader.name} is not shown '${found.text}' of ${found.by.name}`, 'I-17')
}

export const hasLostNothing: Condition = (story) => lost(story) === undefined

/** What was said to one alone and has not come to it, where both are up and have the disks that they had. */
const unheard = ({ truth }: Cast): Said | undefined =>
  truth.said.find(({ to, by, pending, text }) => {
    const isThere = (person: Person): boolean => person.node.isUp && !person.isRolledBack
    return to !== undefined && isTaken(pending) && isThere(to) && isThere(by) && !to.shownTexts.has(text)
  })

export const pairsAreHeard: Condition = (story) => unheard(story) === undefined

/** I-17, for what is said to one alone. */
export const everyPairIsHeard = (): Claim => (story) => {
  const said = unheard(story)
  if (said !== undefined)
    story.fail(`${said.to?.name} is not shown what ${said.by.name} said to it: '${said.text}'`, 'I-17')
}

/** Whoever is a member, runs, and has a key that it may use. */
const keyed = (story: Cast): readonly Person[] =>
  story.truth.people.filter((person) => isWanted(person) && story.view(person.name)?.key === 'ready')

/** I-14: all members with a key know of the same statements, whatever way they came here. */
export const everyoneKnows: Condition = (story) => {
  const [first, ...others] = keyed(story).map(({ node }) => statementsKept(node))
  return others.every((known) => known.size === first!.size && known.isSubsetOf(first!))
}

/** I-17: what was said, and read by this one, is read by all members with a key who had one when it was said. */
export const haveReadAs =
  (who: string, text: string): Condition =>
  (story) => {
    const said = story.truth.saidWith(sayText(text))
    if (said === undefined || !hasShown(story.person(who), text)) return true
    return keyed(story).every((person) => (person.readyAt ?? said.at) >= said.at || hasShown(person, text))
  }

export const reads =
  (who: string, text: string): Claim =>
  (story) =>
    check(hasShown(story.person(who), text), story, `${who} cannot read '${text}'`)

/** Was not shown this. That it cannot be derived either is the `Knowledge` checker's to say. */
export const cannotRead =
  (who: string, text: string): Claim =>
  (story) =>
    check(!hasShown(story.person(who), text), story, `${who} can read '${text}'`)

/** Was shown nothing that others said after this text was said. */
export const canReadNothingAfter =
  (who: string, text: string): Claim =>
  (story) => {
    const { said } = story.truth
    const from = said.findIndex((one) => one.text === sayText(text))
    check(from >= 0, story, `'${text}' was said`)
    const person = story.person(who)
    const leaked = said.slice(from + 1).find((one) => one.by !== person && person.shownTexts.has(one.text))
    check(leaked === undefined, story, `${who} can read '${leaked?.text}', said after '${text}'`)
  }

/** All members have one key, one log and one descriptor. */
export const everyoneAgrees = (): Claim => (story) => check(isSettled(story), story, 'members do not agree')

/**
 * Who is in a group without having been put into it, or the other way round, in words: of those whose every command about it
 * was answered, who did not take themselves out, and who stayed in the channel. What a disk forgot that was set back counts
 * for nothing, nor does a group that its maker forgot before anybody heard of it.
 */
function misplaced(story: Cast): string | undefined {
  for (const [group, changes] of story.truth.groups) {
    const isOver = changes.some(({ type, pending }) => type === 'dissolve' && !isRefused(pending))
    if (isOver || story.truth.groupId(group) === undefined) continue
    const members = story.inGroup(group)
    for (const person of story.truth.people) {
      const own = changes.filter(({ who, pending }) => who === person && !isRefused(pending))
      const isMaker = person.name === story.managers[0]
      const isUnclear = own.some(
        ({ by, pending }) => by === person || by.isByzantine || by.isRolledBack || !isTaken(pending)
      )
      const isForgotten = isMaker && person.isRolledBack && members.length === 0
      if (!isWanted(person) || isUnclear || isForgotten) continue
      const isIn = isMaker || own.at(-1)?.type === 'put-in'
      if (members.includes(person) !== isIn) return `${person.name} ${isIn ? 'is not' : 'is'} in the ${group}`
    }
  }
  return undefined
}

export const areGroupsAsTold: Condition = (story) => misplaced(story) === undefined

/** Whoever was put into a group is in it, and nobody else. */
export const groupsAreAsTold = (): Claim => (story) => {
  const found = misplaced(story)
  if (found !== undefined) story.fail(found)
}

/** The same some time from now at the latest: a putting-in may stand on an admit that is still to be told again. */
export const groupsComeAsTold =
  (withinMs = REMOVAL_MS): Promised =>
  (story) => {
    story.until(areGroupsAsTold, withinMs)
    groupsAreAsTold()(story)
  }

/** Whoever was removed and is in somebody's roster still. What only a disk that was set back had is no removal any more. */
function lingering(story: Cast): readonly Person[] {
  const members = audience(story, undefined)
  const { people } = story.truth
  const mayBeForgotten = people.some(({ isRolledBack }) => isRolledBack)
  return people
    .filter(isRemoved)
    .filter(({ node: { user } }) => !mayBeForgotten || people.some(({ node }) => knowsRemoval(node, user)))
    .filter(({ key }) => members.some(({ node }) => Rosters.of(story.truth, node).members().has(key)))
}

export const areRemovalsAdopted: Condition = (story) => lingering(story).length === 0

/** I-18: whoever was removed is in nobody's roster. */
export const nobodyLingers = (): Claim => (story) => {
  const names = lingering(story).map(({ name }) => name)
  if (names.length > 0) story.fail(`${names.join(', ')}, removed, is in a roster still`, 'I-18')
}

/** I-18: whoever was removed is in nobody's roster, T_remove from now at the latest. */
export const removalsAreAdopted =
  (withinMs = REMOVAL_MS): Promised =>
  (story) => {
    story.until(areRemovalsAdopted, withinMs)
    nobodyLingers()(story)
  }

/** Whether a removal of this person was taken that no later wish to join undoes. */
export const isRemoved = ({ joins, partings }: Person): boolean =>
  partings.some(
    (parting) => parting.command.type === 'remove' && isTaken(parting) && joins.every(({ at }) => at <= parting.at)
  )

/**
 * I-16b: some manager says that it leads, T_elect from now at the latest. A world where none ever did has no managers, one
 * where too few have come into the channel to elect one has to wait for them, and where nobody else is there nobody hears it.
 *
 * @param isInOffice - and that it follows no other.
 */
export const somebodyLeads =
  (isInOffice = false): Promised =>
  (story) => {
    if (!story.until(isLed(story, isInOffice), ELECTION_MS)) story.fail('nobody leads', 'I-16b')
  }

/**
 * Whether, from now on, some manager has said that it is there, where one can lead.
 *
 * @param isInOffice - and that it follows no other.
 */
export function isLed(story: Cast, isInOffice = false): Condition {
  const { truth, world } = story
  const from = world.time
  const managers = truth.people.filter(({ isManager }) => isManager)
  const mayElect = managers.length < QUORUM_FROM || 2 * managers.filter(isWanted).length > managers.length
  return () => {
    const lead = isInOffice ? truth.inOffice : truth.lead
    return lead === undefined || !mayElect || lead.at > from || isAlone(story)
  }
}

/** Whether one manager alone is left of the members that are up. */
function isAlone(story: Cast): boolean {
  const [first, ...others] = audience(story, undefined)
  return first?.isManager === true && others.length === 0
}

const isRefused = ({ result }: Pending): boolean => result instanceof Error

/** Nobody was alarmed. */
export const nobodyIsAlarmed = (): Claim => (story) => {
  const alarmed = story.world.nodes.filter(({ notices }) => notices.some(({ notice }) => notice.type === 'alarm'))
  check(alarmed.length === 0, story, `${alarmed.map(({ name }) => name).join(', ')} is alarmed`)
}

// ------------------------------------------------------------------ conditions

/** Has the channel's key. */
export const isReady =
  (...who: readonly string[]): Condition =>
  (story) =>
    who.every((name) => story.view(name)?.key === 'ready')

export const hasRead =
  (who: string, text: string): Condition =>
  (story) =>
    hasShown(story.person(who), text)

/** All members whose peers are up have been shown this. @param group - to which it was said; undefined: the channel. */
export const haveAllRead =
  (text: string, group?: string): Condition =>
  (story) =>
    audience(story, group).every((person) => hasShown(person, text))

/** Is in a group and has its key. */
export const isInGroup =
  (group: string, ...who: readonly string[]): Condition =>
  (story) => {
    const id = story.truth.groupId(group)
    const views = who.map((name) => story.groups(name).find((view) => id !== undefined && equalBytes(view.id, id)))
    return views.every((view) => view?.isMember && view.isReady)
  }
