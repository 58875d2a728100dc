/** Whether all who should be members have the key, and the same one. */
import { equalBytes } from '../base/bytes.ts'
import type { ChannelView } from '../core/command.ts'
import type { Cast, Condition } from './cast.ts'
import { groupEpochOf } from './epochs.ts'
import { Rosters } from './rosters.ts'
import { isStaying, isWanted } from './truth.ts'

/**
 * All who should be members and are up have the key, and the same one, and those of their groups; who lost the command to join, or
 * the invite, gives it again.
 */
export const isSettled: Condition = (story) => {
  const views: ChannelView[] = []
  let areAllReady = true
  for (const person of story.truth.people) {
    const isToBe = person.isJoining || isWanted(person)
    if (!isToBe || !isStaying(person) || !person.node.isUp) continue
    const view = story.view(person.name)
    if (person.isJoining && (person.joins.length === 0 || story.isOutside(person.name))) story.join(person)
    if (view?.key !== 'ready') areAllReady = false
    else views.push(view)
  }
  if (!areAllReady || views.some((view) => nameOf(view) !== nameOf(views[0]!))) return false
  const groups = [...story.truth.groups.keys()]
  const members = groups.length === 0 ? [] : story.truth.people.filter((person) => isWanted(person) && person.node.isUp)
  // Only its author tells again who is put into a group, and a disk that was set back forgot what it was to tell.
  const tellers = new Set(story.truth.people.filter(({ isRolledBack }) => !isRolledBack).map(({ key }) => key))
  const mayCome = ({ authorsOfPendingGroups }: Rosters): boolean => !authorsOfPendingGroups.isDisjointFrom(tellers)
  if (members.some(({ node }) => mayCome(Rosters.of(story.truth, node)))) return false
  return groups.every((group) => areInGroup(story, group))
}

/** Whether all members of a group who are up have its key, and the same one. */
function areInGroup(story: Cast, name: string): boolean {
  const group = story.truth.groupId(name)
  if (group === undefined) return true
  const people = story.inGroup(name).filter((person) => isWanted(person) && person.node.isUp)
  const keys = people.map(({ node }) => groupEpochOf(node, group))
  const views = people.map((person) => story.groups(person.name).find(({ id }) => equalBytes(id, group)))
  return keys.every((key) => key === keys[0]) && views.every((view) => view?.isReady)
}

/** Fails when they are not. @param withinMs - the time there was. */
export function requireSettled(cast: Cast, withinMs: number): void {
  if (isSettled(cast)) return
  const views = cast.truth.people.map((person) => ({ person, view: cast.view(person.name) }))
  const who = views.map(({ person, view }) => `${person.name} ${describeView(view)}`)
  const isKeyless = views.some(({ person, view }) => isWanted(person) && person.node.isUp && view?.key !== 'ready')
  cast.fail(`not settled within ${withinMs} ms: ${who.join('; ')}`, isKeyless ? 'I-16' : 'I-14')
}

const nameOf = (view: ChannelView): string =>
  `${view.term}.${view.serial} ${view.commitment.join()} ${view.logHead.join()} v${view.descriptor?.version}`

const describeView = (view: ChannelView | undefined): string =>
  view === undefined ? '(no channel)' : `${view.key} ${view.term}.${view.serial} of ${view.members}`
