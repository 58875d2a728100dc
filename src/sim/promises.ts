/** Claims about a story so far, for its `expect` steps and for tests. Each throws a `Violation` when it does not hold. */
import { type Condition, isSettled, type Promised, type Story, sayText } from './story.ts'
import { isWanted, type Person } from './truth.ts'

const check = (isTrue: boolean, story: Story, claim: string): void => {
  if (!isTrue) story.fail(claim)
}

const hasShown = (person: Person, text: string): boolean => person.shownTexts.has(sayText(text))

/** All members whose peers are up have been shown this. */
export const everyoneReads =
  (text: string): Promised =>
  (story) => {
    const blind = story.truth.people.filter((person) => isWanted(person) && person.node.isUp && !hasShown(person, text))
    check(blind.length === 0, story, `${blind.map(({ name }) => name).join(', ')} cannot read '${text}'`)
  }

export const reads =
  (who: string, text: string): Promised =>
  (story) =>
    check(hasShown(story.person(who), text), story, `${who} cannot read '${text}'`)

/** Was not shown this. That it cannot be derived either is the `Knowledge` checker's to say. */
export const cannotRead =
  (who: string, text: string): Promised =>
  (story) =>
    check(!hasShown(story.person(who), text), story, `${who} can read '${text}'`)

/** Was shown nothing that others said after this text was said. */
export const canReadNothingAfter =
  (who: string, text: string): Promised =>
  (story) => {
    const { said } = story.truth
    const from = said.findIndex((one) => one.text === sayText(text))
    check(from >= 0, story, `'${text}' was said`)
    const person = story.person(who)
    const leaked = said.slice(from + 1).find((one) => one.by !== person && person.shownTexts.has(one.text))
    check(leaked === undefined, story, `${who} can read '${leaked?.text}', said after '${text}'`)
  }

/** All members have one key, one log and one descriptor. */
export const everyoneAgrees = (): Promised => (story) => check(isSettled(story), story, 'members do not agree')

/** Nobody was alarmed. */
export const nobodyIsAlarmed = (): Promised => (story) => {
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

/** All members whose peers are up have been shown this. */
export const haveAllRead =
  (text: string): Condition =>
  (story) =>
    story.truth.people.every((person) => !isWanted(person) || !person.node.isUp || hasShown(person, text))
