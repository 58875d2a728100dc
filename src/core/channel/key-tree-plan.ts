/**
 * The plan of a PATH update: what becomes of each changed node, and which of the possible wraps there will be.
 *
 * It is made before any key is: the mask of wraps is part of what all keys of the update are bound to. A wrap is planned
 * for exactly those members who cannot derive the secret and have a key to open it with.
 */
import type { TreeUpdate } from '../../wire/messages.ts'
import { maskBytes, pathShape, setBit } from './key-tree-update.ts'

/** A changed node as it will be; `left` and `right` say where among the changed nodes below a child stands, or −1. */
export interface PlannedNode {
  readonly position: number
  readonly left: number
  readonly right: number
  /** Whether there are members below who hold a key of their own: they need a wrap. Joiners get theirs by grant. */
  readonly hasVeterans: boolean
  readonly hasMembers: boolean
  readonly wrapsLeft: boolean
  readonly wrapsRight: boolean
}

export interface Plan {
  /** The changed nodes of each level, leaves first. */
  readonly levels: readonly (readonly PlannedNode[])[]
  /** One bit for each slot where a wrap will stand. */
  readonly present: Uint8Array
  readonly wrapCount: number
}

const BLANK_LEAF = {
  left: -1,
  right: -1,
  hasVeterans: false,
  hasMembers: false,
  wrapsLeft: false,
  wrapsRight: false
} as const

/**
 * @param update - a PATH update without mask and wraps.
 * @param hasKey - whether a node that does not change has a key.
 */
export function planPath(update: TreeUpdate, hasKey: (level: number, position: number) => boolean): Plan {
  const shape = pathShape(update.depth, update)
  const refreshed = new Set(update.refreshed)
  const added = new Set(update.added)
  const unchanged = (level: number, position: number): Pick<PlannedNode, 'hasVeterans' | 'hasMembers'> => {
    const hasMembers = hasKey(level, position)
    return { hasVeterans: hasMembers, hasMembers }
  }
  let below: PlannedNode[] = shape.levels[0]!.positions.map((position) => ({
    ...BLANK_LEAF,
    position,
    hasVeterans: refreshed.has(position),
    hasMembers: refreshed.has(position) || added.has(position)
  }))
  const levels = [below]
  const mask = new Uint8Array(maskBytes(shape.slots))
  let wrapCount = 0
  for (let level = 1; level <= update.depth; level++) {
    const { positions, leftSlots, rightSlots } = shape.levels[level]!
    let next = 0
    below = positions.map((position, i) => {
      const left = below[next]?.position === 2 * position ? next++ : -1
      const right = below[next]?.position === 2 * position + 1 ? next++ : -1
      const a = below[left] ?? unchanged(level - 1, 2 * position)
      const b = below[right] ?? unchanged(level - 1, 2 * position + 1)
      // A changed right child of an inner node hands its secret up itself when the left one has become blank.
      const isRightSource = level > 1 && right >= 0 && !a.hasMembers
      const wrapsLeft = leftSlots[i]! >= 0 && a.hasVeterans
      const wrapsRight = rightSlots[i]! >= 0 && b.hasVeterans && !isRightSource
      if (wrapsLeft) setBit(mask, leftSlots[i]!)
      if (wrapsRight) setBit(mask, rightSlots[i]!)
      wrapCount += Number(wrapsLeft) + Number(wrapsRight)
      const hasVeterans = a.hasVeterans || b.hasVeterans
      return { position, left, right, hasVeterans, hasMembers: a.hasMembers || b.hasMembers, wrapsLeft, wrapsRight }
    })
    levels.push(below)
  }
  return { levels, present: mask, wrapCount }
}
