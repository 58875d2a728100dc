/** Users who live twice, as the disks of all tell it. */
import { equalBytes, hex } from '../base/bytes.ts'
import { UserRow } from '../wire/rows.ts'
import type { SimNode } from './node.ts'
import type { Truth } from './truth.ts'

/**
 * Whether somebody has another record of a user who lied than that user's machine, of the same number: two lives that began
 * in one second made one each. What is sealed to the one that is gone nobody opens, until there is a newer one.
 */
export function isTwofold({ people }: Truth): boolean {
  const liars = people.filter(({ isByzantine }) => isByzantine)
  return liars.some(({ node }) => {
    const own = recordKept(node, node)
    return people.some((one) => {
      const known = recordKept(one.node, node)
      return known !== undefined && known.seq === own?.seq && !equalBytes(known.hash, own.hash)
    })
  })
}

/** The record of a user on somebody's disk. */
function recordKept({ disk }: SimNode, { user }: SimNode): UserRow | undefined {
  const row = [...disk.all()].find(({ entry }) => entry === `user/${hex(user)}`)
  return row && UserRow.decode(row.value)
}
